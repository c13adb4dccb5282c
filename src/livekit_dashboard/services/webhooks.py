"""Webhooks from LiveKit: checked, told apart, and kept for a while, in memory and nowhere else."""

import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from google.protobuf.json_format import Parse, ParseError
from livekit import api
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.webhook import WebhookEvent

from ..config import Settings
from .participants import enum_name
from .presence import Presence, Present
from .stored import masked_json

KEPT = 500
# Characters of payload that are kept together: one event may hold a megabyte of metadata.
KEPT_TEXT = 32 * 1024 * 1024
LEEWAY = 60  # Seconds between two clocks.
EVENTS = (
    "room_started",
    "room_finished",
    "participant_joined",
    "participant_left",
    "participant_connection_aborted",
    "track_published",
    "track_unpublished",
    "egress_started",
    "egress_updated",
    "egress_ended",
    "ingress_started",
    "ingress_ended",
)


class WebhookRefusedError(Exception):
    """A request that LiveKit, with our key, did not make. `str()` says which check failed; nothing of it is kept."""


@dataclass(frozen=True)
class Event:
    """One webhook. `created` is LiveKit's time in whole seconds, if it sent one that can be; `received` is ours."""

    id: str
    name: str
    room: str
    identity: str
    kind: str  # Of the participant: "standard", "sip", "agent" …; empty where the event is about none.
    subject: str  # The track, egress or ingress that it is about.
    created: datetime | None
    received: datetime
    payload: str = field(repr=False)  # Protobuf JSON, secrets masked.
    dropped: int  # Events that LiveKit had to drop before this one.


@dataclass(frozen=True)
class Check:
    """One thing that is checked. `passed` is None when an earlier failure leaves nothing to check."""

    what: str
    passed: bool | None
    why: str


class Feed:
    """The last webhooks of this process, newest first."""

    def __init__(self) -> None:
        self.since = datetime.now(UTC)
        self._events: OrderedDict[str, Event] = OrderedDict()
        self._text = 0
        self._presence = Presence()

    def add(self, event: Event) -> bool:
        """False for one that came before: LiveKit repeats what it believes lost, under the same id."""
        if event.id in self._events:
            return False
        self._presence.tell(event.name, event.room, event.identity, event.kind)
        self._events[event.id] = event
        self._text += len(event.payload)
        while len(self._events) > KEPT or (self._text > KEPT_TEXT and len(self._events) > 1):
            _, oldest = self._events.popitem(last=False)
            self._text -= len(oldest.payload)
        return True

    def events(self, room: str | None = None) -> Sequence[Event]:
        """Those of one room, or all."""
        return [event for event in reversed(self._events.values()) if room is None or event.room == room]

    def present(self) -> Sequence[Present]:
        """Those who are in a room, as far as all webhooks told that have come, kept or not."""
        return self._presence.known()

    def get(self, event_id: str) -> Event | None:
        return self._events.get(event_id)


