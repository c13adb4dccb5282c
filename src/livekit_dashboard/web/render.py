"""From a template's name to a response.

A page template extends `layout`, and the request decides what that is: the whole page, its main part alone (a poll),
a dialog, or the side panel. So one template serves browsers with and without JavaScript.
"""

import re
from functools import cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from livekit_dashboard import __version__
from livekit_dashboard.addresses.names import encode_name, encode_pair
from livekit_dashboard.app_state import app_state
from livekit_dashboard.htmx import is_htmx
from livekit_dashboard.live import tickets
from livekit_dashboard.live.in_process import Answer, ask
from livekit_dashboard.security import csrf

from . import flash, masking
from .filters import FILTERS
from .static_files import fingerprint

LAYOUTS = {
    "partial": "_partial.html.j2",
    "dialog": "_dialog.html.j2",
    "panel": "_panel.html.j2",
    "page": "base.html.j2",
}
# What htmx wants to put a page into.
TARGETS = {"dialog#dialog": "dialog", "aside#panel": "panel", "main#main": "partial"}
VARY = "HX-Request, HX-Request-Type, HX-Target"
POLL_SECONDS = 5
# In layouts: where a page says that it masks numbers, if it does.
NUMBERS_NOTE = "<!-- numbers -->"
environment = Environment(
    loader=FileSystemLoader(Path(__file__).parents[1] / "templates"),
    # Everything is HTML here, and select_autoescape does not know the suffix .html.j2.
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters |= FILTERS
environment.globals["version"] = __version__
environment.globals["segment"] = encode_name
environment.globals["pair"] = encode_pair


def layout_of(request: Request) -> str:
    """What the request wants to have: page, partial, dialog or panel."""
    if request.query_params.get("partial") == "1":
        return "partial"
    if is_htmx(request) and request.headers.get("hx-request-type") == "partial":
        return TARGETS.get(request.headers.get("hx-target", ""), "page")
    return "page"


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    live: bool = False,
    **context: Any,
) -> Response:
    """Renders a page or the part of it that was requested.

    A `live` page is polled. It is tagged by what it shows, so `context` holds values, and a poll for a page that has
    not changed is answered by a 304 before anything is rendered.
    """
    layout = layout_of(request)
    all_headers = {"Vary": VARY} | _figures(request) | (headers or {})
    tag = _tag(request, template, context) if live else ""
    if live:
        ticket = tickets.issue(request, app_state(request).settings, _url_with(request))
        all_headers |= {"HX-PTag": tag, "ETag": f'"{tag}"', "X-Live-Ticket": ticket}
        if layout == "partial" and tag in _known_tags(request):
            unchanged = Response(status_code=304, headers=all_headers)
            tickets.keep(unchanged, request, app_state(request).settings)
            return unchanged
    message = flash.found(request, app_state(request).settings) if layout == "page" else None
    html = _render(
        request,
        template,
        layout=layout,
        message=message,
        status=status,
        live=live,
        ptag=tag,
        ticket=all_headers.get("X-Live-Ticket", ""),
        **context,
    )
    response = HTMLResponse(html, status_code=status, headers=all_headers)
    if live:
        tickets.keep(response, request, app_state(request).settings)
    if message is not None:
        flash.consume(response, app_state(request).settings)
    return response


async def watch(app: ASGIApp, address: str, tag: str) -> Answer:
    """For the hub: the page at an address as a partial, or a 304 if it is still the one that the tag stands for."""
    address += ("&" if "?" in address else "?") + "partial=1"
    return await ask(app, address, {"host": "in-process", "hx-request": "true", "hx-ptag": tag})


def outside(
    conn: HTTPConnection, template: str, *, status: int, headers: dict[str, str] | None = None, **context: Any
) -> Response:
    """A page for someone who is not logged in: no navigation, nothing of the server."""
    html = environment.get_template(template).render(_shared(conn) | context)
    return HTMLResponse(masking.mask_page(html), status_code=status, headers=headers)


def done(request: Request, to: str, text: str, detail: str = "", *, kind: str = "ok") -> Response:
    """After an action that worked: a 303 and a message on the page it leads to.

    To htmx on that very page: the message alone, and a hint to fetch what changed.
    """
    message = flash.Message(text, detail, kind)  # type: ignore[arg-type]
    app_state(request).hub.wake()
    if is_htmx(request) and _path_of(request.headers.get("hx-current-url", "")) == _path_of(to):
        return toast(request, message, headers={"HX-Trigger": "app:changed"})
    response: Response = RedirectResponse(to, status_code=303)
    if is_htmx(request):
        response = Response(headers={"HX-Redirect": to})
    flash.leave(response, request, app_state(request).settings, message)
    return response


