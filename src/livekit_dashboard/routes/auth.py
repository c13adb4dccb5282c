"""Logging in, logging out, and the theme. security/logout.py says how HTTP Basic is logged out of."""

from fastapi import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from livekit_dashboard.addresses.client import is_secure
from livekit_dashboard.security import known_browser
from livekit_dashboard.security import logout as signed_out
from livekit_dashboard.web.dependencies import Config, FormData, To
from livekit_dashboard.web.render import outside

THEMES = ("light", "dark")
YEAR = 365 * 86400


async def health() -> Response:
    """For load balancers: this process answers. Makes no call to LiveKit."""
    return PlainTextResponse("ok")


async def login(request: Request, settings: Config, to: To) -> Response:
    """The middleware has checked the password already; leads to the overview."""
    response = RedirectResponse(to.to("overview"), status_code=303)
    signed_out.remember(response, request, settings, "in")
    return response


async def logout(request: Request, settings: Config) -> Response:
    """A 401 with a challenge that no browser knows, which makes browsers drop the password without asking."""
    response = outside(request, "auth/logout.html.j2", status=401, headers={"WWW-Authenticate": "Session"})
    # A picture on another site must not log the admin out.
    if request.headers.get("sec-fetch-dest", "document") == "document":
        signed_out.remember(response, request, settings, "out")
        known_browser.forget(response, settings)
    return response


async def theme(request: Request, settings: Config, to: To, data: FormData) -> Response:
    """Keeps the choice in a cookie and goes back; anything but light and dark follows the system."""
    response = RedirectResponse(_own_page(request) or to.to("overview"), status_code=303)
    path = settings.root_path or "/"
    choice = str(data.get("theme"))
    if choice in THEMES:
        response.set_cookie(
            "theme",
            choice,
            max_age=YEAR,
            path=path,
            httponly=True,
            secure=is_secure(request, settings),
            samesite="lax",
        )
    else:
        response.delete_cookie("theme", path=path)
    return response


def _own_page(request: Request) -> str | None:
    """Path and query of the page that the form was on, if it was one of ours."""
    referer = request.headers.get("referer", "")
    prefix = f"{request.url.scheme}://{request.headers.get('host', '')}/"
    return "/" + referer.removeprefix(prefix).lstrip("/\\") if referer.startswith(prefix) else None
