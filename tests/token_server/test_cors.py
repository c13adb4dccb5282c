"""Which web pages may ask. tests/token_server/test_browser.py shows the same in a browser."""

from collections.abc import Callable

import httpx
import pytest

from livekit_dashboard.token_server import log
from tests.token_server.served import ASK, ORIGIN, served

PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
EVIL = "https://evil.example.com"


async def test_pages_of_an_allowed_origin_may_ask(client: httpx.AsyncClient) -> None:
    answer = await client.options("/token", headers={"Origin": ORIGIN, **PREFLIGHT})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in answer.headers["access-control-allow-methods"]
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"content-type", "authorization", "x-api-key"} <= set(allowed)
    answer = await client.post("/token", json=ASK, headers={"Origin": ORIGIN})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["vary"] == "origin"


async def test_they_can_read_refusals_too(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.post("/token", json={}, headers={"Origin": ORIGIN}),
        await client.get("/nothing", headers={"Origin": ORIGIN}),
    ):
        assert answer.status_code in {404, 422}
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "retry-after" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize(
    "origin",
    [
        EVIL,
        "null",
        "",
        "http://localhost:3000.example.com",
        "http://localhost:30000",
        "https://localhost:3000",
        "*",
    ],
)
async def test_pages_of_another_origin_get_nothing(client: httpx.AsyncClient, origin: str) -> None:
    for answer in (
        await client.options("/token", headers={"Origin": origin, **PREFLIGHT}),
        await client.post("/token", json=ASK, headers={"Origin": origin}),
        await client.get("/health", headers={"Origin": origin}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_not_allowed")
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_a_page_that_the_server_itself_seems_to_have_sent_gets_nothing(
    client: httpx.AsyncClient,
) -> None:
    """As when a site's name is made to point at this machine: its pages then have the server's own address."""
    headers = {"Origin": "http://rebound.example.com:8080", "Host": "rebound.example.com:8080"}
    assert (await client.post("/token", json=ASK, headers=headers)).status_code == 403


async def test_several_origins() -> None:
    async with served(cors_origins=("https://a.example.com", "https://b.example.com:8443")) as client:
        for origin, status in (
            ("https://b.example.com:8443", 200),
            ("https://A.example.com", 200),
            (ORIGIN, 403),
        ):
            answer = await client.post("/token", json=ASK, headers={"Origin": origin})
            assert answer.status_code == status


async def test_all_and_none() -> None:
    async with served(cors_origins=("*",)) as client:
        answer = await client.post("/token", json=ASK, headers={"Origin": EVIL})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    async with served(cors_origins=("none",)) as client:
        assert (await client.post("/token", json=ASK, headers={"Origin": "none"})).status_code == 403
        assert (await client.post("/token", json=ASK)).status_code == 200


def _asks(*names: str, method: str = "POST") -> dict[str, str]:
    return {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": ",".join(names),
    }


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Gives what was logged as a warning so far; every line is written, even in the same second."""
    monkeypatch.setattr(log, "_first_this_second", lambda _: True)
    caplog.set_level("WARNING", "token-server")
    return lambda: [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def _allowed(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 204
    return set(answer.headers["access-control-allow-headers"].split(", "))


async def test_case_13_other_headers_are_allowed_by_a_setting() -> None:
    asked = _asks("content-type", "x-sandbox-id")
    async with served(cors_headers=("X-Sandbox-ID", "traceparent")) as client:
        assert _allowed(await client.options("/token", headers=asked)) == {
            "authorization",
            "content-type",
            "x-api-key",
            "x-sandbox-id",
            "traceparent",
        }
    async with served(cors_headers=("*",)) as client:
        assert {"x-sandbox-id", "content-type", "authorization"} <= _allowed(
            await client.options("/token", headers=asked)
        )
        hostile = await client.options("/token", headers=_asks("x-a", "x b", "<script>", "x-" + "y" * 200))
        assert _allowed(hostile) == {"authorization", "content-type", "x-api-key", "x-a"}


async def test_a_preflight_that_fails_is_logged_with_the_line_that_would_allow_it(
    warnings: Callable[[], list[str]],
) -> None:
    async with served(cors_headers=("x-tenant",)) as client:
        answer = await client.options(
            "/token", headers=_asks("content-type", "X-Sandbox-ID", "baggage", "x-tenant")
        )
        assert "x-sandbox-id" not in _allowed(answer)
        assert warnings()[-1] == (
            f"Preflight from {ORIGIN} fails: CORS_HEADERS doesn't allow x-sandbox-id, baggage."
            " To allow it: CORS_HEADERS=x-tenant,x-sandbox-id,baggage"
        )
        await client.options("/token", headers=_asks("content-type", method="PUT"))
        assert warnings()[-1].endswith("the method PUT is not allowed, only GET and POST.")
        before = len(warnings())
        await client.options("/token", headers=_asks("content-type", "authorization", "x-tenant"))
        assert len(warnings()) == before
    # The line does what it says.
    line = warnings()[1].rpartition("CORS_HEADERS=")[2]
    async with served(cors_headers=tuple(line.split(","))) as client:
        assert {"x-sandbox-id", "baggage"} <= _allowed(
            await client.options("/token", headers=_asks("x-sandbox-id"))
        )


@pytest.mark.parametrize(
    ("origin", "logged"),
    [
        (
            "https://app.example.com",
            "To allow it: CORS_ORIGINS=http://localhost:3000,https://app.example.com",
        ),
        ("null", "only * allows them"),
        ("https://x y", 'doesn\'t allow "https://x y".'),
    ],
)
async def test_an_origin_that_is_refused_is_logged_with_the_line_that_would_allow_it(
    client: httpx.AsyncClient, warnings: Callable[[], list[str]], origin: str, logged: str
) -> None:
    for answer in (
        await client.options("/token", headers={**PREFLIGHT, "Origin": origin}),
        await client.post("/token", json=ASK, headers={"Origin": origin}),
    ):
        assert answer.status_code == 403
        # A page is not shown which others are allowed.
        assert ORIGIN not in answer.text
        assert logged in warnings()[-1]
