"""The checks that tell a webhook of LiveKit's from any other request, each with its result as a sentence."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from google.protobuf.json_format import Parse, ParseError
from livekit.protocol.webhook import WebhookEvent

from .bodies import instead_of_event, instead_of_json, same_but

LEEWAY = 60  # Seconds that two clocks may differ.
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
HEADER, TOKEN, KEY, SIGNATURE, TIME, HASH, BODY = (
    "Authorization header",
    "Token",
    "API key",
    "Signature",
    "Time",
    "Hash of the body",
    "Body",
)
# Only the signature and the two times count, as for LiveKit's own receivers.
_SIGNATURE_ONLY: Any = {
    f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")
}
_TIMES: Any = {**_SIGNATURE_ONLY, "verify_exp": True, "verify_nbf": True, "require": ["exp"]}


@dataclass(frozen=True)
class Check:
    """One check and its result. `passed` is None if an earlier failure makes the check impossible."""

    what: str
    passed: bool | None
    why: str


def check_token(header: str, key: str, secret: str) -> tuple[list[Check], Mapping[str, Any] | None]:
    """The checks of an Authorization header, and the token's claims if its signature is right."""
    checks, token = _check_header(header)
    if not token:
        return checks, None
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.InvalidTokenError, RecursionError, UnicodeEncodeError):
        return [*checks, Check(TOKEN, False, _no_jwt(token))], None
    checks.append(_check_key(issuer, key))
    try:
        claims = jwt.decode(token, secret, algorithms=["HS256"], options=_SIGNATURE_ONLY)
    except jwt.InvalidAlgorithmError:
        why = "The token is not signed with HS256, as LiveKit signs."
        return [*checks, Check(SIGNATURE, False, why)], None
    except jwt.InvalidTokenError:
        why = "It was not made with LIVEKIT_API_SECRET. Check that webhook.api_key names a key with this secret."
        return [*checks, Check(SIGNATURE, False, why)], None
    checks += Check(SIGNATURE, True, "Made with LIVEKIT_API_SECRET."), _check_times(token, secret)
    return checks, claims


def _check_header(header: str) -> tuple[list[Check], str]:
    """The check of the header itself, and the token in it, if there is one."""
    text = re.sub(r"^authorization\s*:\s*", "", header.strip(), flags=re.IGNORECASE).strip("\"' ")
    if not text:
        return [Check(HEADER, False, "There is none. LiveKit sends a token in it.")], ""
    scheme, _, rest = text.partition(" ")
    if scheme.lower() == "bearer":
        why = "LiveKit sends the token alone, without “Bearer”. Pass the header to the receiver as it came."
        return [Check(HEADER, False, why)], "".join(rest.split())
    if scheme.lower() in {"basic", "digest", "negotiate"}:
        why = f"It holds a login ({scheme}), not a token. A proxy may have replaced the header."
        return [Check(HEADER, False, why)], ""
    return [Check(HEADER, True, "A token, without “Bearer”.")], "".join(text.split())


def _no_jwt(token: str) -> str:
    if token in {"undefined", "null", "None"}:
        return f"It is the word “{token}”: the header was not read. Header names are in lower case in many frameworks."
    return "It is not a JWT, which has three parts with dots between them."


def _check_key(issuer: object, key: str) -> Check:
    if issuer == key:
        return Check(KEY, True, "The token names LIVEKIT_API_KEY.")
    if not isinstance(issuer, str) or not issuer:
        return Check(KEY, False, "The token names none (iss).")
    named = issuer if len(issuer) <= 40 else f"{issuer[:40]}…"
    return Check(KEY, False, f"Another one: {named}. Set webhook.api_key in livekit.yaml to LIVEKIT_API_KEY.")


def _check_times(token: str, secret: str) -> Check:
    try:
        jwt.decode(token, secret, algorithms=["HS256"], leeway=LEEWAY, options=_TIMES)
    except jwt.ExpiredSignatureError:
        return Check(TIME, False, "The token has expired. LiveKit’s tokens are valid for 5 minutes.")
    except jwt.ImmatureSignatureError:
        return Check(TIME, False, "The token is not valid yet. Check the clocks of both hosts.")
    except jwt.MissingRequiredClaimError:
        return Check(
            TIME, False, "The token has no expiry (exp), so it would be valid forever. LiveKit sets one."
        )
    except jwt.InvalidTokenError:
        return Check(TIME, False, "The token’s exp or nbf is not a number of seconds.")
    return Check(TIME, True, "The token is valid now.")


def check_hash(body: bytes, claims: Mapping[str, Any] | None, *, explain: bool) -> Check:
    """Whether the body is the one that was signed; with `explain`, how it was changed if that can be found out."""
    if claims is None:
        return Check(HASH, None, "Not checked, because the token can’t be trusted.")
    signed = claims.get("sha256")
    if signed == digest(body):
        return Check(HASH, True, "The one in the token.")
    if not isinstance(signed, str) or not signed:
        return Check(HASH, False, "The token holds none (sha256), so it was not made for a webhook.")
    if not explain:
        return Check(HASH, False, "The body is not the one that was signed.")
    if _same_hash(signed, body):
        return Check(HASH, False, "The token holds it in another encoding. LiveKit writes SHA-256 in base64.")
    how = same_but(body, lambda candidate: digest(candidate) == signed)
    advice = "Pass the receiver the body as it came, byte for byte."
    return Check(HASH, False, f"The body is not the one that was signed. {how + ' ' if how else ''}{advice}")


def _same_hash(signed: str, body: bytes) -> bool:
    raw = hashlib.sha256(body).digest()
    plain = signed.rstrip("=").replace("-", "+").replace("_", "/")
    return signed.lower() == raw.hex() or plain == digest(body).rstrip("=")


def check_body(body: bytes) -> Check:
    """Whether the body is a WebhookEvent, and of which event."""
    try:
        event = parsed(body)
    except ValueError as error:
        return Check(BODY, False, str(error))
    if not event.id or not event.event:
        return Check(BODY, False, "It has no event or no id.")
    known = "" if event.event in EVENTS else " This dashboard doesn’t know this event yet."
    return Check(BODY, True, f"{event.event[:60]}.{known}")


def parsed(body: bytes) -> WebhookEvent:
    """The event in a body. Raises ValueError with a sentence for the operator, who may have pasted anything."""
    problem = "It is no WebhookEvent in JSON."
    try:
        value = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise ValueError(f"{problem} {instead_of_json(body)}".strip()) from None
    if why := instead_of_event(value):
        raise ValueError(f"{problem} {why}")
    try:
        event: WebhookEvent = Parse(body.decode(), WebhookEvent(), ignore_unknown_fields=True)
    except ParseError as error:
        path = ".".join(re.findall(r"Failed to parse (\w{1,60}) field", str(error)))
        raise ValueError(
            f"{problem} {f'The value of {path} is of the wrong type.' if path else ''}".strip()
        ) from None
    except (ValueError, RecursionError):
        raise ValueError(problem) from None
    return event


def digest(body: bytes) -> str:
    """SHA-256 in base64, as a token holds it."""
    return base64.b64encode(hashlib.sha256(body).digest()).decode()
