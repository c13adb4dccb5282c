"""WCAG 2.2 AA and good practice as axe checks them, and no sideways scrolling, on every page in every look."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.people import People
from tests.browser.places import PLACES, Place, set_scene
from tests.dashboard import Dashboard, served, settings_for

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [(1440, "light"), (1440, "dark"), (390, "dark"), (390, "light")]
WIDTHS = (320, 390, 768, 1024, 1440, 1920)
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
async def scene(livekit_server: LiveKitServer) -> AsyncIterator[None]:
    async with People.on(livekit_server) as people:
        await set_scene(people)
        yield


@pytest.fixture(scope="module")
async def without_livekit(livekit_server: LiveKitServer) -> AsyncIterator[Dashboard]:
    """A dashboard that can't reach its server."""
    async with served(settings_for(livekit_server, livekit_url=NOWHERE)) as dashboard:
        yield dashboard


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core; without it the tests are skipped, and fail in CI."""
    if not AXE.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(
            "No axe-core: `make assets` gets it."
        )
    return AXE.read_text()


async def _violations(page: Page) -> list[str]:
    """What axe objects to, with where and why."""
    options = {"runOnly": TAGS, "resultTypes": ["violations"]}
    found: dict[str, Any] = await page.evaluate("options => axe.run(options)", options)
    return [
        f"{violation['id']} at {node['target']}: {node['failureSummary']}\n    {node['html'][:160]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def _wider_than_the_window(page: Page) -> list[str]:
    """The elements that make the page scroll sideways."""
    return await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
            .map((one) => one.outerHTML.slice(0, 120))"""
    )


@pytest.mark.parametrize(
    ("path", "status"),
    {
        "/": 200,
        "/rooms": 200,
        "/rooms/new": 403,
        "/sip-inbound": 404,
        "/sandbox": 200,
        "/nothing": 404,
    }.items(),
)
async def test_ribbons_and_what_is_switched_off(
    browser: Browser, livekit_server: LiveKitServer, axe: str, faults: Faults, path: str, status: int
) -> None:
    """A demo without a server, read-only, and without telephony."""
    if status != 200:
        faults.expect_status(status)
    settings = settings_for(livekit_server, simulated=True, read_only=True, enable_sip=False)
    async with (
        served(settings) as site,
        new_page(browser, site.url, faults, http_credentials=ADMIN, reduced_motion="reduce") as page,
    ):
        await page.goto(path)
        await page.evaluate(axe)
        for width in (1440, 390):
            await page.set_viewport_size({"width": width, "height": 900})
            assert await _violations(page) == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_everyone_can_use_it_on_every_screen(
    browser: Browser,
    dashboard: Dashboard,
    without_livekit: Dashboard,
    scene: None,
    axe: str,
    faults: Faults,
    place: Place,
) -> None:
    if place.status != 200:
        faults.expect_status(place.status)
    site = without_livekit if place.down else dashboard
    async with new_page(browser, site.url, faults, http_credentials=ADMIN, reduced_motion="reduce") as page:
        await place.visit(page)
        await page.evaluate(axe)
        problems = []
        for width, scheme in LOOKS:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=scheme)
            problems += [f"{width} px, {scheme}: {found}" for found in await _violations(page)]
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 900})
            problems += [f"{width} px: too wide: {found}" for found in await _wider_than_the_window(page)]
        assert not problems, "\n".join(problems)
