"""Webhooks from LiveKit: received, checked, and the last ones kept in memory."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from google.protobuf.json_format import MessageToJson
from livekit import api
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.webhook import WebhookEvent

from livekit_dashboard.config import Settings
from livekit_dashboard.services import secret_text
from livekit_dashboard.services.participants.info import enum_name
from livekit_dashboard.services.stream_urls import without_keys

from .checks import EVENTS as EVENTS
from .checks import Check as Check
from .checks import check_body, check_hash, check_token, digest, parsed
from .losses import Losses
from .presence import Presence, Present

KEPT = 500
# Characters of payload that are kept together: one event may hold a megabyte of metadata.
KEPT_TEXT = 32 * 1024 * 1024


class WebhookRefusedError(Exception):
    """A request that LiveKit did not sign with our key. `str()` says which check failed; nothing of it is kept."""


@dataclass(frozen=True)
class Event:
    """One webhook. `created` is LiveKit's time in whole seconds, None if it sent no valid one; `received` is ours."""

    id: str
    name: str
    room: str
    identity: str
    kind: str  # Of the participant: "standard", "sip", "agent" …; empty if the event has no participant.
    subject: str  # Id of the track, egress or ingress.
    created: datetime | None
    received: datetime
    size: int  # Bytes of the body.
    masked: bool  # Whether the payload differs from the body, because something in it is masked.
    payload: str = field(repr=False)  # The body, character for character, but for what is masked.
    dropped: int  # Events that LiveKit dropped before this one.

    @property
    def indented(self) -> str:
        """The payload with one value a line; nothing but white space differs."""
        return secret_text.indented(self.payload)


class Feed:
    """The last webhooks of this process, newest first."""

    def __init__(self) -> None:
        self.since = datetime.now(UTC)
        self._events: OrderedDict[str, Event] = OrderedDict()
        self._text = 0
        self._presence = Presence()

    def add(self, event: Event) -> bool:
        """Keeps an event. False if it is kept already: LiveKit sends unanswered webhooks again, under the same id."""
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
        """The events of one room, or all, newest first."""
        return [event for event in reversed(self._events.values()) if room is None or event.room == room]

    def present(self) -> Sequence[Present]:
        """The participants in rooms according to all webhooks received, kept or not."""
        return self._presence.known()

    def get(self, event_id: str) -> Event | None:
        """The event with this id; None if it never came or newer ones pushed it out."""
        return self._events.get(event_id)


class Webhooks:
    """Receives, checks and signs webhooks with LIVEKIT_API_KEY and its secret."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.livekit_api_key
        self._secret = settings.livekit_api_secret.get_secret_value()
        self._losses = Losses()
        self.feed = Feed()

    def receive(self, body: bytes, authorization: str) -> Event:
        """The event in a request. Raises WebhookRefusedError, and logs what is lost."""
        checks, claims = check_token(authorization, self._key, self._secret)
        checks.append(check_hash(body, claims, explain=False))
        # Reading JSON can take seconds: that is done for LiveKit only, not for everyone who finds this address.
        if all(check.passed for check in checks):
            checks.append(check_body(body))
        failed = next((check for check in checks if check.passed is False), None)
        if failed is not None:
            self._losses.lost(
                f"refused: {failed.what}", f"Webhook refused with 401. {failed.what}: {failed.why}"
            )
            raise WebhookRefusedError(f"{failed.what}: {failed.why}")
        event = from_proto(parsed(body), body)
        if event.dropped:
            self._losses.lost(
                "dropped by LiveKit",
                f"LiveKit dropped {event.dropped} webhooks before {event.id}. Check that this dashboard answers it in time.",
                event.dropped,
            )
        else:
            self._losses.arrived()
        return event

    def check(self, body: bytes, authorization: str) -> Sequence[Check]:
        """Every check in the order in which LiveKit's SDKs make them, with explanations."""
        checks, claims = check_token(authorization, self._key, self._secret)
        return [*checks, check_hash(body, claims, explain=True), check_body(body)]

    def sign(self, body: bytes) -> str:
        """The Authorization header for a body as LiveKit makes it, valid for five minutes."""
        token = api.AccessToken(self._key, self._secret).with_ttl(timedelta(minutes=5))
        return token.with_sha256(digest(body)).to_jwt()


def from_proto(event: WebhookEvent, body: bytes | None = None) -> Event:
    """What templates see of an event. `body` is what it was read from; without one, the event's JSON stands for it."""
    if body is None:
        body = MessageToJson(event, indent=None).encode()
    text = body.decode()
    shown = secret_text.masked(text, without_keys)
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
        size=len(body),
        masked=shown != text,
        payload=shown,
        dropped=event.num_dropped,
    )


def _time(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    # Which of them depends on how far out of range it is.
    except (ValueError, OverflowError, OSError):
        return None


def _kind(event: WebhookEvent) -> str:
    if not event.HasField("participant"):
        return ""
    return enum_name(ParticipantInfo.Kind, event.participant.kind)
