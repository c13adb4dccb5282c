"""Authenticates callers: by API key, by a JWT of the application, or in open mode without credentials."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jwt
from jwt.exceptions import InvalidSubjectError
from limits import RateLimitItem

from livekit_dashboard.token_server.errors import Refusal
from livekit_dashboard.token_server.limits.rate_limit import per_minute
from livekit_dashboard.token_server.models import NAME_BYTES
from livekit_dashboard.token_server.policy import Own, Policy, is_wild, matcher
from livekit_dashboard.token_server.settings import Settings, is_loopback
from livekit_dashboard.token_server.tokens import Grants

from .jwks import JWKSError, KeySet

CHALLENGE = ((b"www-authenticate", b'Bearer realm="livekit-token-server"'),)
LEEWAY = 30
"""Seconds by which the application's clock may differ."""
SECRET_ALGORITHMS: Sequence[str] = ("HS256", "HS384", "HS512")
FORWARDED = frozenset(
    {b"forwarded", b"via", b"x-real-ip", b"x-client-ip", b"true-client-ip", b"cf-connecting-ip"}
)
"""Headers that only proxies add, besides X-Forwarded-*."""
FIELDS: dict[Own, tuple[str, ...]] = {
    "name": ("participant_name",),
    "metadata": ("metadata", "participant_metadata"),
    "attributes": ("participant_attributes",),
}
"""Fields of a request by the part of a participant that they set."""
HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+))(?::[0-9]*)?")
MAX_PATTERNS = 100
"""Maximum number of room patterns in a JWT. They are compiled for each request; this many take milliseconds."""
ONLY_HERE = "This server has no keys, so it serves this machine only"
TO_OPEN = (
    "To serve such requests, add one of these lines to the .env of the token server:"
    " TOKEN_SERVER_KEYS=… (`livekit-dashboard token-server --new-key web` prints the line; callers then send the key),"
    " or TOKEN_SERVER_AUTH=none (everyone who reaches the proxy gets tokens)."
)
"""The lines that an operator needs who puts the server behind a proxy."""
Headers = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `name` is for logs and metrics, `counted_as` for rate limits.

    `may_not_set` are fields of a request. `shown_as` is the participant's name if the request has none.
    """

    name: str
    counted_as: str
    limit: RateLimitItem | None
    grants: Grants
    may_join: Callable[[str], object]
    may_send: Callable[[str], object]
    may_reserve: Callable[[str], object]
    may_not_set: tuple[str, ...] = ()
    identity: str | None = None
    shown_as: str | None = None
    may_also_join: Callable[[str], object] | None = None


class Authenticator:
    """Authenticates the callers that the settings allow."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = {
            key.digest: _caller(name, key, settings) for name, key in settings.token_server_keys.items()
        }
        # Without names, only the limit for addresses applies.
        self._anyone = replace(_caller("open", settings.token_server_policy, settings), limit=None)
        self._open = settings.is_open
        self._local_only = settings.local_only
        self._bearers = _Bearers(settings) if settings.uses_jwt else None

    def holder(self, headers: Headers) -> Caller | None:
        """The caller with an API key; None for all others."""
        given = _credential(headers) if self._keys else None
        # Looked up by its hash, so the time that it takes reveals nothing about the keys.
        return self._keys.get(hashlib.sha256(given).digest()) if given else None

    async def caller(self, headers: Headers) -> Caller:
        """A caller without a known API key.

        Raises Refusal: 401 for an unknown caller, 403 if only this machine is served and the request is from elsewhere.
        """
        if self._open:
            if self._local_only:
                _refuse_others(headers)
            return self._anyone
        given = _credential(headers)
        if given is None:
            raise _unauthenticated("Send an API key or a JWT: Authorization: Bearer …, or X-API-Key: …")
        if self._bearers is not None and given.count(b".") == 2:
            return await self._bearers.caller(given)
        raise _unauthenticated("This API key is unknown.")

    async def close(self) -> None:
        """Ends background work."""
        if self._bearers is not None:
            await self._bearers.close()


