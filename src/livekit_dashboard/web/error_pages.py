"""Exception handlers: each error becomes a page, a toast or a note that says what is wrong and what to do."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from livekit_dashboard import __version__
from livekit_dashboard.app_state import app_state
from livekit_dashboard.htmx import is_htmx
from livekit_dashboard.security.basic_auth import is_stranger
from livekit_dashboard.security.csrf import SAFE_METHODS, CsrfError
from livekit_dashboard.security.read_only import ReadOnlyError
from livekit_dashboard.security.telephony import TelephonyOffError
from livekit_dashboard.services.errors.tree import CallMissing, LiveKitError, NotFound, Unsupported

from .filters import mask, utc
from .flash import Message
from .render import fragment, layout_of, page, toast

logger = logging.getLogger(__name__)
# What a page that doesn't exist may be about: how its route's name begins.
KINDS = (
    "participant",
    "dispatch",
    "room",
    "egress",
    "ingress",
    "sip_trunk",
    "sip_rule",
    "sip_call",
    "webhook_event",
)


def install(app: FastAPI) -> None:
    """Adds one handler for all failed LiveKit calls, and one for each error of the dashboard's own."""
    app.add_exception_handler(LiveKitError, livekit_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, bad_address)
    app.add_exception_handler(CsrfError, csrf_error)
    app.add_exception_handler(ReadOnlyError, read_only)
    app.add_exception_handler(TelephonyOffError, telephony_off)


async def livekit_error(request: Request, error: Exception) -> Response:
    """A failed call to LiveKit: JSON for exports, a note for polls, a toast for htmx, else a page."""
    assert isinstance(error, LiveKitError)
    # The route's path, not the request's: a room may be called backup.json.
    if getattr(request.scope.get("route"), "path", "").endswith((".json", ".csv")):
        return JSONResponse({"error": error.word, "title": error.title, "reason": error.reason}, error.status)
    if layout_of(request) == "partial":
        if isinstance(error, NotFound) and request.query_params.get("panel") == "1":
            return fragment(request, "_gone.html.j2", status=404, headers={}, error=error)
        headers = {"X-Outage": error.word}
        context = {"error": error, **_place(request)}
        return fragment(request, "_outage.html.j2", status=error.status, headers=headers, **context)
    if is_htmx(request):
        return toast(request, Message(error.title, _advice(error), "bad"), status=error.status)
    if isinstance(error, NotFound):
        return _not_found(request, error)
    reads = request.method in SAFE_METHODS
    return page(
        request,
        "error.html.j2",
        status=error.status,
        error=error,
        down=error if error.outage else None,
        # Only reads are repeated automatically, and only if waiting helps; an action is repeated by the operator.
        again=reads,
        live=reads and error.outage,
        report=_report(request, error),
    )


async def http_error(request: Request, error: Exception) -> Response:
    """No such page, or not by that method."""
    assert isinstance(error, HTTPException)
    if is_stranger(request):
        # Our pages say who the admin is and which server this is.
        return PlainTextResponse(error.detail, error.status_code, headers=error.headers)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return _not_found(request)
    title = HTTPStatus(error.status_code).phrase
    return _refusal(
        request, error.status_code, title, "Go back and use the controls of the page.", error.headers
    )


async def bad_address(request: Request, error: Exception) -> Response:
    """The address or the form holds a value of the wrong type."""
    assert isinstance(error, RequestValidationError)
    fields = ", ".join(str(fault["loc"][-1]) for fault in error.errors())
    return _refusal(request, 422, "This request is not valid", f"Check these values: {fields}.")


async def csrf_error(request: Request, error: Exception) -> Response:
    """A form without a valid CSRF token. The browser still has the entries on the page before."""
    detail = f"{error} Nothing was changed. Go back, reload the page, and send the form again."
    return _refusal(request, 403, "This form can’t be verified", detail)


async def read_only(request: Request, error: Exception) -> Response:
    """An action on a dashboard with READ_ONLY."""
    return _refusal(
        request,
        403,
        "This dashboard is read-only",
        "Nothing was changed. To allow actions, set READ_ONLY=false and restart the dashboard.",
    )


async def telephony_off(request: Request, error: Exception) -> Response:
    """A telephony page while ENABLE_SIP is off."""
    return page(request, "sip/off.html.j2", status=404)


async def crash(request: Request, error: Exception) -> Response:
    """An unexpected exception. The traceback goes to the log only."""
    if is_stranger(request):
        return PlainTextResponse("Internal Server Error", 500)
    return _refusal(
        request,
        500,
        "The dashboard failed",
        "An internal error occurred; the dashboard’s log has the details. Try again.",
    )


def _not_found(request: Request, error: LiveKitError | None = None) -> Response:
    """A 404 page for this kind of thing, with links to others of its kind."""
    return page(request, "notfound.html.j2", status=404, error=error, **_place(request))


def _place(request: Request) -> dict[str, Any]:
    """For the 404 page: which kind of thing the page is about, and in which room it is."""
    name = getattr(request.scope.get("route"), "name", "")
    kind = next((kind for kind in KINDS if name.startswith(kind)), "")
    return {"kind": kind, "room": request.path_params.get("room", "")}


def _refusal(
    request: Request, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    if is_htmx(request):
        return toast(request, Message(title, detail, "bad"), status=status)
    return page(
        request, "refused.html.j2", status=status, headers=dict(headers or {}), title=title, detail=detail
    )


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:] + "." if reason else ""


def _advice(error: LiveKitError) -> str:
    """The text of a toast: LiveKit's reason, or where the configuration is the reason, the first step."""
    if isinstance(error, Unsupported) and not isinstance(error, CallMissing):
        return error.steps[0].replace("`", "")
    return _sentence(error.reason)


def _report(request: Request, error: LiveKitError) -> str:
    """The details of the failed call as a Markdown list, without secrets."""
    settings = app_state(request).settings
    report = error.report
    server = urlsplit(settings.api_url)
    lines = {
        "call": report.call,
        "server": f"{server.scheme}://{server.netloc}",
        "answer": report.answer,
        "reason": error.reason,
        "key": mask(settings.livekit_api_key),
        "clock": f"{abs(report.clock):.0f} s apart" if report.clock is not None else "",
        "took": f"{report.took * 1000:.0f} ms" if report.took is not None else "",
        "at": utc(report.at),
        "dashboard": __version__,
    }
    return "\n".join(f"- {key}: {value}" for key, value in lines.items() if value)
