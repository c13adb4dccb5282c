"""The match explainer: where a call would land, and why."""

from fastapi import Request
from starlette.responses import Response

from ..deps import LiveKit
from ..forms.sip_match import MatchForm
from ..render import page


async def index(request: Request, livekit: LiveKit) -> Response:
    """Two calls at the same time, once there is something to explain; the address says all of it."""
    # The form sends both, a link may fill in one.
    asked = {"from", "to"} <= set(request.query_params)
    form = MatchForm(request.query_params)
    if not asked or not form.validate():
        return page(
            request,
            "sip_match/index.html.j2",
            status=form.status if asked else 200,
            form=form,
            explained=None,
        )
    explained, faults = await livekit.sip.explain(form.call())
    return page(
        request,
        "sip_match/index.html.j2",
        form=form,
        explained=explained,
        faults=faults,
        typed_numbers=(form.calling.data, form.called.data),
    )
