"""The real livekit-server behind a proxy that hides a call or a service, as an older server lacks them (case 41)."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.simulator import running
from tests.dashboard import served, settings_for, submit
from tests.html import Page

TITLE = "This LiveKit server doesn’t have this call"


@asynccontextmanager
async def _hiding(server: LiveKitServer, hidden: tuple[str, ...], *, twirp: bool) -> AsyncIterator[str]:
    """A proxy of the server that answers the hidden paths itself: as Twirp does for a method, or as for a service."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as upstream:

        async def forward(request: Request) -> Response:
            path = request.url.path
            if path.startswith(hidden):
                if not twirp:
                    return PlainTextResponse("404 page not found\n", 404)
                meta = {"twirp_invalid_route": f"POST {path}"}
                error = {"code": "bad_route", "msg": f"no handler for path {path!r}", "meta": meta}
                return Response(json.dumps(error), 404, media_type="application/json")
            headers = {k: v for k, v in request.headers.items() if k in ("authorization", "content-type")}
            answer = await upstream.request(
                request.method, path, content=await request.body(), headers=headers
            )
            media_type = answer.headers.get("content-type")
            return Response(answer.content, answer.status_code, media_type=media_type)

        app = Starlette(routes=[Route("/{path:path}", forward, methods=["GET", "POST"])])
        async with running(app) as url:
            yield url


async def test_a_method_that_is_hidden(livekit_server: LiveKitServer) -> None:
    hidden = ("/twirp/livekit.SIP/UpdateSIPInboundTrunk",)
    async with (
        _hiding(livekit_server, hidden, twirp=True) as url,
        served(settings_for(livekit_server, livekit_url=url)) as dashboard,
        dashboard.client() as client,
    ):
        made = await submit(client, "/sip-inbound/new", "/sip-inbound", name="older", numbers="+15550142")
        trunk = made.headers["Location"]
        try:
            answer = await submit(client, f"{trunk}/edit", f"{trunk}/edit", name="renamed")
            assert answer.status_code == 501
            assert TITLE in Page(answer.text).main
            assert "SIP/UpdateSIPInboundTrunk (added in LiveKit 1.9.0)" in Page(answer.text).main
            assert "isn’t LiveKit" not in answer.text
            assert (await client.get("/sip-inbound")).status_code == 200
        finally:
            await submit(client, f"{trunk}/delete", f"{trunk}/delete")


@pytest.mark.parametrize("path", ["/sip-inbound", "/sip-outbound", "/sip-rules"])
async def test_a_service_that_is_hidden(path: str, livekit_server: LiveKitServer) -> None:
    hidden = ("/twirp/livekit.SIP/", "/twirp/livekit.AgentDispatchService/")
    async with (
        _hiding(livekit_server, hidden, twirp=False) as url,
        served(settings_for(livekit_server, livekit_url=url)) as dashboard,
        dashboard.client() as client,
    ):
        answer = await client.get(path)
        assert answer.status_code == 501
        assert TITLE in Page(answer.text).main
        assert "isn’t LiveKit" not in answer.text
        for other in ("/", "/rooms", "/agents", "/egress", "/sip-calls"):
            assert (await client.get(other)).status_code == 200, other


async def test_everything_hidden_is_no_livekit(livekit_server: LiveKitServer) -> None:
    async with (
        _hiding(livekit_server, ("/",), twirp=False) as url,
        served(settings_for(livekit_server, livekit_url=url)) as dashboard,
        dashboard.client() as client,
    ):
        for path in ("/sip-inbound", "/rooms", "/"):
            answer = await client.get(path)
            assert answer.status_code == 502
            assert "Something answers, but it isn’t LiveKit" in Page(answer.text).main
