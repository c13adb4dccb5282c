"""Times are in UTC, as in LiveKit's log; their titles add the reader's own."""

import re
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.people import People
from tests.dashboard import Dashboard

DAY = r"20\d\d-\d\d-\d\d"


@pytest.mark.parametrize(
    ("zone", "title"),
    [
        ("Asia/Tokyo", rf"^{DAY} (\d\d):(\d\d):(\d\d) UTC, {DAY} \d\d:\2:\3 local time$"),
        ("UTC", rf"^{DAY} \d\d:\d\d:\d\d UTC$"),
    ],
)
async def test_a_time_has_the_local_time_in_its_title(
    browser: Browser,
    dashboard: Dashboard,
    livekit_server: LiveKitServer,
    faults: Faults,
    zone: str,
    title: str,
) -> None:
    options: dict[str, Any] = {"http_credentials": ADMIN, "timezone_id": zone}
    async with (
        People.on(livekit_server) as people,
        new_page(browser, dashboard.url, faults, **options) as page,
    ):
        await people.open("local-time")
        await page.goto("/rooms?q=local-time")
        await expect(page.locator("main tbody time")).to_have_attribute("title", re.compile(title))
