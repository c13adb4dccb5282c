"""What people see when something goes wrong: a page, a toast or a note, always with what to do, never a bare status."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response

from . import __version__
from .filters import mask, utc
from .flash import Message
from .render import fragment, is_htmx, layout_of, page, toast
from .security.basic_auth import is_stranger
from .security.csrf import SAFE_METHODS, CsrfError
from .security.read_only import ReadOnlyError
from .services.errors import CallMissing, LiveKitError, NotFound, Unsupported
from .telephony import TelephonyOffError

logger = logging.getLogger(__name__)
# What a page that isn't there may have been about: how the names of its addresses begin.
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
    """One handler for everything that LiveKit refuses, and one each for what we refuse ourselves."""
    app.add_exception_handler(LiveKitError, livekit_error)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(RequestValidationError, bad_address)
    app.add_exception_handler(CsrfError, csrf_error)
    app.add_exception_handler(ReadOnlyError, read_only)
    app.add_exception_handler(TelephonyOffError, telephony_off)


async def livekit_error(request: Request, error: Exception) -> Response:
    """A failed call of LiveKit."""
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
    return page(
        request,
        "error.html.j2",
        status=error.status,
        error=error,
        down=error if error.outage else None,
        # Reading again is harmless; an action is only repeated by a person.
        live=request.method in SAFE_METHODS,
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
        request, error.status_code, title, "Go back and use the page’s own controls.", error.headers
    )


async def bad_address(request: Request, error: Exception) -> Response:
    """The address or the form holds something that can't be read."""
    assert isinstance(error, RequestValidationError)
    fields = ", ".join(str(fault["loc"][-1]) for fault in error.errors())
    return _refusal(request, 422, "This address can’t be read", f"Look at: {fields}.")


async def csrf_error(request: Request, error: Exception) -> Response:
    """Nothing was done. The browser still has the entries on the page before."""
    detail = f"{error} Nothing was done. Go back, reload the page, and send it again."
    return _refusal(request, 403, "This didn’t come from a page of this dashboard", detail)


async def read_only(request: Request, error: Exception) -> Response:
    """Nothing was done."""
    return _refusal(request, 403, "This dashboard is read-only", "Nothing was done. READ_ONLY is set.")


async def telephony_off(request: Request, error: Exception) -> Response:
    """There is nothing here unless ENABLE_SIP says so."""
    return page(request, "sip/off.html.j2", status=404)


async def crash(request: Request, error: Exception) -> Response:
    """A mistake of ours; the server logs the traceback, and nobody else sees it."""
    if is_stranger(request):
        return PlainTextResponse("Internal Server Error", 500)
    return _refusal(
        request, 500, "The dashboard made a mistake", "The log has the details. Try again, or go elsewhere."
    )


def _not_found(request: Request, error: LiveKitError | None = None) -> Response:
    """Says where such a thing goes to, and leads to others of its kind."""
    return page(request, "notfound.html.j2", status=404, error=error, **_place(request))


def _place(request: Request) -> dict[str, Any]:
    """What kind of thing the page is about, and in which room that was."""
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
    """What fits under a toast: LiveKit's reason, or for what is a matter of configuration, the way out."""
    if isinstance(error, Unsupported) and not isinstance(error, CallMissing):
        return error.steps[0].replace("`", "")
    return _sentence(error.reason)


def _report(request: Request, error: LiveKitError) -> str:
    """For a colleague or a bug report. No secret is in it."""
    settings = request.app.state.settings
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
