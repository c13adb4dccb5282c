"""LiveKit down, slow, misconfigured or not a LiveKit at all: on every page, in every form, without a trace of a secret."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse

from livekit_dashboard.addresses.paths import Url
from livekit_dashboard.simulator import Fault, World, running
from tests.dashboard import post_form
from tests.html import Page
from tests.livekit_server import Simulator, simulated_server
from tests.routes.conftest import Browse
from tests.routes.site import FIELDS, GETS, POSTS, address, fill, sid
from tests.routes.test_cost import CALLS

TIMEOUT = 0.4
# Where there is an answer, a busy machine may take its time for it.
PATIENCE = 10.0
# Longer than a name may be, so that it is refused here, and no name server makes a test wait.
NO_HOST = ".".join(["x" * 60] * 5)
ASKING = [url for url in GETS if CALLS[f"GET {url.name}"]]
QUIET = [url for url in GETS if not CALLS[f"GET {url.name}"]]
PAGES = [url for url in ASKING if not url.path.endswith((".json", ".csv"))]
# A start may take 40 seconds, so it has tests of its own.
ACTIONS = [
    url for url in POSTS if CALLS[f"POST {url.name}"] and url.name not in ("egress_new", "sip_call_transfer")
]


@dataclass(frozen=True)
class Trouble:
    """What is wrong, and how a page says so."""

    title: str
    status: int = 502
    fault: Fault | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    words: str = ""


TROUBLES = {
    "nobody listens": Trouble(
        "Unreachable", settings={"livekit_url": "http://127.0.0.1:9"}, words="firewall"
    ),
    "no such host": Trouble(
        "Unreachable", settings={"livekit_url": f"http://{NO_HOST}"}, words="no host of that name"
    ),
    "tls on a plain port": Trouble("Unreachable", settings={"livekit_url": "wss://"}, words="TLS failed"),
    "dropped": Trouble("Unreachable", fault=Fault("refuse"), words="closed without an answer"),
    "cut": Trouble("Unreachable", fault=Fault("cut"), words="in the middle of the answer"),
    "hangs": Trouble("No answer", 504, Fault("hang"), words="LIVEKIT_TIMEOUT"),
    "slow": Trouble("No answer", 504, Fault("delay", seconds=PATIENCE), words="LIVEKIT_TIMEOUT"),
    "garbage": Trouble("Not LiveKit", fault=Fault("garbage"), words="/twirp"),
    "a web page": Trouble("Not LiveKit", fault=Fault("html"), words="7880"),
    "a web page, 404": Trouble("Not LiveKit", fault=Fault("html", status=404), words="status 404"),
    "a web page, 403": Trouble("Not LiveKit", fault=Fault("html", status=403), words="status 403"),
    "a redirect": Trouble(
        "Redirected",
        fault=Fault("redirect", location="http://me:secret@elsewhere.example:81"),
        words="redirects to http://elsewhere.example:81.",
    ),
    "a web page, 401": Trouble("Refused", fault=Fault("html", status=401), words="livekit.yaml"),
    "wrong key": Trouble(
        "Key refused", settings={"livekit_api_key": "APIother"}, words="doesn’t know this API key"
    ),
    "wrong secret": Trouble(
        "Secret refused", settings={"livekit_api_secret": "x" * 40}, words="the secret is wrong"
    ),
    "no permission": Trouble(
        "Permission denied", fault=Fault("error", code="unauthenticated", message="permissions denied")
    ),
    "failing": Trouble("LiveKit failed", fault=Fault("error", code="internal", message="boom"), words="boom"),
    "overloaded": Trouble(
        "LiveKit failed", fault=Fault("error", code="resource_exhausted", message="busy"), words="busy"
    ),
    "no worker": Trouble(
        "No response", 503, Fault("error", code="unavailable", message="no response from servers")
    ),
}
TROUBLED = pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)


@pytest.fixture
async def troubled(
    trouble: Trouble, browse: Browse, simulator: Simulator, world: World
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a dashboard that is in this trouble."""
    fill(world)
    settings = dict(trouble.settings)
    if settings.get("livekit_url") == "wss://":
        settings["livekit_url"] = simulator.url.replace("http", "wss")
    if trouble.fault:
        world.faults.add(trouble.fault)
    limit = TIMEOUT if trouble.status == 504 else PATIENCE
    client = await browse(livekit_timeout=limit, **settings)
    sent: list[httpx.Response] = []

    async def note(answer: httpx.Response) -> None:
        sent.append(answer)

    client.event_hooks["response"].append(note)
    yield client
    assert sent
    for answer in sent:
        _assert_nothing_leaks(answer, simulator)


