"""The token server's settings; `environment` says where they are read from."""

import ipaddress
import json
import re
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from ..environment import (
    CommaList,
    ConfigError,
    EnvironmentSettings,
    LiveKitURL,
    Networks,
    listed,
    with_scheme,
)
from .models import ROOM_BYTES, check_pattern
from .policy import Key, Policy

__all__ = ["ConfigError", "Settings"]

MIN_SECRET_LENGTH = 32
OPEN = "none"
DEFAULT_PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?")
ORIGINS = (
    "must be origins such as https://app.example.com, comma-separated, or * or none;"
    " a host beyond ASCII may have to be written as xn--…"
)
STORAGE_SCHEMES = ("memory", "redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster")
LOGINS = ("token_server_keys", "token_server_jwt_secret", "token_server_jwt_jwks_url")
"""Settings that close the server to those who have nothing to show."""
NO_KEYS = (
    "TOKEN_SERVER_HOST: without keys, only programs on this machine may be let in, and {host} is open to others."
    " Set TOKEN_SERVER_KEYS or TOKEN_SERVER_JWT_…, or say TOKEN_SERVER_AUTH=none to give tokens to everyone"
)


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"must be JSON, and is not: see line {error.lineno}, column {error.colno}") from None


def _origin(text: str) -> str:
    """The origin as browsers write it. Raises ValueError for what no browser would send."""
    if text in {"*", "none"}:
        return text
    try:
        parts = urlsplit(text)
        port = parts.port
        host = _host(parts.hostname or "")
    except ValueError:
        raise ValueError(ORIGINS) from None
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme not in DEFAULT_PORTS or not bare:
        raise ValueError(ORIGINS)
    return f"{parts.scheme}://{host}" + (
        f":{port}" if port not in {None, DEFAULT_PORTS[parts.scheme]} else ""
    )


