"""LiveKit's own client in a real browser, as npm has it, on this server and a real LiveKit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from livekit import api
from playwright.async_api import Page
from starlette.applications import Starlette
from starlette.responses import FileResponse, HTMLResponse
from starlette.routing import Route

from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.simulator import running
from tests.browser.chromium import chromium
from tests.token_server.served import KEY, needs, served

CLIENT = Path(__file__).resolve().parents[2] / "node_modules/livekit-client/dist/livekit-client.umd.js"
PAGE = '<!doctype html><meta charset="utf-8"><title>An application</title><script src="/client.js"></script>'
FETCH = """async ([url, options, headers]) => {
    const source = LivekitClient.TokenSource.endpoint(url, {headers});
    try { return await source.fetch(options); } catch (error) { return {error: String(error)}; }
}"""
JOIN = """async ([url, options, headers]) => {
    const source = LivekitClient.TokenSource.endpoint(url, {headers});
    const {serverUrl, participantToken} = await source.fetch(options);
    window.room = new LivekitClient.Room();
    await window.room.connect(serverUrl, participantToken);
    const me = window.room.localParticipant;
    return {
        room: window.room.name, identity: me.identity, name: me.name, metadata: me.metadata,
        attributes: me.attributes, publish: me.permissions.canPublish, state: window.room.state,
    };
}"""
OPTIONS = {
    "roomName": "browser-1",
    "participantIdentity": "ada",
    "participantName": "Ada Lovelace",
    "participantMetadata": '{"role": "participant"}',
    "participantAttributes": {"language": "en"},
    "agentName": "receptionist",
    "agentMetadata": "welcome",
}


@asynccontextmanager
async def application() -> AsyncIterator[str]:
    """An application's page with LiveKit's client in it; gives its origin."""
    needs(CLIENT.exists(), "No livekit-client: `make assets` installs what package-lock.json names.")

    async def page(_: Any) -> HTMLResponse:
        return HTMLResponse(PAGE)

    async def script(_: Any) -> FileResponse:
        return FileResponse(CLIENT)

    async with running(Starlette(routes=[Route("/", page), Route("/client.js", script)])) as url:
        yield url


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A tab of a fresh browser."""
    async with chromium() as browser:
        page = await browser.new_page()
        yield page
        await page.close()


async def test_the_sdk_joins_a_real_room_with_it(page: Page, livekit_server: LiveKitServer) -> None:
    async with (
        application() as origin,
        served(
            livekit_url=livekit_server.ws_url,
            livekit_api_key=livekit_server.api_key,
            livekit_api_secret=livekit_server.api_secret,
            cors_origins=(origin,),
            token_server_keys={"web": {"key": KEY, "rooms": ["browser-*"], "publish": False}},
        ) as tokens,
        api.LiveKitAPI(livekit_server.url, livekit_server.api_key, livekit_server.api_secret) as lk,
    ):
        await page.goto(origin)
        endpoint = f"{tokens.base_url}/token"
        joined = await page.evaluate(JOIN, [endpoint, OPTIONS, {"Authorization": f"Bearer {KEY}"}])
        assert joined == {
            "room": "browser-1",
            "identity": "ada",
            "name": "Ada Lovelace",
            "metadata": '{"role": "participant"}',
            "attributes": {"language": "en"},
            "publish": False,
            "state": "connected",
        }
        there = await lk.room.list_participants(api.ListParticipantsRequest(room="browser-1"))
        assert [who.identity for who in there.participants] == ["ada"]
        # The agent that room_config names was really sent for.
        dispatches = await lk.agent_dispatch.list_dispatch("browser-1")
        assert [(sent.agent_name, sent.metadata) for sent in dispatches] == [("receptionist", "welcome")]
        await page.evaluate("() => window.room.disconnect()")

        refused = await page.evaluate(FETCH, [endpoint, {**OPTIONS, "roomName": "x"}, {"X-API-Key": KEY}])
        assert "received 403" in refused["error"]
        assert "You may not join this room." in refused["error"]


async def test_a_page_of_another_origin_gets_nothing(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "token-server")
    async with application() as friend, application() as stranger, served(cors_origins=(friend,)) as tokens:
        endpoint = f"{tokens.base_url}/token"
        await page.goto(friend)
        assert (await page.evaluate(FETCH, [endpoint, OPTIONS, {}]))["participantToken"].count(".") == 2
        generated = sum("Token generated" in record.getMessage() for record in caplog.records)
        assert generated == 1
        await page.goto(stranger)
        assert await page.evaluate(FETCH, [endpoint, OPTIONS, {}]) == {"error": "TypeError: Failed to fetch"}
        # Without a preflight, and without looking at the answer: still no token is made.
        simple = (
            "url => fetch(url, {method: 'POST', mode: 'no-cors', body: '{}'}).then(answer => answer.type)"
        )
        assert await page.evaluate(simple, endpoint) == "opaque"
        assert sum("Token generated" in record.getMessage() for record in caplog.records) == generated
        assert sum("origin_not_allowed" in record.getMessage() for record in caplog.records) >= 1
