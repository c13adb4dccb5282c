"""A message for the next page, in a signed cookie: what a form's 303 leaves behind."""

from dataclasses import asdict, dataclass
from typing import Literal

from itsdangerous import BadSignature, URLSafeTimedSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from livekit_dashboard.addresses.client import is_secure
from livekit_dashboard.config import Settings

COOKIE = "flash"
MAX_AGE = 60


@dataclass(frozen=True)
class Message:
    """What became of an action. `detail` is a second, quieter sentence."""

    text: str
    detail: str = ""
    kind: Literal["ok", "warn", "bad"] = "ok"


def leave(response: Response, conn: HTTPConnection, settings: Settings, message: Message) -> None:
    """Has the next full page show the message."""
    short = Message(_short(message.text), _short(message.detail), message.kind)
    response.set_cookie(
        COOKIE,
        _serializer(settings).dumps(asdict(short)),
        max_age=MAX_AGE,
        path=settings.root_path or "/",
        httponly=True,
        secure=is_secure(conn, settings),
        samesite="lax",
    )


def carried(settings: Settings, to: str, message: Message) -> str:
    """The same for an answer whose headers have left already: what `unpacked` takes, to be carried by an address."""
    return _serializer(settings).dumps([to, asdict(message)])


def unpacked(settings: Settings, text: str) -> tuple[str, Message] | None:
    """Where to go and what to leave there, if that is ours and no minute old."""
    try:
        to, message = _serializer(settings).loads(text, max_age=MAX_AGE)
        return str(to), Message(**message)
    except (BadSignature, TypeError, ValueError):
        return None


def found(conn: HTTPConnection, settings: Settings) -> Message | None:
    """The message that was left, if there is one and it is ours."""
    try:
        return Message(**_serializer(settings).loads(conn.cookies.get(COOKIE, ""), max_age=MAX_AGE))
    # TypeError: another version of this dashboard left it.
    except (BadSignature, TypeError):
        return None


def consume(response: Response, settings: Settings) -> None:
    """Shows it once."""
    response.delete_cookie(COOKIE, path=settings.root_path or "/")


def _short(text: str) -> str:
    """What of a text fits: a cookie holds 4 KiB for both, and names may be anything, which JSON escapes."""
    return text[:600].encode("utf-8", "replace")[:1400].decode("utf-8", "ignore")


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_key("flash"), salt="flash")