def _host(name: str) -> str:
    """A host as browsers write it. Raises ValueError if it is none, or one that they would write in another way."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    if name.rpartition(".")[2].isdigit():
        return str(ipaddress.IPv4Address(name))
    encoded = name.encode("idna").decode("ascii").lower()
    # The codec knows an older rule than browsers have: ß and its like it would spell as something else.
    if not HOST.fullmatch(encoded) or (not name.isascii() and encoded.encode("ascii").decode("idna") != name):
        raise ValueError
    return encoded


def _storage(uri: SecretStr) -> SecretStr:
    if not _names_storage(uri.get_secret_value()):
        raise ValueError("must be memory:// or host and port as in redis://redis.example.com:6379/0")
    return uri


def _names_storage(uri: str) -> bool:
    """Whether `limits` can use it: host and port of every Redis are there, or the path of a socket."""
    try:
        parts = urlsplit(uri)
        places = [
            urlsplit(f"//{place.strip()}") for place in parts.netloc.rpartition("@")[2].split(",") if place
        ]
        return parts.scheme in STORAGE_SCHEMES and all(place.hostname and place.port for place in places)
    except ValueError:
        return False


def _jwks_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as https://auth.example.com/.well-known/jwks.json")
    return url


JSONText = (NoDecode, BeforeValidator(_from_json))
PerMinute = Annotated[int, Field(ge=0)]


class Settings(EnvironmentSettings):
    """Every setting, with what it means; docs/token-server.md lists the same."""

    SECRETS: ClassVar[tuple[str, ...]] = (
        "livekit_api_key",
        "livekit_api_secret",
        "token_server_keys",
        "token_server_jwt_secret",
        "token_server_metrics_token",
        "token_server_rate_limit_storage",
    )

    livekit_api_key: str = Field(min_length=1, description="One of the keys in the server's livekit.yaml.")
    livekit_api_secret: SecretStr = Field(min_length=1, description="The secret of that key.")
    livekit_url: LiveKitURL = Field(description="Where clients reach LiveKit; part of every answer.")
    livekit_public_url: LiveKitURL | None = Field(
        default=None, description="Goes into answers instead of LIVEKIT_URL, as in the dashboard's settings."
    )
    token_server_host: str = Field(default="127.0.0.1", description="Address to listen on.")
    token_server_port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    cors_origins: Annotated[CommaList, AfterValidator(lambda given: tuple(map(_origin, given)))] = Field(
        default=("http://localhost:3000",),
        description="Origins whose pages may ask, comma-separated; `*` for all, `none` for no browser at all.",
    )
    token_expiry_hours: float = Field(
        default=24.0, gt=0, le=8784, description="How long tokens are valid. Fractions are fine: 0.25."
    )
    token_server_auth: Literal["auto", "none"] = Field(
        default="auto",
        description="`none` gives tokens to everyone who asks. Else keys or JWTs are needed, except on loopback"
        " when none are configured.",
    )
    token_server_keys: Annotated[dict[str, Key], *JSONText] = Field(
        default={}, description="API keys by name, each with its policy, as JSON.", repr=False
    )
    token_server_policy: Annotated[Policy, *JSONText] = Field(
        default=Policy(), description="Policy of callers without an API key (JWTs, open mode), as JSON."
    )
    token_server_jwt_secret: SecretStr | None = Field(
        default=None,
        min_length=MIN_SECRET_LENGTH,
        description="Lets in bearers of a JWT signed with this (HS256, HS384 or HS512).",
    )
    token_server_jwt_jwks_url: Annotated[str, AfterValidator(_jwks_url)] | None = Field(
        default=None,
        description="Lets in bearers of a JWT signed by a key published there (RS, PS, ES or EdDSA).",
    )
    token_server_jwt_issuer: str | None = Field(default=None, description="Required `iss` of those JWTs.")
    token_server_jwt_audience: CommaList = Field(
        default=(),
        description="`aud` of those JWTs: one of these, comma-separated. Without it, a JWT with an `aud` is refused.",
    )
    token_server_jwt_rooms_claim: str | None = Field(
        default=None, description="Claim with the rooms (names or patterns) that the bearer may join."
    )
    token_server_room_pattern: Annotated[str, AfterValidator(check_pattern)] = Field(
        default="[A-Za-z0-9_.:@-]+", description="Regular expression that a whole room name must match."
    )
    token_server_room_max_length: int = Field(
        default=128, ge=1, le=ROOM_BYTES, description="Longest room name, in characters."
    )
    token_server_generate_names: bool = Field(
        default=False,
        description="Makes up the room or identity that a request leaves out, instead of refusing it.",
    )
    token_server_max_body_bytes: int = Field(
        default=1_048_576, ge=256, description="Largest request body, in bytes."
    )
    token_server_address_requests_per_minute: PerMinute = Field(
        default=300,
        description="Requests without a valid API key from one address (IPv6: one /64 network); 0 for no limit.",
    )
    token_server_key_requests_per_minute: PerMinute = Field(
        default=1200, description="Requests with one API key, or of one JWT subject; 0 for no limit."
    )
    token_server_rate_limit_storage: Annotated[SecretStr, AfterValidator(_storage)] = Field(
        default=SecretStr("memory://"),
        description="Where requests are counted: in this process, or `redis://…` for several replicas.",
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Addresses or networks whose X-Forwarded-* headers are believed, comma-separated.",
    )
    token_server_log_format: Literal["text", "json"] = Field(
        default="text", description="`json`: one object a line, with more in it."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged."
    )
    token_server_metrics: bool = Field(default=False, description="Serves Prometheus metrics at /metrics.")
    token_server_metrics_token: SecretStr | None = Field(
        default=None, min_length=16, description="Bearer token that /metrics then requires."
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """As documented there. What guards the server must not be switched off by a variable that came out empty."""
        found = super().load(**overrides)
        guards = LOGINS if found.local_only else ()
        if found.token_server_metrics and found.token_server_metrics_token is None:
            guards = (*guards, "token_server_metrics_token")
        if empty := cls.blank(guards):
            names = listed([name.upper() for name in empty])
            raise ConfigError(
                f"{names}: set, but empty, so that it guards nothing. Drop it if that is meant."
            )
        return found

    @classmethod
    def explain_missing(cls, names: list[str]) -> str:
        """The documented sentence for the key and the secret, and another one for the address."""
        pair = [name for name in names if name != "LIVEKIT_URL"]
        which = f": {pair[0]} is missing" if len(pair) == 1 else ""
        sentences = [f"LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be set{which}."] if pair else []
        if "LIVEKIT_URL" in names:
            sentences.append("LIVEKIT_URL must be set.")
        return "\n".join(sentences)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.token_server_auth == OPEN and (self.token_server_keys or self.uses_jwt):
            raise ValueError(
                "TOKEN_SERVER_AUTH is none, but keys or JWTs are configured: drop one or the other"
            )
        if self.token_server_auth != OPEN and self.is_open and not is_loopback(self.token_server_host):
            raise ValueError(NO_KEYS.format(host=self.token_server_host or "the address in use"))
        if self.token_server_jwt_secret and self.token_server_jwt_jwks_url:
            raise ValueError(
                "TOKEN_SERVER_JWT_SECRET and TOKEN_SERVER_JWT_JWKS_URL: only one of them can be set"
            )
        if self.token_server_jwt_secret == self.livekit_api_secret:
            raise ValueError(
                "TOKEN_SERVER_JWT_SECRET must not be LIVEKIT_API_SECRET: whoever signs for one would sign for both"
            )
        if "token_server_keys" in self.model_fields_set and self.local_only:
            raise ValueError(
                "TOKEN_SERVER_KEYS: holds no key; without it, all programs on this machine get tokens"
            )
        if len({key.digest for key in self.token_server_keys.values()}) < len(self.token_server_keys):
            raise ValueError("TOKEN_SERVER_KEYS: two names have the same key")
        return self

    @property
    def uses_jwt(self) -> bool:
        """Whether callers may come with a JWT of the application's."""
        return bool(self.token_server_jwt_secret or self.token_server_jwt_jwks_url)

    @property
    def is_open(self) -> bool:
        """Whether callers need nothing at all."""
        return not self.token_server_keys and not self.uses_jwt

    @property
    def local_only(self) -> bool:
        """Open because only this machine can reach it; what a proxy passes on is then refused."""
        return self.is_open and self.token_server_auth != OPEN

    @property
    def public_url(self) -> str:
        """The address that clients join at: ws or wss."""
        return with_scheme(self.livekit_public_url or self.livekit_url, "ws")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens at `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
