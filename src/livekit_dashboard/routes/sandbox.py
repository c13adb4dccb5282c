"""Tokens: made on request, shown once, stored nowhere; and decoded."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from fastapi import Request
from starlette.datastructures import FormData as StarletteFormData
from starlette.responses import RedirectResponse, Response

from livekit_dashboard.config import Settings
from livekit_dashboard.forms.tokens.tokens import PRESETS, DecodeForm, TokenForm
from livekit_dashboard.security import csrf
from livekit_dashboard.services.snippets import snippets
from livekit_dashboard.services.tokens import tokens
from livekit_dashboard.services.tokens.decoder import NotATokenError
from livekit_dashboard.services.tokens.tokens import ADMIN_GRANTS, JOIN_GRANTS
from livekit_dashboard.web import once
from livekit_dashboard.web.dependencies import Config, FormData, LiveKit, To
from livekit_dashboard.web.filters import duration, span
from livekit_dashboard.web.render import page

GRANTS = {"join": JOIN_GRANTS, "admin": ADMIN_GRANTS}
FILLED_IN = ("room", "identity", "name")  # By the address.


async def index(request: Request, settings: Config, to: To) -> Response:
    """The form, filled in by `?preset=` and `?room=`; after a mint also the token, once."""
    made = once.found(request, settings, to.to("sandbox"))
    if made is not None:
        response = _minted(request, settings, TokenForm(StarletteFormData(made["form"])), made["jwt"])
        once.consume(response, to.to("sandbox"))
        return response
    given = {key: request.query_params[key] for key in FILLED_IN if key in request.query_params}
    preset = PRESETS.get(request.query_params.get("preset", ""), PRESETS["publisher"])
    form = TokenForm(data={**preset.values(), **given})
    return _page(request, form=form, minted=None, preset=request.query_params.get("preset", ""))


async def mint(request: Request, livekit: LiveKit, settings: Config, to: To, data: FormData) -> Response:
    """Leads to a page that shows the token once. A token that fits no cookie is in this answer itself."""
    form = TokenForm(data)
    if not form.validate():
        return _page(request, status=422, form=form, minted=None, preset="")
    token = livekit.tokens.mint(form.wanted()).jwt
    response = RedirectResponse(to.to("sandbox"), status_code=303)
    kept = {"jwt": token, "form": [pair for pair in data.multi_items() if pair[0] != csrf.FIELD]}
    if once.leave(response, request, settings, to.to("sandbox"), kept):
        return response
    return _minted(request, settings, form, token)


def _minted(request: Request, settings: Settings, form: TokenForm, token: str) -> Response:
    wanted = form.wanted()
    return _page(
        request,
        form=form,
        minted=tokens.minted(token),
        link=_link(settings, token),
        lk=snippets.lk_token(wanted),
        python=snippets.python_token(wanted),
        preset="",
    )


def _page(request: Request, *, status: int = 200, **context: Any) -> Response:
    return page(request, "tokens/index.html.j2", status=status, grants=GRANTS, presets=PRESETS, **context)


async def decoder(request: Request) -> Response:
    """The form."""
    return page(request, "tokens/decode.html.j2", form=DecodeForm(), decoded=None)


async def decode(request: Request, livekit: LiveKit, data: FormData) -> Response:
    """Says whether LiveKit would accept the token, and what it grants."""
    form = DecodeForm(data)
    decoded = None
    if form.validate():
        try:
            decoded = livekit.tokens.decode(form.token.data)
        except NotATokenError as error:
            form.token.errors = [str(error)]
    return page(
        request,
        "tokens/decode.html.j2",
        status=form.status,
        form=form,
        decoded=decoded,
        expires=_until(decoded.expires) if decoded and decoded.expires else "",
    )


def _link(settings: Settings, token: str) -> str | None:
    if settings.join_link == "-":
        return None
    return settings.join_link.format(url=quote(settings.public_url, safe=""), token=token)


def _until(moment: datetime) -> str:
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return f"in {span(seconds)}" if seconds > 0 else f"{duration(-seconds)} ago"
