"""What livekit-server would answer to a token, and why.

The checks run in the server's order: is it a JWT, does it know the key, can it read the claims, is the signature right,
is it time; then, at the door it is for, whether it may join, or make the calls that it has grants for.
"""

import hmac
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from livekit_dashboard.services.participants.info import MAX_IDENTITY
from livekit_dashboard.services.rooms.rooms import MAX_NAME

from . import text as token_text
from .claims import Claims, read
from .json import base64url, parsed, plain
from .notes import API_GRANTS, LEEWAY, MILLISECONDS, may, notes, sentence

EPOCH = 62_135_596_800  # Seconds from Go's year 1 to 1970.
ALGORITHMS = frozenset(
    {
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "ES256",
        "ES384",
        "ES512",
    }
    | {"EdDSA", "none"}
)


@dataclass(frozen=True)
class Verdict:
    """What LiveKit would answer. `answer` is status and words, as at `/rtc/validate` or over Twirp."""

    accepted: bool
    answer: str
    why: str = ""  # A sentence; empty when nothing is wrong.
    fix: str = ""  # What to change.


@dataclass(frozen=True)
class Decoded:
    """A token taken apart."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]
    signed_by_us: bool
    verdict: Verdict
    notes: Sequence[str]  # What LiveKit accepts, though it may not be what was meant.
    issuer: str
    identity: str
    room: str
    issued: datetime | None
    not_before: datetime | None
    expires: datetime | None
    may: Sequence[str]
    others: int  # More tokens in the text.


class NotATokenError(ValueError):
    """The text holds nothing that can be taken apart. `str()` is a sentence."""


def decode(text: str, key: str, secret: str) -> Decoded:
    """Takes apart the first token in a text. Raises NotATokenError with a sentence if there is none."""
    tokens = token_text.found(text)
    token = tokens[0]
    header, payload, signature = _parts(token)
    try:
        pairs = parsed(payload.decode("utf-8", "replace"))
        shown, shown_header = plain(pairs), plain(header)
        json.dumps(shown, indent=2)  # As the page does: it can fail on what is nested deep.
    except RecursionError:
        raise NotATokenError("This is not a token: its JSON is nested too deep.") from None
    except ValueError as error:
        raise NotATokenError("This is not a token: its claims are not a JSON object.") from error
    claims = read(pairs)
    signed = _signed(token, signature, secret)
    issuer = claims.values.get("iss", "")
    algorithm = next((value for name, value in reversed(header) if name == "alg"), None)
    verdict = _verdict(claims, algorithm, signed, issuer == key)
    video = claims.video or {}
    return Decoded(
        token=token,
        header=shown_header,
        claims=shown,
        signed_by_us=signed and issuer == key and algorithm == "HS256",
        verdict=verdict,
        notes=tuple(notes(claims)),
        issuer=issuer,
        identity=claims.identity,
        room=video.get("room", ""),
        issued=_moment(claims.values.get("iat")),
        not_before=_moment(claims.values.get("nbf")),
        expires=_moment(claims.values.get("exp")),
        may=tuple(may(claims)),
        others=len(tokens) - 1,
    )


def _parts(token: str) -> tuple[Any, bytes, bytes]:
    parts = token.split(".")
    if len(parts) != 3:
        dots = "it has no dots" if len(parts) == 1 else f"it has {len(parts)} parts"
        raise NotATokenError(
            f"This is not a token: a JWT has three parts with dots between them, and {dots}."
        )
    decoded = []
    for word, part in zip(("header", "claims", "signature"), parts, strict=True):
        try:
            decoded.append(base64url(part))
        except ValueError:
            raise NotATokenError(f"This is not a token: its {word} part is not base64url.") from None
    try:
        header = parsed(decoded[0].decode("utf-8", "replace"))
    except RecursionError:
        raise NotATokenError("This is not a token: its JSON is nested too deep.") from None
    except ValueError:
        raise NotATokenError("This is not a token: its header is not a JSON object.") from None
    return header, decoded[1], decoded[2]


def _signed(token: str, signature: bytes, secret: str) -> bool:
    signed = token.rpartition(".")[0].encode()
    return hmac.compare_digest(hmac.digest(secret.encode(), signed, "sha256"), signature)


def _verdict(claims: Claims, algorithm: object, signed: bool, known: bool) -> Verdict:
    for refusal in _refusals(claims, algorithm, signed, known):
        return refusal
    video = claims.video
    if video and video.get("roomJoin"):
        return _at_the_join(claims, video)
    return _at_the_api(claims)


def _refusals(claims: Claims, algorithm: object, signed: bool, known: bool) -> Iterator[Verdict]:
    """What is wrong with the token itself, in the order in which the server looks."""
    if claims.registered:
        wrong = claims.registered[0]
        yield Verdict(
            False, "401 invalid authorization token", f"LiveKit can’t read it: {wrong}", _fix(wrong.claim)
        )
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        yield Verdict(
            False,
            "401 invalid authorization token",
            "Its header names no way of signing that exists.",
            "Sign it with HS256.",
        )
    issuer = claims.values.get("iss", "")
    if not known:
        why = (
            f"It names another API key: {issuer:.40}." if issuer else "It names no API key: `iss` is missing."
        )
        yield Verdict(
            False, f"401 invalid API key: {issuer:.40}", why, "Set `iss` to the API key that signs the token."
        )
    if claims.grants:
        wrong = claims.grants[0]
        yield Verdict(
            False,
            "401 invalid token: token is malformed",
            f"LiveKit can’t read it: {wrong}",
            _fix(wrong.claim),
        )
    if algorithm != "HS256":
        yield Verdict(
            False,
            f"401 invalid token: signing method {algorithm} is invalid",
            "It is not signed with HS256, the only method LiveKit accepts.",
            "Sign it with HS256 and the API secret.",
        )
    if not signed:
        yield Verdict(
            False,
            "401 invalid token: signature is invalid",
            "Its signature was not made with this dashboard’s secret, or the token was changed or cut off.",
            "Sign it with the secret that belongs to the API key, and copy all of it.",
        )
    yield from _bad_times(claims)


def _bad_times(claims: Claims) -> Iterator[Verdict]:
    expires, starts, now = claims.values.get("exp"), claims.values.get("nbf"), time.time()
    if expires is not None and now >= _go_seconds(expires) + LEEWAY:
        why = "It has expired."
        if expires == 0:
            why = "It has expired: `exp` is 0, which is 1970."
        elif 0 < expires < 366 * 86400:
            why = "It has expired: `exp` looks like a number of seconds from now, and is read as one since 1970."
        yield Verdict(False, "401 invalid token: token is expired", why, "Make a new one.")
    if starts is not None and now < _go_seconds(starts) - LEEWAY:
        milliseconds = starts >= MILLISECONDS
        why = "It is not valid yet." + (
            " `nbf` is in milliseconds; LiveKit reads seconds." if milliseconds else ""
        )
        fix = (
            "Give `nbf` in seconds."
            if milliseconds
            else "Set the signer’s clock by NTP: LiveKit allows a minute."
        )
        yield Verdict(False, "401 invalid token: token is not valid yet", why, fix)


def _go_seconds(value: float) -> float:
    """A time as Go keeps it: whole seconds, in 64 bits that wrap around."""
    whole = math.floor(value)
    if not -(2**63) <= whole < 2**63:
        whole = -(2**63)
    return float((whole + EPOCH + 2**63) % 2**64 - 2**63 - EPOCH)


def _at_the_join(claims: Claims, video: Mapping[str, Any]) -> Verdict:
    identity, room = claims.identity, video.get("room", "")
    if not identity:
        return Verdict(
            False,
            "400 identity cannot be empty",
            "It has no identity.",
            "Set `sub` to the participant’s identity.",
        )
    if len(identity.encode("utf-8", "replace")) > MAX_IDENTITY:
        return Verdict(
            False,
            f"400 participant identity length exceeds limits: max length {MAX_IDENTITY}",
            f"Its identity is longer than {MAX_IDENTITY} bytes.",
            "Give a shorter `sub`.",
        )
    if not room:
        return Verdict(False, "400 no room name", "It names no room to join.", "Set `room` in `video`.")
    if len(room.encode("utf-8", "replace")) > MAX_NAME:
        return Verdict(
            False,
            f"400 room name length exceeds limits: max length {MAX_NAME}",
            f"Its room name is longer than {MAX_NAME} bytes.",
            "Give a shorter `room`.",
        )
    return Verdict(True, "200 success")


def _at_the_api(claims: Claims) -> Verdict:
    video = claims.video or {}
    sip = claims.sip
    if any(video.get(grant) for grant in API_GRANTS) or sip.get("admin") or sip.get("call"):
        return Verdict(True, "200 for the calls it has grants for; it can’t join a room")
    meant = next((unknown for unknown in claims.unknown if unknown.meant.startswith("video")), None)
    if claims.values.get("sha256"):
        why = "It signs a webhook, and opens nothing: it has `sha256` and no grant."
        return Verdict(False, "401 permissions denied", why, "Check a webhook’s signature under Webhooks.")
    if meant is not None:
        return Verdict(
            False,
            "401 permissions denied",
            f"It has no grant that LiveKit knows. {sentence(meant)}",
            f"Write `{meant.meant}`.",
        )
    if claims.video is None:
        return Verdict(
            False,
            "401 permissions denied",
            "It has no `video` object, where grants belong.",
            "Put the grants into `video`, such as `roomJoin`.",
        )
    return Verdict(
        False,
        "401 permissions denied",
        "None of its grants opens anything: `roomJoin` is missing.",
        "Add `roomJoin: true` to join a room.",
    )


def _fix(claim: str) -> str:
    name = claim.rpartition(".")[2]
    if name in ("metadata",):
        return f"Put it into quotes: `{name}` is text, which may hold JSON."
    if claim.startswith("attributes."):
        return "Put the value into quotes: attributes are texts."
    return "Correct the type: one wrong claim makes LiveKit refuse the whole token."


def _moment(seconds: float | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
    except (OverflowError, ValueError, OSError):
        return None