def _path_of(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def toast(
    request: Request, message: flash.Message, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """A message for htmx, shown whatever else becomes of the request."""
    html = _render(request, "_toast.html.j2", layout="partial", message=message)
    return HTMLResponse(html, status_code=status, headers=headers)


def fragment(
    request: Request, template: str, *, status: int, headers: dict[str, str], **context: Any
) -> Response:
    """A piece that htmx puts where the piece itself says."""
    html = _render(request, template, layout="partial", **context)
    return HTMLResponse(html, status_code=status, headers=headers | _figures(request))


def piece(request: Request, template: str, **context: Any) -> str:
    """A piece of a page as text, for an answer that comes in parts."""
    return _render(request, template, layout="partial", **context)


def rendered(response: Response) -> Markup:
    """A page that `page` made, to be put into another answer: it is escaped already."""
    return Markup(bytes(response.body).decode())  # noqa: S704


def _render(request: Request, template: str, **context: Any) -> str:
    livekit = app_state(request).livekit
    shared = _shared(request) | {
        "server": livekit.server.known,
        "latency": livekit.latency.figures,
        "csrf_token": lambda: csrf.token(app_state(request).settings),
        "here": _area(request),
        "live": False,
        "down": None,
        "ptag": "",
        "ticket": "",
        "in_panel": request.query_params.get("panel") == "1" and context["layout"] != "page",
        "poll_seconds": POLL_SECONDS,
        "numbers_shown": masking.are_shown(request),
        # For links to the exports of a page: they show numbers where the page does.
        "show_numbers": request.query_params.get("show", ""),
        # Numbers of this page that may be spelled without a plus, and those that were typed for it.
        "known_numbers": (),
        "typed_numbers": (),
        "url_with": partial(_url_with, request),
    }
    variables = shared | context
    variables["in_layout"] = variables["layout"]
    variables["layout"] = LAYOUTS[variables["layout"]]
    html = environment.get_template(template).render(variables)
    if variables["numbers_shown"]:
        return html.replace(NUMBERS_NOTE, "")
    masked = masking.mask_page(html, variables["known_numbers"], variables["typed_numbers"])
    if NUMBERS_NOTE not in masked:
        return masked
    note = environment.get_template("_numbers_note.html.j2").render(variables) if masked != html else ""
    return masked.replace(NUMBERS_NOTE, note)


def _url_with(request: Request, **changes: Any) -> str:
    """The page's own address with some of its query changed."""
    path = quote(request.scope["path"], safe="/~!$&'()*+,;=:@")
    url = request.url.replace(scheme="", netloc="", path=path).remove_query_params("partial")
    return str(url.include_query_params(**changes))


def _shared(conn: HTTPConnection) -> dict[str, Any]:
    """What every template may use, logged in or not."""
    settings = app_state(conn).settings
    theme = conn.cookies.get("theme")
    return {
        "settings": settings,
        "path_to": app_state(conn).paths.to,
        "asset": lambda name: f"{settings.root_path}/static/{name}?v={fingerprint(name)}",
        "icon": lambda name, css="": _icon(settings.root_path, name, css),
        "theme": theme if theme in {"light", "dark"} else "auto",
    }


@cache
def _icon(root_path: str, name: str, css: str) -> Markup:
    return Markup(
        '<svg class="i {}" aria-hidden="true"><use href="{}/static/vendor/icons.svg?v={}#{}"/></svg>'
    ).format(css, root_path, fingerprint("vendor/icons.svg"), name)


def _area(request: Request) -> str:
    """The entry in the navigation that a path belongs to: the first word of it."""
    path = request.url.path.removeprefix(app_state(request).settings.root_path)
    return re.split(r"[/.]", path.lstrip("/"), maxsplit=1)[0]


def _tag(request: Request, template: str, context: dict[str, Any]) -> str:
    """Changes when the page would. Ages don't count: they grow without anything happening, and live.js shows that."""
    token = csrf.token(app_state(request).settings)
    shown = repr((__version__, template, _url_with(request), token, context))
    return blake2b(shown.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _known_tags(request: Request) -> set[str]:
    plain = request.headers.get("if-none-match", "").replace("W/", "").replace('"', "")
    return {request.headers.get("hx-ptag", "")} | {tag.strip() for tag in plain.split(",")}


def _figures(request: Request) -> dict[str, str]:
    """What the strip shows, for polls that bring nothing else."""
    last = app_state(request).livekit.latency.figures.last
    return {"X-LiveKit-Latency": f"{last:.1f}"} if last is not None else {}
