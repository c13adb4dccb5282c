"""Access tokens: made, and taken apart again. None is ever stored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from google.protobuf.json_format import ParseDict
from livekit import api
from livekit.protocol.room import RoomConfiguration

from ..config import Settings

Kind = api.AccessToken.ParticipantKind

LEEWAY = 60  # Seconds that LiveKit allows between two clocks.


@dataclass(frozen=True)
class TokenRequest:
    """What a token shall say. `grants` are the names of VideoGrants' yes-or-no fields."""

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


@dataclass(frozen=True)
class Decoded:
    """A token taken apart. `problem` is None when LiveKit, with this dashboard's key, would take it now."""

    claims: dict[str, Any]
    header: dict[str, Any]
    signed_by_us: bool
    problem: str | None
    issued: datetime | None
    not_before: datetime | None
    expires: datetime | None
    may: tuple[str, ...]


class Tokens:
    """Signs with the configured key. Talks to nobody."""

    def __init__(self, settings: Settings) -> None:
        self._key = settings.livekit_api_key
        self._secret = settings.livekit_api_secret.get_secret_value()

    def sign(self, grants: api.VideoGrants, *, ttl: int) -> str:
        """A short token for a call that the SDK has no method for. `ttl` in seconds."""
        return self._token(ttl).with_grants(grants).to_jwt()

    def mint(self, wanted: TokenRequest) -> Minted:
        """Signs a token. Raises ValueError with a sentence where LiveKit's SDK objects."""
        flags = {name: name in wanted.grants for name in GRANT_NAMES}
        # The three that default to yes must be said either way; the others only when given.
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
        signed = token.to_jwt()
        claims = jwt.decode(signed, options={"verify_signature": False})
        return Minted(signed, claims, datetime.fromtimestamp(claims["exp"], UTC))

    def decode(self, token: str) -> Decoded:
        """Takes any JWT apart and says what is wrong with it. Raises ValueError if it isn't one."""
        token = token.strip()
        try:
            header = jwt.get_unverified_header(token)
            claims = _readable(jwt.decode(token, options={"verify_signature": False}))
        except jwt.InvalidTokenError as error:
            raise ValueError("This is no token: it doesn’t have the three parts of a JWT.") from error
        except RecursionError:
            raise ValueError("This is no token: it is nested too deep.") from None
        try:
            jwt.PyJWS().decode(token, self._secret, algorithms=["HS256"])
            signed = True
        except jwt.InvalidTokenError:
            signed = False
        problem = self._problem(token, claims)
        if problem is None and "exp" not in claims:
            problem = "It has no expiry, which LiveKit’s newer servers refuse."
        return Decoded(
            claims,
            header,
            signed and claims.get("iss") == self._key,
            problem,
            _time(claims.get("iat")),
            _time(claims.get("nbf")),
            _time(claims.get("exp")),
            tuple(_may(claims)),
        )

    def _problem(self, token: str, claims: Mapping[str, Any]) -> str | None:
        try:
            # LiveKit does not look at the audience.
            options: Any = {"verify_aud": False}
            jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                leeway=LEEWAY,
                issuer=self._key,
                options=options,
            )
        except jwt.InvalidTokenError as error:
            return _problem(error, claims)
        except (OverflowError, TypeError):
            return "One of its times is no number that can be a time."
        return None

    def _token(self, ttl: int) -> api.AccessToken:
        return api.AccessToken(self._key, self._secret).with_ttl(timedelta(seconds=ttl))


# VideoGrants' yes-or-no fields, with words for them, in the order of the form.
JOIN_GRANTS = (
    ("room_join", "Join the room", "Everyone who joins needs it."),
    ("can_publish", "Publish tracks", ""),
    ("can_subscribe", "Subscribe to tracks", ""),
    ("can_publish_data", "Send data", ""),
    ("can_update_own_metadata", "Edit own name, metadata and attributes", ""),
    ("hidden", "Be hidden", "The others don’t see it."),
    ("can_subscribe_metrics", "Subscribe to metrics", ""),
)
ADMIN_GRANTS = (
    ("room_admin", "Moderate this room", "Mute, remove and edit everyone in it."),
    ("room_create", "Create and close rooms", "Any room."),
    ("room_list", "List rooms", "All of them."),
    ("room_record", "Record", "Egress of any room."),
    ("ingress_admin", "Manage ingress", "All of it."),
    ("agent", "Register as agent worker", ""),
    ("can_manage_agent_session", "Manage agent session", ""),
    ("recorder", "Count as recorder", "Deprecated by LiveKit."),
)
GRANT_NAMES = tuple(name for name, _, _ in (*JOIN_GRANTS, *ADMIN_GRANTS))
DEFAULT_YES = frozenset({"can_publish", "can_subscribe", "can_publish_data"})
WORDS = {name: words for name, words, _ in (*JOIN_GRANTS, *ADMIN_GRANTS)}


def _readable(claims: dict[str, Any]) -> dict[str, Any]:
    """The same in UTF-8: JSON can spell half of a surrogate pair. Raises RecursionError where no page could show it."""
    text = json.dumps(claims, ensure_ascii=False, indent=2)
    readable: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
    return readable


def _problem(error: jwt.InvalidTokenError, claims: Mapping[str, Any]) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "It has expired."
        case jwt.ImmatureSignatureError():
            return "It is not valid yet."
        case jwt.InvalidIssuerError() | jwt.MissingRequiredClaimError():
            issuer = claims.get("iss")
            return f"It names another API key: {issuer!s:.40}." if issuer else "It names no API key."
        case jwt.InvalidSignatureError():
            return "Its signature was not made with this dashboard’s secret."
        case jwt.InvalidAlgorithmError():
            return "It is not signed by HS256, the only way LiveKit knows."
        case _:
            return "LiveKit would not accept it: " + str(error).rstrip(".") + "."


def _time(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC) if isinstance(seconds, int | float) else None
    except (OverflowError, ValueError, OSError):
        return None


def _may(claims: Mapping[str, Any]) -> list[str]:
    """What the token allows, a phrase each."""
    video = claims.get("video")
    video = video if isinstance(video, Mapping) else {}
    given = {_snake(key): value for key, value in video.items()}
    phrases = []
    for name, words in WORDS.items():
        # Absent, these three mean yes, but only to someone who may join.
        on = given.get(name, name in DEFAULT_YES and bool(given.get("room_join")))
        if on is True:
            phrases.append(words)
    if sources := given.get("can_publish_sources"):
        phrases.append(
            f"Publish only: {', '.join(map(str, sources)) if isinstance(sources, list) else sources}"
        )
    sip = claims.get("sip")
    if isinstance(sip, Mapping):
        phrases += [
            words for key, words in (("admin", "Manage SIP"), ("call", "Place calls")) if sip.get(key)
        ]
    return phrases


def _snake(key: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in key)
