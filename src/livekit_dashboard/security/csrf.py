"""Protection against cross-site request forgery: every unsafe request must come from a page of the dashboard.

Browsers send Basic credentials with requests that other sites cause, form posts included. Two things are checked, each
sufficient by itself: the origin that the browser reports, and a signed token that only the dashboard's pages contain.
There are no sessions; the token is bound to the admin's password, from which its signing key is derived.
"""

import time

from fastapi import Request
from itsdangerous import BadSignature, SignatureExpired, TimestampSigner, URLSafeTimedSerializer

from livekit_dashboard.app_state import app_state
from livekit_dashboard.config import Settings

FIELD = "csrf_token"
# No limit for one field, because the body's length is limited already. Starlette's own limit is 1 MiB of
# percent-encoded text, which is less than LiveKit accepts as metadata.
MAX_FIELD = 2**63
MAX_AGE = 24 * 3600
# Tokens change every 15 minutes only, so that an unchanged page stays unchanged, byte for byte.
STEP = 900
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


# LiveKit signs its webhooks, body included; a browser can't.
EXEMPT = frozenset({"webhook"})


class CsrfError(Exception):
    """The request did not come from a page of the dashboard, or from one that is too old. `str()` says which."""


class _SteppedSigner(TimestampSigner):
    def get_timestamp(self) -> int:
        return int(time.time()) // STEP * STEP


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_key("csrf"), salt="csrf", signer=_SteppedSigner)


def token(settings: Settings) -> str:
    """A value for the hidden field `csrf_token`, valid for a day."""
    return str(_serializer(settings).dumps("form"))


async def verify(request: Request) -> None:
    """Attached to the app, so to every route. Raises CsrfError on an unsafe request that does not prove its origin."""
    route = getattr(request.scope.get("route"), "name", "")
    if request.method in SAFE_METHODS or route in EXEMPT:
        return
    _check_origin(request)
    # No page of the dashboard uploads files, and every field is text.
    value = (await request.form(max_files=0, max_part_size=MAX_FIELD)).get(FIELD)
    if not isinstance(value, str) or not value:
        raise CsrfError("The form was sent without its token.")
    try:
        _serializer(app_state(request).settings).loads(value, max_age=MAX_AGE)
    except SignatureExpired:
        raise CsrfError("The page was open for more than a day.") from None
    except BadSignature:
        raise CsrfError(
            "The form’s token is invalid: it is from another dashboard, or the password has changed."
        ) from None


def _check_origin(request: Request) -> None:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise CsrfError("The request came from another site.")
        return
    # Over plain http browsers send no Sec-Fetch-Site. Only hosts are compared: the scheme may end at a proxy.
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise CsrfError("The request came from another origin.")
