"""The dashboard's ASGI app: the URL map and the middleware."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute, WebSocketRoute
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from livekit_dashboard.addresses.paths import Paths
from livekit_dashboard.live.hub import Hub
from livekit_dashboard.security.basic_auth import BasicAuth
from livekit_dashboard.security.headers import SecurityHeaders
from livekit_dashboard.services.livekit import LiveKit
from livekit_dashboard.services.rooms.timeline import Timelines
from livekit_dashboard.services.webhooks.webhooks import Webhooks
from livekit_dashboard.web.render import outside, watch
from livekit_dashboard.web.root_path import RootPath
from livekit_dashboard.web.static_files import DIRECTORY, FingerprintedFiles

from .app_state import AppState, keep
from .config import Settings
from .security import csrf, read_only, telephony
from .urls import URLS
from .web import error_pages, masking

# LiveKit accepts 512 KiB of metadata, which percent-encoding can triple.
MAX_BODY = 4 * 1024 * 1024


@cache
def _routes() -> list[BaseRoute]:
    """The URL map as routes. They know nothing of settings, and FastAPI takes long to look into all handlers."""
    # Attached to the router, so that they apply to every route.
    checks = (masking.read, csrf.verify, read_only.verify, telephony.verify)
    guards = [Depends(check) for check in checks]
    router = APIRouter(dependencies=guards)
    for url in URLS:
        if url.method == "WS":
            router.routes.append(WebSocketRoute(url.path, url.handler, name=url.name))
        else:
            methods = ["GET", "HEAD"] if url.method == "GET" else [url.method]
            router.add_api_route(url.path, url.handler, methods=methods, name=url.name)
    return router.routes


def create_app(settings: Settings) -> FastAPI:
    """The app, ready to be served. Its lifespan opens and closes the session to LiveKit."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with state.livekit:
            yield
            await state.hub.close()

    app = FastAPI(
        openapi_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)),
            Middleware(RootPath, root_path=settings.root_path),
            Middleware(SecurityHeaders, settings=settings),
            Middleware(GZipMiddleware, minimum_size=1024, compresslevel=5),
            Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY),
            # Starlette adds its own outside of all middleware, where an error page would lack the headers above.
            Middleware(ServerErrorMiddleware, handler=error_pages.crash),
            Middleware(BasicAuth, settings=settings, show=outside),
        ],
    )
    state = AppState(
        settings=settings,
        paths=Paths(URLS, settings.root_path),
        livekit=LiveKit(settings),
        hub=Hub(partial(watch, app)),
        webhooks=Webhooks(settings),
        timelines=Timelines(),
    )
    keep(app, state)
    app.router.routes.extend(_routes())
    app.mount("/static", FingerprintedFiles(directory=DIRECTORY), name="static")
    error_pages.install(app)
    return app
