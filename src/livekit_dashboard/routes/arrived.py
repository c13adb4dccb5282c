"""The way from a wait that is over to the page it leads to."""

from fastapi import Request
from starlette.responses import RedirectResponse, Response

from livekit_dashboard.web import flash
from livekit_dashboard.web.dependencies import Config, To


async def arrived(request: Request, settings: Config, to: To) -> Response:
    """Leaves the message there that the address carries. One that is not ours, or old, leads to the overview."""
    carried = flash.unpacked(settings, request.query_params.get("with", ""))
    response = RedirectResponse(carried[0] if carried else to.to("overview"), status_code=303)
    if carried:
        flash.leave(response, request, settings, carried[1])
    return response
