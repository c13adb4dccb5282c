"""Tickets for live pages. Browsers don't reliably send Basic credentials with a WebSocket, so the page brings proof.

A ticket names the one page it is good for, and is good for minutes; every message brings a new one.
"""

from itsdangerous import BadSignature, URLSafeTimedSerializer

from ..config import Settings

MAX_AGE = 600  # Seconds.


def issue(settings: Settings, address: str) -> str:
    """A ticket to watch the page at this address (path and query)."""
    return str(_serializer(settings).dumps(address))


def redeem(settings: Settings, ticket: str) -> str | None:
    """The address that a ticket is good for; None if it is forged, or too old."""
    try:
        return str(_serializer(settings).loads(ticket, max_age=MAX_AGE))
    except BadSignature:
        return None


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_key("live"), salt="live")