def _assert_nothing_leaks(answer: httpx.Response, simulator: Simulator) -> None:
    everything = answer.text + str(answer.headers.raw)
    # All JWTs begin so.
    assert "eyJhbGciOi" not in everything
    assert simulator.api_secret not in everything
    assert "Traceback" not in everything


async def _all_in_time(requests: Iterable[Awaitable[httpx.Response]]) -> list[httpx.Response]:
    """The answers to requests that are made at once."""
    async with asyncio.timeout(TIMEOUT + 3 * PATIENCE):
        return await asyncio.gather(*requests)


@TROUBLED
async def test_every_page_says_what_is_wrong_and_what_to_do(
    trouble: Trouble, troubled: httpx.AsyncClient
) -> None:
    answers = await _all_in_time(troubled.get(_path(url)) for url in PAGES)
    for url, answer in zip(PAGES, answers, strict=True):
        page = Page(answer.text)
        assert answer.status_code == trouble.status, url.path
        assert page.title.startswith(f"{trouble.title} · "), url.path
        assert page.all("nav")
        assert "What to do" in page.main
        assert trouble.words in page.main
        for empty in ("No room is open", "This room is empty", "No room matches", "no longer exists"):
            assert empty not in page.main


@TROUBLED
async def test_a_poll_gets_a_note_above_what_is_still_shown(
    trouble: Trouble, troubled: httpx.AsyncClient
) -> None:
    paths = ("/rooms?partial=1", "/rooms/standup?partial=1", "/?partial=1")
    headers = {"HX-Request": "true"}
    for answer in await _all_in_time(troubled.get(path, headers=headers) for path in paths):
        assert answer.status_code == trouble.status
        assert answer.headers["X-Outage"] == trouble.title
        assert 'hx-target="#outage"' in answer.text
        assert not Page(answer.text).all("html")


@TROUBLED
async def test_files_say_it_as_json(trouble: Trouble, troubled: httpx.AsyncClient) -> None:
    for answer in await _all_in_time(troubled.get(path) for path in ("/rooms.json", "/rooms.csv")):
        assert answer.status_code == trouble.status
        assert answer.json()["error"] == trouble.title


@TROUBLED
async def test_every_action_says_that_it_failed(
    trouble: Trouble, troubled: httpx.AsyncClient, world: World
) -> None:
    data = {"name": "x", "metadata": "x", "track_sid": sid(world), "room": "standup", **FIELDS}
    answers = await _all_in_time(post_form(troubled, address(url), data) for url in ACTIONS)
    for url, answer in zip(ACTIONS, answers, strict=True):
        page = Page(answer.text)
        if url.name.startswith(
            (
                "rooms_",
                "people_",
                "egresses_",
                "ingresses_",
                "sip_trunks_",
                "sip_rules_",
                "sip_calls_",
                "dispatches_",
            )
        ):
            # Some may have worked, so what did not is told on the list.
            assert answer.status_code == 303
            continue
        assert answer.status_code == trouble.status, url.path
        assert page.all("nav")
    assert set(world.rooms) == {"standup", "lounge"}


