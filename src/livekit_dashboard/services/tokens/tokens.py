"""Access tokens, signed on request with the configured API key. None is ever stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from google.protobuf.json_format import ParseDict
from livekit import api
from livekit.protocol.room import RoomConfiguration

from livekit_dashboard.config import Settings

from . import decoder as token_decoder
from .decoder import Decoded

Kind = api.AccessToken.ParticipantKind


@dataclass(frozen=True)
class TokenRequest:
    """What a token grants, and to whom. `grants` are the names of VideoGrants' boolean fields."""

    identity: str
    room: str
    ttl: int  # Seconds.
    name: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] | None = None
    grants: frozenset[str] = frozenset()
    sources: Sequence[str] = ()
    destination_room: str = ""
    sip_admin: bool = False
    sip_call: bool = False
    kind: Kind = "standard"
    room_preset: str = ""
    room_config: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Minted:
    """A signed token and what is in it."""

    jwt: str
    claims: dict[str, Any]
    expires: datetime


class Tokens:
    """Signs with the configured key. Makes no call."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.livekit_api_key
        self._secret = settings.livekit_api_secret.get_secret_value()

    def sign(self, grants: api.VideoGrants, *, ttl: int) -> str:
        """A short token for a call that the SDK has no method for. `ttl` in seconds."""
        return self._token(ttl).with_grants(grants).to_jwt()

    def mint(self, wanted: TokenRequest) -> Minted:
        """Signs a token. Raises ValueError with a sentence where LiveKit's SDK objects."""
        flags = {name: name in wanted.grants for name in GRANT_NAMES}
        # The three that default to true are set either way; the others only when granted.
        flags = {name: on for name, on in flags.items() if on or name in DEFAULT_YES}
        video = api.VideoGrants(
            room=wanted.room,
            destination_room=wanted.destination_room or None,
            can_publish_sources=list(wanted.sources) or None,
            **flags,
        )
        token = self._token(wanted.ttl).with_grants(video).with_identity(wanted.identity)
        token = token.with_name(wanted.name).with_metadata(wanted.metadata)
        if wanted.kind != "standard":
            token.with_kind(wanted.kind)
        if wanted.attributes:
            token.with_attributes(dict(wanted.attributes))
        if wanted.sip_admin or wanted.sip_call:
            token.with_sip_grants(api.SIPGrants(admin=wanted.sip_admin, call=wanted.sip_call))
        if wanted.room_preset:
            token.with_room_preset(wanted.room_preset)
        if wanted.room_config:
            token.with_room_config(ParseDict(dict(wanted.room_config), RoomConfiguration()))
        return minted(token.to_jwt())

    def decode(self, text: str) -> Decoded:
        """Takes apart the token in a text and says what LiveKit would answer. Raises NotATokenError."""
        return token_decoder.decode(text, self._key, self._secret)

    def _token(self, ttl: int) -> api.AccessToken:
        return api.AccessToken(self._key, self._secret).with_ttl(timedelta(seconds=ttl))


def minted(token: str) -> Minted:
    """A token of ours, with its claims read."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return Minted(token, claims, datetime.fromtimestamp(claims["exp"], UTC))


# VideoGrants' boolean fields, each with its label and hint, in the order of the form.
JOIN_GRANTS = (
    ("room_join", "Join the room", "Required to join."),
    ("can_publish", "Publish tracks", ""),
    ("can_subscribe", "Subscribe to tracks", ""),
    ("can_publish_data", "Send data", ""),
    ("can_update_own_metadata", "Edit own name, metadata and attributes", ""),
    ("hidden", "Hidden", "Other participants don’t see it."),
    ("can_subscribe_metrics", "Subscribe to metrics", ""),
)
ADMIN_GRANTS = (
    ("room_admin", "Moderate this room", "Mute, remove, and edit its participants."),
    ("room_create", "Create and close rooms", "Any room."),
    ("room_list", "List rooms", "All rooms."),
    ("room_record", "Record", "Egress in any room."),
    ("ingress_admin", "Manage ingress", "All ingresses."),
    ("agent", "Register as agent worker", ""),
    ("can_manage_agent_session", "Manage agent session", ""),
    ("recorder", "Recorder", "Deprecated by LiveKit."),
)
GRANT_NAMES = tuple(name for name, _, _ in (*JOIN_GRANTS, *ADMIN_GRANTS))
DEFAULT_YES = frozenset({"can_publish", "can_subscribe", "can_publish_data"})
