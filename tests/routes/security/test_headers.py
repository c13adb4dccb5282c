"""Headers: security, caching, compression, other origins; and the limit on bodies."""

import gzip
from collections.abc import AsyncIterator

import httpx
import pytest

from livekit_dashboard.main import MAX_BODY
from livekit_dashboard.security.headers import HEADERS
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import Dashboard, csrf_token
from tests.html import Page
from tests.routes.conftest import Browse
from tests.routes.site import fill

ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/rooms.json", 200),
    ("GET", "/rooms.csv", 200),
    ("GET", "/health", 200),
    ("GET", "/static/css/base.css", 200),
    ("GET", "/auth/login", 303),
    ("GET", "/rooms/", 307),
    ("POST", "/rooms", 403),
    ("GET", "/rooms/gone", 404),
    ("GET", "/static/gone.css", 404),
    ("DELETE", "/rooms", 405),
    ("GET", "/logout", 401),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_carries_the_security_headers(
    method: str, path: str, status: int, client: httpx.AsyncClient
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    _assert_secured(answer)


async def test_so_do_refusals_outages_and_unchanged_pages(
    client: httpx.AsyncClient, stranger: httpx.AsyncClient, world: World
) -> None:
    unknown = await stranger.get("/rooms")
    fresh = await client.get("/rooms?partial=1")
    unchanged = await client.get("/rooms?partial=1", headers={"HX-PTag": fresh.headers["HX-PTag"]})
    world.faults.add(Fault("refuse"))
    outage = await client.get("/rooms")
    answers = [unknown, unchanged, outage]
    assert [answer.status_code for answer in answers] == [401, 304, 502]
    for answer in answers:
        _assert_secured(answer)


async def test_a_mistake_of_ours_is_a_page_with_headers_too(dashboard: Dashboard) -> None:
    async def broken() -> None:
        raise RuntimeError("secret detail")

    dashboard.app.add_api_route("/broken", broken)
    async with dashboard.client() as client:
        answer = await client.get("/broken")
    assert answer.status_code == 500
    assert Page(answer.text).all("nav")
    assert "secret detail" not in answer.text
    _assert_secured(answer)


async def test_the_policy_allows_nothing_but_our_own(client: httpx.AsyncClient) -> None:
    policy = (await client.get("/")).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == "'none'"
    assert rules["form-action"] == rules["script-src"] == rules["style-src"] == "'self'"
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    ("settings", "headers", "expected"),
    [
        ({}, {}, False),
        ({}, {"X-Forwarded-Proto": "https"}, False),
        ({"trusted_proxies": ("127.0.0.1",)}, {"X-Forwarded-Proto": "https"}, True),
        ({"trusted_proxies": ("127.0.0.1",)}, {"X-Forwarded-Proto": "http"}, False),
        ({"https_only": True}, {}, True),
    ],
)
async def test_hsts_is_sent_where_there_is_https(
    settings: dict[str, object], headers: dict[str, str], expected: bool, browse: Browse
) -> None:
    client = await browse(**settings)
    for path in ("/settings", "/nothing", "/health"):
        answer = await client.get(path, headers=headers)
        assert ("Strict-Transport-Security" in answer.headers) == expected


@pytest.mark.parametrize("path", ["/", "/rooms", "/rooms.json", "/sandbox", "/nothing", "/health", "/logout"])
async def test_no_cache_keeps_a_page(path: str, client: httpx.AsyncClient) -> None:
    assert (await client.get(path)).headers["Cache-Control"] == "no-store"


async def test_pages_vary_by_what_htmx_asks_for(client: httpx.AsyncClient) -> None:
    vary = (await client.get("/rooms")).headers["Vary"]
    assert {"HX-Request", "HX-Request-Type", "HX-Target", "Accept-Encoding"} <= set(vary.split(", "))


async def test_files_are_kept_for_ever_under_the_address_that_pages_give(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/settings")).text)
    files = {address.partition("#")[0] for address in page.addresses if address.startswith("/static/")}
    assert len(files) >= 6
    for file in files:
        answer = await client.get(file)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("query", ["", "?v=", "?v=00000000", "?w=1"])
async def test_under_any_other_address_a_file_is_asked_for_again(
    query: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(f"/static/css/base.css{query}")
    assert answer.headers["Cache-Control"] == "no-cache"
    again = await client.get(
        f"/static/css/base.css{query}", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "no-cache"


async def test_large_answers_are_compressed(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    async with client.stream("GET", "/rooms", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"standup" in gzip.decompress(raw)
    plain = await client.get("/rooms", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1"])
async def test_no_other_origin_may_read_anything(origin: str, client: httpx.AsyncClient) -> None:
    preflight = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    for method, path in (
        ("GET", "/rooms.json"),
        ("GET", "/health"),
        ("GET", "/static/css/base.css"),
        ("OPTIONS", "/rooms"),
    ):
        answer = await client.request(method, path, headers=preflight)
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, world: World) -> None:
    token = await csrf_token(client)
    answer = await client.post("/rooms", data={"csrf_token": token, "name": "x", "metadata": "x" * MAX_BODY})
    assert answer.status_code == 413
    _assert_secured(answer)
    assert not world.calls


async def test_so_is_one_that_does_not_say_how_long_it_is(client: httpx.AsyncClient, world: World) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 65536 + 2):
            yield b"&name=" + b"x" * 65536

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await client.post("/rooms", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert not world.calls


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nnot a part"),
        ("multipart/form-data", b""),
        ("application/x-www-form-urlencoded", b"&".join([b"a=b"] * 5000)),
        ("application/x-www-form-urlencoded", b"\xff=%ff&%"),
        ("application/json", b"{"),
        ("", b"\0"),
    ],
)
async def test_a_body_that_can_not_be_read_is_no_crash(
    kind: str, body: bytes, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/rooms", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 403)
    assert Page(answer.text).all("nav")


def _assert_secured(answer: httpx.Response) -> None:
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Server" not in answer.headers
