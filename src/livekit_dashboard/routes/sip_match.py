"""The match explainer: which room a call would get to, and why."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.sip.match import MatchForm
from livekit_dashboard.services.sip.match import Explanation, Fault
from livekit_dashboard.web.dependencies import LiveKit
from livekit_dashboard.web.render import page


async def index(request: Request, livekit: LiveKit) -> Response:
    """Two calls to LiveKit at once if the address has a call to explain; otherwise none."""
    # The form sends both, a link may fill in one.
    asked = {"from", "to"} <= set(request.query_params)
    form = MatchForm(request.query_params)
    explained: Explanation | None = None
    faults: Sequence[Fault] = ()
    if asked and form.validate():
        explained, faults = await livekit.sip.explain(form.call())
    return page(
        request,
        "sip/match/index.html.j2",
        status=form.status if asked else 200,
        form=form,
        explained=explained,
        faults=faults,
        readings=form.readings() if asked else [],
        typed_numbers=(form.calling.data, form.called.data) if explained else (),
    )
