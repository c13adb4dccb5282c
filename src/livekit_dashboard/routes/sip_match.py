"""The match explainer: which room a call would get to, and why."""

from fastapi import Request
from starlette.responses import Response

from ..deps import LiveKit
from ..forms.sip_match import MatchForm
from ..render import page


async def index(request: Request, livekit: LiveKit) -> Response:
    """Two calls to LiveKit at once if the address has a call to explain; otherwise none."""
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
            readings=form.readings() if asked else [],
        )
    explained, faults = await livekit.sip.explain(form.call())
    return page(
        request,
        "sip_match/index.html.j2",
        form=form,
        explained=explained,
        faults=faults,
        readings=form.readings(),
        typed_numbers=(form.calling.data, form.called.data),
    )
