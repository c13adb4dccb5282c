"""The browser that the tests drive: Debian's Chromium, or the one that CHROMIUM names."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.faults import Faults

DEFAULT = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MISSING = "No Chromium: install your system's chromium package, or name yours in CHROMIUM."
DESKTOP = {"width": 1440, "height": 900}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser; without one the test is skipped, and fails in CI."""
    path = shutil.which(os.environ.get("CHROMIUM") or DEFAULT)
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(MISSING)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@asynccontextmanager
async def new_page(
    browser: Browser, base_url: str, faults: Faults, *, scripted: bool = True, **options: Any
) -> AsyncIterator[Page]:
    """A tab of a fresh browser profile; whatever goes wrong in it is a fault."""
    options = {"viewport": DESKTOP, "color_scheme": "light", **options}
    context = await browser.new_context(base_url=base_url, java_script_enabled=scripted, **options)
    context.set_default_timeout(15_000)
    page = await context.new_page()
    await faults.watch(page)
    yield page
    await context.close()
