"""The ASGI app of the token server: its URL map and its middleware."""

import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from livekit_dashboard.token_server.auth.callers import CHALLENGE
from livekit_dashboard.token_server.limits.rate_limit import RateLimiter

from .cors import CORS
from .docs import openapi, page
from .endpoint import TokenEndpoint
from .errors import Code, Refusal
from .http import PATH, PRIVATE
from .metrics import CONTENT_TYPE, Metrics
from .settings import MIN_SECRET_LENGTH, Settings
from .tokens import utc

log = logging.getLogger("token-server")
PRIVATE_TEXT = {name.decode(): value.decode() for name, value in PRIVATE}
SERVICE = "livekit-token-server"
Handler = Callable[[Request], Awaitable[Response]]


def create_app(settings: Settings) -> Starlette:
    """The app, ready for any ASGI server."""
    metrics = Metrics() if settings.token_server_metrics else None
    limiter = RateLimiter(settings.token_server_rate_limit_storage.get_secret_value())
    endpoint = TokenEndpoint(settings, limiter, metrics)
    document = openapi.document(settings)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        _warn(settings)
        yield
        await endpoint.close()
        await limiter.close()

    routes = [
        Route(PATH, endpoint, methods=["POST"]),
        Route("/health", health),
        Route("/openapi.json", _fixed(json.dumps(document, indent=2), "application/json")),
        Route("/docs", _fixed(page.html(document), "text/html; charset=utf-8")),
        Route("/docs.css", _fixed(page.STYLE, "text/css; charset=utf-8")),
    ]
    if metrics is not None:
        routes.append(Route("/metrics", _metrics(metrics, settings)))
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies)),
            Middleware(CORS, origins=settings.cors_origins, headers=settings.cors_headers, metrics=metrics),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _crashed(metrics)},
    )
    app.router.redirect_slashes = False
    return app


async def health(_: Request) -> Response:
    """The documented response. Makes no call to LiveKit, which isn't needed to generate tokens."""
    body = {"status": "healthy", "service": SERVICE, "timestamp": utc(time.time())}
    return Response(json.dumps(body), headers=PRIVATE_TEXT)


def _fixed(content: str, media_type: str) -> Handler:
    headers = {"Content-Security-Policy": page.CSP, "X-Content-Type-Options": "nosniff"}

    async def handler(_: Request) -> Response:
        return Response(content, headers=headers, media_type=media_type)

    return handler


def _metrics(metrics: Metrics, settings: Settings) -> Handler:
    token = settings.token_server_metrics_token
    wanted = f"Bearer {token.get_secret_value()}".encode() if token else None

    async def handler(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if wanted is not None and not hmac.compare_digest(given, wanted):
            return _response(
                Refusal(
                    "unauthenticated", "Send TOKEN_SERVER_METRICS_TOKEN as a bearer token.", headers=CHALLENGE
                )
            )
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE, "Cache-Control": "no-store"})

    return handler


def _response(refusal: Refusal) -> Response:
    headers = {name.decode(): value.decode() for name, value in refusal.headers}
    return Response(refusal.body(), refusal.status, {**PRIVATE_TEXT, **headers})


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known: dict[int, tuple[Code, str]] = {
        404: ("not_found", "Nothing is at this path. /docs lists the paths."),
        405: ("method_not_allowed", "This path has another method. /docs lists the methods."),
    }
    response = _response(Refusal(*known[error.status_code]))
    response.headers.update(error.headers or {})
    return response


def _crashed(metrics: Metrics | None) -> Callable[[Request, Exception], Awaitable[Response]]:
    refusal = Refusal("internal_error", "Internal error. The log of the server has the details.")

    async def handler(request: Request, _: Exception) -> Response:
        if metrics is not None and request.url.path == PATH:
            metrics.refused(refusal.code)
        return _response(refusal)

    return handler


def _warn(settings: Settings) -> None:
    if settings.local_only:
        log.warning(
            "No keys are configured: only programs on this machine get tokens, and requests that a proxy forwards get 403."
            " Behind a proxy such as nginx, add to .env: TOKEN_SERVER_KEYS=… (`livekit-dashboard token-server --new-key web`"
            " prints the line), or TOKEN_SERVER_AUTH=none to give tokens to everyone who reaches the proxy;"
            " and TRUSTED_PROXIES=127.0.0.1 for rate limits by client"
        )
    elif settings.is_open:
        log.warning("TOKEN_SERVER_AUTH is none: everyone who reaches this server gets tokens")
    if len(settings.livekit_api_secret.get_secret_value()) < MIN_SECRET_LENGTH:
        log.warning(
            "LIVEKIT_API_SECRET has fewer than %d characters. LiveKit requires at least that many",
            MIN_SECRET_LENGTH,
        )
    if "*" in settings.cors_origins:
        log.warning("CORS_ORIGINS is *: pages of every site may request tokens")