@TROUBLED
async def test_htmx_gets_a_toast(trouble: Trouble, troubled: httpx.AsyncClient) -> None:
    path = "/rooms/standup/participants/ana/remove"
    (answer,) = await _all_in_time([post_form(troubled, path, headers={"HX-Request": "true"})])
    assert answer.status_code == trouble.status
    assert 'hx-target="#toasts"' in answer.text


@TROUBLED
@pytest.mark.usefixtures("trouble")
async def test_pages_that_need_no_livekit_work_on(troubled: httpx.AsyncClient) -> None:
    for url in QUIET:
        (answer,) = await _all_in_time([troubled.get(address(url))])
        assert answer.status_code in (200, 303, 401), url.path
        troubled.cookies.clear()


@asynccontextmanager
async def _other_clock(reason: str) -> AsyncIterator[str]:
    """A server whose clock differs: it refuses every token in the real one's words, which repeat the token."""

    async def refuse(scope: Any, receive: Any, send: Any) -> None:
        token = HTTPConnection(scope).headers.get("authorization", "").removeprefix("Bearer ")
        headers = {"Date": "Sat, 01 Jan 2000 00:00:00 GMT"}
        text = f"invalid token: {token}, error: token has invalid claims: {reason}"
        await PlainTextResponse(text, 401, headers)(scope, receive, send)

    async with running(refuse) as url:
        yield url


@pytest.mark.parametrize(
    "reason", ["token is expired", "token is not valid yet", "token issued in the future"]
)
async def test_clocks_that_differ_are_named(reason: str, browse: Browse, simulator: Simulator) -> None:
    async with _other_clock(reason) as url:
        client = await browse(livekit_url=url)
        for path in ("/", "/rooms", "/rooms/x"):
            answer = await client.get(path)
            page = Page(answer.text)
            assert answer.status_code == 502
            assert page.title.startswith("Clocks differ")
            assert "NTP" in page.main
            assert "s apart" in page.main
            _assert_nothing_leaks(answer, simulator)


async def test_a_redirect_takes_nothing_along(browse: Browse, world: World) -> None:
    async with simulated_server() as elsewhere:
        world.faults.add(Fault("redirect", location=elsewhere.url))
        arrived = elsewhere.world.faults.add(Fault("error"), times=1)
        client = await browse()
        for answer in (
            await client.get("/rooms"),
            await client.get("/"),
            await post_form(client, "/rooms", {"name": "x"}),
        ):
            assert answer.status_code == 502
            assert "LIVEKIT_URL answers with a redirect" in Page(answer.text).main
        assert elsewhere.world.faults.take("RoomService/ListRooms") == arrived


async def test_recordings_that_can_not_be_told_leave_the_overview_alone(
    client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    world.faults.add(Fault("error", match="Egress/*", code="internal", message="redis required"))
    page = Page((await client.get("/")).text)
    assert "This server runs without Redis" in page.main
    assert "standup" in page.main


async def test_a_server_whose_version_is_unknown_is_shown_all_the_same(browse: Browse, world: World) -> None:
    fill(world)
    world.faults.add(Fault("html", match="/agent", status=404))
    client = await browse()
    page = Page((await client.get("/")).text)
    assert "Not available" in page.main
    assert "standup" in page.main


async def test_a_page_works_again_when_livekit_does(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    fault = world.faults.add(Fault("refuse"))
    assert (await client.get("/rooms")).status_code == 502
    world.faults.remove(fault)
    assert (await client.get("/rooms")).status_code == 200


async def test_the_overview_remembers_what_failed(client: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault("garbage", match="RoomService/*"), times=3)
    for _ in range(3):
        await client.get("/rooms")
    page = Page((await client.get("/")).text)
    assert "Not LiveKit 3×" in page.main
    assert "RoomService/ListRooms" in page.main


def _path(url: Url) -> str:
    return f"{address(url)}{'?room=standup' if url.name == 'rooms_close' else ''}"
