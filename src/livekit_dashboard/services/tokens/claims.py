"""Claims of a token, read as livekit-server reads them: by Go's encoding/json, into the structs of protocol/auth.

- Names match in any case (`RoomJoin` is `roomJoin`), but `_` counts: `room_join` is unknown, and ignored.
- A value of the wrong type makes LiveKit refuse the whole token; null leaves a claim unset.
- Times are numbers, or numbers in quotes. Objects that are there twice are merged.
- `roomConfig` is protobuf JSON: both spellings of a name, unknown ones ignored.

Source: livekit/protocol auth/grants.go and accesstoken.go, golang-jwt v5; tests/contract holds it to the real server.
"""

import difflib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .json import Pairs, kind_of, plain, refused
from .room_config import WrongType, wrong_config

TEXT, FLAG, TIME, TEXTS, MAP, AUDIENCE, CONFIG = "text", "flag", "time", "texts", "map", "audience", "config"
Schema = Mapping[str, "str | Mapping[str, Any]"]

VIDEO: Schema = {
    **dict.fromkeys(
        (
            "roomCreate",
            "roomList",
            "roomRecord",
            "roomAdmin",
            "roomJoin",
            "canPublish",
            "canSubscribe",
            "canPublishData",
            "canUpdateOwnMetadata",
            "ingressAdmin",
            "hidden",
            "recorder",
            "agent",
            "canSubscribeMetrics",
            "canManageAgentSession",
        ),
        FLAG,
    ),
    "room": TEXT,
    "destinationRoom": TEXT,
    "canPublishSources": TEXTS,
}
# What the token says of itself; LiveKit reads these first, to find the API key.
REGISTERED: Schema = {
    "iss": TEXT,
    "sub": TEXT,
    "aud": AUDIENCE,
    "exp": TIME,
    "nbf": TIME,
    "iat": TIME,
    "jti": TEXT,
}
GRANTS: Schema = {
    "identity": TEXT,
    "name": TEXT,
    "kind": TEXT,
    "kindDetails": TEXTS,
    "video": VIDEO,
    "sip": {"admin": FLAG, "call": FLAG},
    "agent": {"admin": FLAG, "simulationAdmin": FLAG},
    "inference": {"perform": FLAG},
    "observability": {"write": FLAG},
    "roomConfig": CONFIG,
    "roomPreset": TEXT,
    "sha256": TEXT,
    "metadata": TEXT,
    "attributes": MAP,
}
# Names in use, and what LiveKit calls the same, where spelling alone can't tell.
MEANT = {
    "join": "roomJoin",
    "publish": "canPublish",
    "subscribe": "canSubscribe",
    "create": "roomCreate",
    "list": "roomList",
    "record": "roomRecord",
    "admin": "roomAdmin",
    "data": "canPublishData",
    "sources": "canPublishSources",
    "roomname": "room",
    "grants": "video",
    "grant": "video",
    "videogrant": "video",
    "videogrants": "video",
    "permissions": "video",
    "userid": "sub",
    "user": "sub",
    "participantidentity": "sub",
    "participantname": "name",
    "expires": "exp",
    "expiresat": "exp",
    "notbefore": "nbf",
    "issuer": "iss",
    "subject": "sub",
    "apikey": "iss",
}


@dataclass(frozen=True)
class Unknown:
    """A claim that LiveKit ignores. `meant` is the one it reads, as far as one is near."""

    claim: str
    meant: str = ""


@dataclass
class Claims:
    """What LiveKit makes of a token's claims. Unset ones are missing from the mappings."""

    values: dict[str, Any] = field(default_factory=dict)
    registered: list[WrongType] = field(
        default_factory=list
    )  # In what names the key, the identity and the times.
    grants: list[WrongType] = field(default_factory=list)  # In everything else.
    unknown: list[Unknown] = field(default_factory=list)

    @property
    def video(self) -> Mapping[str, Any] | None:
        """The video grants; None without any."""
        found: Mapping[str, Any] | None = self.values.get("video")
        return found

    @property
    def sip(self) -> Mapping[str, Any]:
        return self.values.get("sip") or {}

    @property
    def identity(self) -> str:
        """`sub`, or `jti` in its place; the claim `identity` is not looked at."""
        return self.values.get("sub") or self.values.get("jti") or ""


def read(claims: Pairs) -> Claims:
    """Reads a token's claims as LiveKit does."""
    result, schema = Claims(), {**REGISTERED, **GRANTS}
    for name, value in claims:
        known = _match(name, schema)
        if known is None:
            result.unknown.append(_unknown(name, "", schema))
        elif known in REGISTERED:
            result.registered += _set(result.values, known, value, REGISTERED[known], "", result)
        else:
            result.grants += _set(result.values, known, value, GRANTS[known], "", result)
    return result


def _match(name: str, schema: Schema) -> str | None:
    """Go folds case, and with it the two signs of Unicode that fold to an ASCII letter."""
    folded = name.replace("\u017f", "s").replace("\u212a", "k").lower()
    return next((known for known in schema if known == name), None) or next(
        (known for known in schema if known.lower() == folded), None
    )


