"""Which web pages may ask. tests/token_server/test_browser.py shows the same in a browser."""

import httpx
import pytest

from .served import ASK, ORIGIN, served

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