class _Bearers:
    """Authenticates bearers of a JWT of the application. Its subject is their identity."""

    def __init__(self, settings: Settings) -> None:
        secret, url = settings.token_server_jwt_secret, settings.token_server_jwt_jwks_url
        self._secret = secret.get_secret_value() if secret else ""
        self._key_set = KeySet(url) if url else None
        self._issuer = settings.token_server_jwt_issuer
        self._audience = settings.token_server_jwt_audience
        self._rooms_claim = settings.token_server_jwt_rooms_claim
        self._anyone = _caller("jwt", settings.token_server_policy, settings)

    async def caller(self, token: bytes) -> Caller:
        """The bearer. Raises Refusal if the JWT has another issuer or audience, or is not valid now."""
        try:
            claims = await self._claims(token.decode("ascii"))
        except UnicodeDecodeError:
            raise _unauthenticated("The bearer token is not a JWT.") from None
        except (jwt.PyJWTError, RecursionError, OverflowError) as error:
            raise _unauthenticated(self._why(error)) from None
        except JWKSError as error:
            raise Refusal("jwks_unavailable", str(error), headers=((b"retry-after", b"10"),)) from error
        subject = _name(claims, "sub")
        return replace(
            self._anyone,
            counted_as=f"sub:{subject}",
            identity=subject,
            shown_as=self._shown_as(claims),
            may_also_join=self._rooms(claims),
        )

    def _why(self, error: Exception) -> str:
        if isinstance(error, jwt.InvalidAudienceError) and not self._audience:
            return (
                "The bearer token has an audience (aud), but none is configured:"
                " the operator must set TOKEN_SERVER_JWT_AUDIENCE."
            )
        return _why(error)

    def _shown_as(self, claims: Mapping[str, Any]) -> str | None:
        """The user's name according to the issuer, if users may not choose their own."""
        known = "participant_name" in self._anyone.may_not_set and isinstance(claims.get("name"), str)
        return _name(claims, "name") if known and claims["name"] else None

    async def close(self) -> None:
        """Ends background work."""
        if self._key_set is not None:
            await self._key_set.close()

    async def _claims(self, token: str) -> dict[str, Any]:
        key: Any = self._secret
        algorithms = SECRET_ALGORITHMS
        if self._key_set is not None:
            published = await self._key_set.key(jwt.get_unverified_header(token).get("kid"))
            if published is None:
                raise jwt.InvalidKeyError
            key, algorithms = published.key, published.algorithms
        return jwt.decode(
            token,
            key,
            algorithms=algorithms,
            issuer=self._issuer,
            audience=self._audience or None,
            leeway=LEEWAY,
            options={"require": ["exp", "sub"]},
        )

    def _rooms(self, claims: Mapping[str, Any]) -> Callable[[str], object] | None:
        if self._rooms_claim is None:
            return None
        rooms = claims.get(self._rooms_claim, [])
        rooms = [rooms] if isinstance(rooms, str) else rooms
        if not isinstance(rooms, list) or not all(isinstance(room, str) for room in rooms):
            raise _unauthenticated(f"The bearer token's {self._rooms_claim} must be an array of rooms.")
        if sum(map(is_wild, rooms)) > MAX_PATTERNS:
            raise _unauthenticated(
                f"The bearer token's {self._rooms_claim} must have at most {MAX_PATTERNS} patterns. Plain names don't count."
            )
        return matcher(rooms)


def _caller(name: str, policy: Policy, settings: Settings) -> Caller:
    limit = policy.requests_per_minute
    return Caller(
        name,
        f"key:{name}",
        per_minute(settings.token_server_key_requests_per_minute if limit is None else limit),
        Grants.of(policy, settings.token_expiry_hours),
        matcher(policy.rooms),
        matcher(policy.agents),
        matcher(policy.reserved_attributes),
        tuple(field for own, fields in FIELDS.items() if own not in policy.may_set for field in fields),
    )


def _name(claims: Mapping[str, Any], claim: str) -> str:
    """A claim that names a participant. Raises Refusal if LiveKit would refuse it."""
    name: str = claims[claim]
    try:
        length = len(name.encode())
    except UnicodeEncodeError:
        # JSON can contain half of a surrogate pair, which no name can.
        length = 0
    if not 1 <= length <= NAME_BYTES:
        raise _unauthenticated(f"The bearer token's {claim} must have 1 to {NAME_BYTES} bytes.")
    return name


def _credential(headers: Headers) -> bytes | None:
    """The value of Authorization: Bearer, else of X-API-Key. Other schemes belong to a proxy in front."""
    scheme, _, value = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        return value.strip() or None
    return headers.get(b"x-api-key") or None


def _refuse_others(headers: Headers) -> None:
    """Raises Refusal for requests that a proxy forwarded or whose Host does not name this machine."""
    # No address in those headers is trusted, not even a loopback one: it may be what a client sent.
    if any(name in FORWARDED or name.startswith(b"x-forwarded-") for name in headers):
        raise Refusal(
            "open_to_this_machine_only", f"{ONLY_HERE}, and a proxy forwarded this request. {TO_OPEN}"
        )
    if not _names_this_machine(headers.get(b"host", b"").decode("latin-1")):
        raise Refusal(
            "open_to_this_machine_only",
            f"{ONLY_HERE}, and the Host of this request is not localhost or a loopback address. {TO_OPEN}",
        )


def _names_this_machine(host: str) -> bool:
    """Whether a Host header names the local machine, at any port."""
    found = HOST.fullmatch(host.lower())
    name = (found[1] or found[2]) if found else ""
    return is_loopback(name) or name.endswith(".localhost")


def _unauthenticated(sentence: str) -> Refusal:
    return Refusal("unauthenticated", sentence, headers=CHALLENGE)


def _why(error: Exception) -> str:
    match error:
        case jwt.ExpiredSignatureError():
            return "The bearer token has expired."
        case jwt.ImmatureSignatureError():
            return "The bearer token is not valid yet."
        case jwt.InvalidIssuerError():
            return "The bearer token has another issuer."
        case jwt.InvalidAudienceError():
            return "The bearer token is for another audience."
        case jwt.MissingRequiredClaimError():
            return f"The bearer token has no {error.claim}."
        case InvalidSubjectError():
            return "The bearer token's sub must be a string."
        case _:
            return "The bearer token is invalid: its signature or its form is wrong."
