"""The simulated server as an ASGI app: its URL map, and what stands in front of it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from livekit_dashboard.simulator.agents.workers import agent_socket
from livekit_dashboard.simulator.tokens.auth import TokenMiddleware

from .agents import service as agent_dispatch_service
from .egress import service as egress_service
from .faults import TWIRP_PREFIX, FaultMiddleware, subject
from .ingress import service as ingress_service
from .rooms import service as room_service
from .server import http as rtc
from .sip import calls as sip_calls
from .sip import rules as sip_rules
from .sip import trunks as sip_trunks
from .twirp import Dispatcher
from .world import World

ANY_VERB = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]

METHODS = {
    **room_service.METHODS,
    **egress_service.METHODS,
    **agent_dispatch_service.METHODS,
    **ingress_service.METHODS,
    **sip_trunks.METHODS,
    **sip_rules.METHODS,
    **sip_calls.METHODS,
}


def create_app(keys: Mapping[str, str], world: World | None = None) -> Starlette:
    """A LiveKit server for these API keys (key → secret), over ``world`` or an empty one.

    The world is ``app.state.world``; what is under way in it ends with the app's lifespan. Serve it with
    ``running``: faults that drop connections need it.
    """
    world = world or World()
    world.webhooks.sign_with(*next(iter(keys.items())))
    dispatch = Dispatcher(world, METHODS)

    async def twirp(request: Request) -> Response:
        if request.path_params["service"] not in dispatch.services:
            return rtc.not_found(request, LookupError())
        return await dispatch(request)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await world.schedule.close()

    app = Starlette(
        routes=[
            Route("/", rtc.health, methods=ANY_VERB),
            Route("/rtc/validate", rtc.validate, methods=ANY_VERB),
            Route("/rtc/v1/validate", rtc.validate_v1, methods=ANY_VERB),
            Route(TWIRP_PREFIX + "{service}/{method:path}", twirp, methods=ANY_VERB),
            WebSocketRoute("/agent", agent_socket),
            Route("/agent", rtc.websocket_only, methods=ANY_VERB),
            Route("/rtc", rtc.websocket_only, methods=ANY_VERB),
        ],
        middleware=[
            Middleware(CallLogMiddleware, calls=world.calls),
            Middleware(FaultMiddleware, faults=world.faults),
            Middleware(CORSMiddleware, allow_origins=["*"], allow_methods=ANY_VERB, allow_headers=["*"]),
            Middleware(DoubleSlashMiddleware),
            Middleware(TokenMiddleware, keys=keys),
        ],
        exception_handlers={404: rtc.not_found},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.world = world
    return app


class CallLogMiddleware:
    """Notes every Twirp call, those included that a fault swallows."""

    def __init__(self, app: ASGIApp, calls: list[str]) -> None:
        self.app = app
        self.calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(TWIRP_PREFIX):
            self.calls.append(subject(scope["path"]))
        await self.app(scope, receive, send)


class DoubleSlashMiddleware:
    """Takes one of two leading slashes away, for clients whose base URL ends with one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path", "").startswith("//"):
            scope = {**scope, "path": scope["path"][1:]}
        await self.app(scope, receive, send)