class Webhooks:
    """Checks and signs with the configured key."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.livekit_api_key
        self._secret = settings.livekit_api_secret.get_secret_value()
        self.feed = Feed()

    def receive(self, body: bytes, authorization: str) -> Event:
        """The event in a request. Raises WebhookRefusedError."""
        checks = self._check_signature(body, authorization)
        # Reading JSON can take seconds: that is done for LiveKit, and not for whoever finds this address.
        if all(check.passed for check in checks):
            _check_body(body, checks)
        failed = next((check for check in checks if check.passed is False), None)
        if failed is not None:
            raise WebhookRefusedError(f"{failed.what}: {failed.why}")
        return from_proto(Parse(body.decode(), WebhookEvent(), ignore_unknown_fields=True))

    def check(self, body: bytes, authorization: str) -> Sequence[Check]:
        """Every check in the order that LiveKit's SDKs make them."""
        checks = self._check_signature(body, authorization)
        _check_body(body, checks)
        return checks

    def sign(self, body: bytes) -> str:
        """The Authorization header for a body, good for five minutes, as LiveKit makes it."""
        token = api.AccessToken(self._key, self._secret).with_ttl(timedelta(minutes=5))
        return token.with_sha256(_digest(body)).to_jwt()

    def _check_signature(self, body: bytes, authorization: str) -> list[Check]:
        checks: list[Check] = []
        claims = self._check_token(authorization.strip(), checks)
        _check_hash(body, claims, checks)
        return checks

    def _check_token(self, header: str, checks: list[Check]) -> Mapping[str, Any] | None:
        """The claims, if the header is a token that our key signed and that is valid now."""
        if not header:
            checks.append(Check("Authorization header", False, "There is none."))
            return None
        if header.lower().startswith("bearer "):
            checks.append(
                Check("Authorization header", False, "LiveKit sends the token alone, without “Bearer”.")
            )
            return None
        checks.append(Check("Authorization header", True, "A token, without “Bearer”."))
        try:
            issuer = jwt.decode(header, options={"verify_signature": False}).get("iss")
        except (jwt.InvalidTokenError, RecursionError):
            checks.append(Check("Token", False, "It is no JWT."))
            return None
        known = issuer == self._key
        why = (
            "The one of this dashboard."
            if known
            else f"Another one: {str(issuer)[:40]}. webhook.api_key names it."
        )
        checks.append(Check("API key", known, why))
        try:
            claims: Mapping[str, Any] = jwt.decode(header, self._secret, algorithms=["HS256"], leeway=LEEWAY)
        except jwt.ExpiredSignatureError:
            checks.append(Check("Time", False, "The token has expired. It is good for five minutes."))
        except jwt.ImmatureSignatureError:
            checks.append(Check("Time", False, "The token is not valid yet: the clocks differ."))
        except jwt.InvalidTokenError:
            checks.append(Check("Signature", False, "It was not made with the secret of this dashboard."))
        else:
            checks.append(Check("Signature", True, "Made with the secret of this dashboard, and valid now."))
            return claims if known else None
        return None


def _check_hash(body: bytes, claims: Mapping[str, Any] | None, checks: list[Check]) -> None:
    if claims is None:
        checks.append(Check("Hash of the body", None, "Not checked, since the token can’t be trusted."))
    elif "sha256" not in claims:
        checks.append(
            Check("Hash of the body", False, "The token holds none, so it was not made for a webhook.")
        )
    elif claims["sha256"] != _digest(body):
        why = "The body is not the one that was signed. Check it byte for byte, line ends too."
        checks.append(Check("Hash of the body", False, why))
    else:
        checks.append(Check("Hash of the body", True, "The one in the token."))


def _check_body(body: bytes, checks: list[Check]) -> None:
    try:
        event = Parse(body.decode(), WebhookEvent(), ignore_unknown_fields=True)
    except (UnicodeDecodeError, ParseError):
        checks.append(Check("Body", False, "It is no WebhookEvent in JSON."))
        return
    if not event.id or not event.event:
        checks.append(Check("Body", False, "It names no event, or has no id."))
        return
    known = "" if event.event in EVENTS else " This dashboard doesn’t know the event yet."
    checks.append(Check("Body", True, f"{event.event[:60]}.{known}"))


def _digest(body: bytes) -> str:
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def from_proto(event: WebhookEvent) -> Event:
    """Turns the wire's message into what templates see."""
    info = event.egress_info if event.HasField("egress_info") else event.ingress_info
    return Event(
        id=event.id,
        name=event.event,
        room=event.room.name or info.room_name,
        identity=event.participant.identity,
        kind=_kind(event),
        subject=event.track.sid or event.egress_info.egress_id or event.ingress_info.ingress_id,
        created=_time(event.created_at),
        received=datetime.now(UTC),
        payload=json.dumps(json.loads(masked_json(event)), indent=2, ensure_ascii=False),
        dropped=event.num_dropped,
    )


def _time(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    # Which one depends on how far off it is.
    except (ValueError, OverflowError, OSError):
        return None


def _kind(event: WebhookEvent) -> str:
    if not event.HasField("participant"):
        return ""
    return enum_name(ParticipantInfo.Kind, event.participant.kind)
