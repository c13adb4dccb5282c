"""A real browser on the real dashboard on a real LiveKit server with real participants."""

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, HttpCredentials, Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.live import hub as live
from tests.browser.chromium import chromium, new_page
from tests.browser.faults import Faults
from tests.browser.people import People
from tests.browser.tab import Tab
from tests.dashboard import PASSWORD, USERNAME, Dashboard, served, settings_for

ADMIN = HttpCredentials(username=USERNAME, password=PASSWORD)
_rooms = itertools.count(1)
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
async def dashboard(livekit_server: LiveKitServer) -> AsyncIterator[Dashboard]:
    async with served(settings_for(livekit_server)) as dashboard:
        yield dashboard


@pytest.fixture
async def people(livekit_server: LiveKitServer) -> AsyncIterator[People]:
    """People for the test's own rooms."""
    async with People.on(livekit_server) as people:
        yield people


@pytest.fixture
def room() -> str:
    """A room name of the test's own; nobody has opened the room."""
    return f"room-{next(_rooms)}"


@pytest.fixture(params=["pushed", "polled"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How pages learn what is new: by a socket, or, where the dashboard has too many viewers, by asking."""
    if request.param == "polled":
        monkeypatch.setattr(live, "MAX_VIEWERS", 0)
    return str(request.param)


@pytest.fixture
def faults() -> Iterator[Faults]:
    """What goes wrong in the test's pages; to expect some of it, the test says so."""
    faults = Faults()
    yield faults
    faults.check()


@pytest.fixture
def before_tabs(request: pytest.FixtureRequest) -> None:
    """People are there before a tab is, and so it is closed when they leave: it would ask for who is gone."""
    if "people" in request.fixturenames:
        request.getfixturevalue("people")


@pytest.fixture
async def page(
    before_tabs: None, browser: Browser, dashboard: Dashboard, faults: Faults
) -> AsyncIterator[Page]:
    """A tab of the logged-in admin."""
    async with new_page(browser, dashboard.url, faults, http_credentials=ADMIN) as page:
        yield page


@pytest.fixture
async def plain_page(
    before_tabs: None, browser: Browser, dashboard: Dashboard, faults: Faults
) -> AsyncIterator[Page]:
    """The same in a browser that runs no JavaScript."""
    async with new_page(browser, dashboard.url, faults, scripted=False, http_credentials=ADMIN) as page:
        yield page


@pytest.fixture(params=["scripted", "plain"])
def tab(request: pytest.FixtureRequest) -> Tab:
    """A tab of the logged-in admin: once with JavaScript, once without."""
    scripted = request.param == "scripted"
    return Tab(request.getfixturevalue("page" if scripted else "plain_page"), scripted)