def _set(
    values: dict[str, Any], name: str, value: Any, kind: Any, path: str, result: Claims
) -> Iterator[WrongType]:
    """Sets one claim, yields what is wrong with it, and notes the names inside it that LiveKit doesn't know."""
    claim = f"{path}{name}"
    if value is None:
        # Pointers and lists become nil, all else keeps what an earlier claim of the name has set.
        if not isinstance(kind, str) or kind in (TEXTS, MAP, CONFIG) or name.startswith("can"):
            values.pop(name, None)
    elif isinstance(kind, Mapping):
        yield from _set_all(values.setdefault(name, {}), claim, value, kind, result)
    elif wrong := list(CHECKS[kind](claim, value)):
        yield from wrong
    else:
        values[name] = KEEP.get(kind, lambda _, given: plain(given))(values.get(name), value)


def _set_all(
    values: dict[str, Any], claim: str, value: Any, schema: Schema, result: Claims
) -> Iterator[WrongType]:
    if not isinstance(value, Pairs):
        yield WrongType(claim, "an object", kind_of(value))
        return
    for name, part in value:
        known = _match(name, schema)
        if known is None:
            result.unknown.append(_unknown(name, f"{claim}.", schema))
        else:
            yield from _set(values, known, part, schema[known], f"{claim}.", result)


def _wrong_text(claim: str, value: Any) -> Iterator[WrongType]:
    if not isinstance(value, str):
        yield WrongType(claim, "text", kind_of(value))


def _wrong_flag(claim: str, value: Any) -> Iterator[WrongType]:
    if not isinstance(value, bool):
        quotes = ", without quotes" if isinstance(value, str) else ""
        yield WrongType(claim, f"true or false{quotes}", kind_of(value))


def _wrong_time(claim: str, value: Any) -> Iterator[WrongType]:
    if not _is_time(value):
        yield WrongType(claim, "a number of seconds since 1970", kind_of(value))


def _wrong_audience(claim: str, value: Any) -> Iterator[WrongType]:
    if not _is_audience(value):
        yield WrongType(claim, "text or a list of texts", kind_of(value))


def _wrong_texts(claim: str, value: Any) -> Iterator[WrongType]:
    if not isinstance(value, list) or isinstance(value, Pairs):
        yield WrongType(claim, "a list of texts", kind_of(value))
        return
    for part in value:
        if not isinstance(part, str | None):
            yield WrongType(claim, "a list of texts", f"a list with {kind_of(part)}")


def _wrong_map(claim: str, value: Any) -> Iterator[WrongType]:
    if not isinstance(value, Pairs):
        yield WrongType(claim, "an object of texts", kind_of(value))
        return
    for key, part in value:
        if not isinstance(part, str | None):
            yield WrongType(f"{claim}.{key}", "text", kind_of(part))


def _is_time(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        # Go's json.Number takes quotes around what JSON calls a number, and nothing else.
        try:
            value = json.loads(value, parse_constant=refused) if value and value == value.strip() else None
        except (ValueError, RecursionError):
            return False
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(float(value))
    except OverflowError:
        return False


def _is_audience(value: Any) -> bool:
    if isinstance(value, list) and not isinstance(value, Pairs):
        return all(isinstance(part, str) for part in value)
    return isinstance(value, str)


CHECKS: Mapping[str, Callable[[str, Any], Iterator[WrongType]]] = {
    TEXT: _wrong_text,
    FLAG: _wrong_flag,
    TIME: _wrong_time,
    AUDIENCE: _wrong_audience,
    TEXTS: _wrong_texts,
    MAP: _wrong_map,
    CONFIG: wrong_config,
}
# What a claim becomes, given what an earlier one of its name has set; without an entry, the value as it is.
KEEP: Mapping[str, Callable[[Any, Any], Any]] = {
    TIME: lambda _, value: float(value),
    TEXTS: lambda _, value: [part or "" for part in value],
    MAP: lambda before, value: {**(before or {}), **{key: part or "" for key, part in value}},
}


def _unknown(name: str, path: str, schema: Schema) -> Unknown:
    squeezed = "".join(char for char in name if char.isalnum()).lower()
    inside = path.rstrip(".") or ""
    for known in schema:
        if known.lower() == squeezed:
            return Unknown(path + name, path + known)
    if not inside:
        # Grants beside `video` instead of in it.
        for known in VIDEO:
            if known.lower() == squeezed:
                return Unknown(name, f"video.{known}")
    if (meant := MEANT.get(squeezed)) and (meant in schema or not inside):
        return Unknown(path + name, meant if meant in schema else f"video.{meant}")
    near = difflib.get_close_matches(squeezed, [known.lower() for known in schema], 1, 0.75)
    meant = next((known for known in schema if near and known.lower() == near[0]), "")
    return Unknown(path + name, path + meant if meant else "")
