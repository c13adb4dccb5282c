"""Tokens: made on demand, shown once, stored nowhere; and taken apart."""

from datetime import UTC, datetime
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from ..config import Settings
from ..deps import Config, FormData, LiveKit
from ..filters import duration, span
from ..forms.sandbox import DecodeForm, TokenForm
from ..render import page
from ..services import snippets
from ..services.tokens import ADMIN_GRANTS, JOIN_GRANTS

GRANTS = {"join": JOIN_GRANTS, "admin": ADMIN_GRANTS}


async def index(request: Request) -> Response:
    """The form; `?room=` and `?identity=` fill it in."""
    given = {
        key: request.query_params[key] for key in ("room", "identity", "name") if key in request.query_params
    }
    return page(request, "sandbox/index.html.j2", form=TokenForm(data=given), minted=None, grants=GRANTS)


async def mint(request: Request, livekit: LiveKit, settings: Config, data: FormData) -> Response:
    """The token is in this answer and nowhere else."""
    form = TokenForm(data)
    if not form.validate():
        return page(request, "sandbox/index.html.j2", status=422, form=form, minted=None, grants=GRANTS)
    wanted = form.wanted()
    minted = livekit.tokens.mint(wanted)
    return page(
        request,
        "sandbox/index.html.j2",
        form=form,
        minted=minted,
        link=_link(settings, minted.jwt),
        lk=snippets.lk_token(wanted),
        python=snippets.python_token(wanted),
        grants=GRANTS,
    )


async def decoder(request: Request) -> Response:
    """The form."""
    return page(request, "sandbox/decode.html.j2", form=DecodeForm(), decoded=None)


async def decode(request: Request, livekit: LiveKit, data: FormData) -> Response:
    """Says whether LiveKit would take it, and what it allows."""
    form = DecodeForm(data)
    decoded = None
    if form.validate():
        try:
            decoded = livekit.tokens.decode(form.token.data)
        except ValueError as error:
            form.token.errors = [str(error)]
    video = decoded.claims.get("video") if decoded else None
    return page(
        request,
        "sandbox/decode.html.j2",
        status=form.status,
        form=form,
        decoded=decoded,
        room=video.get("room", "") if isinstance(video, dict) else "",
        expires=_until(decoded.expires) if decoded and decoded.expires else "",
    )


def _link(settings: Settings, token: str) -> str | None:
    if settings.join_link == "-":
        return None
    return settings.join_link.format(url=quote(settings.public_url, safe=""), token=token)


def _until(moment: datetime) -> str:
    seconds = (moment - datetime.now(UTC)).total_seconds()
    return f"in {span(seconds)}" if seconds > 0 else f"{duration(-seconds)} ago"
