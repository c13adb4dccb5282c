"""The settings of the token server, read from the environment and `.env`."""

import ipaddress
import json
import re
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from livekit_dashboard.environment import (
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
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
HEADERS = "must be names of request headers such as X-Tenant, comma-separated, or *"
STORAGE_SCHEMES = ("memory", "redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster")
LOGINS = ("token_server_keys", "token_server_jwt_secret", "token_server_jwt_jwks_url")
"""Settings that require callers to authenticate."""
NO_KEYS = (
    "TOKEN_SERVER_HOST: without keys, only programs on this machine may get tokens, and {host} is open to others."
    " Set TOKEN_SERVER_KEYS or TOKEN_SERVER_JWT_…, or set TOKEN_SERVER_AUTH=none to give tokens to everyone"
)


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"must be JSON, and is not: see line {error.lineno}, column {error.colno}") from None


def _origin(text: str) -> str:
    """The origin as browsers write it. Raises ValueError for one that no browser sends."""
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


def _header(name: str) -> str:
    """The name of a header in lower case, or `*`. Raises ValueError for anything else."""
    if not HEADER_NAME.fullmatch(name):
        raise ValueError(HEADERS)
    return name.lower()


def _host(name: str) -> str:
    """A host as browsers write it. Raises ValueError if it is invalid, or browsers would write it in another way."""
    if ":" in name:
        return f"[{ipaddress.IPv6Address(name)}]"
    if name.rpartition(".")[2].isdigit():
        return str(ipaddress.IPv4Address(name))
    encoded = name.encode("idna").decode("ascii").lower()
    # The codec follows an older standard than browsers and would encode ß and the like differently.
    if not HOST.fullmatch(encoded) or (not name.isascii() and encoded.encode("ascii").decode("idna") != name):
        raise ValueError
    return encoded


def _storage(uri: SecretStr) -> SecretStr:
    if not _names_storage(uri.get_secret_value()):
        raise ValueError("must be memory:// or host and port as in redis://redis.example.com:6379/0")
    return uri


def _names_storage(uri: str) -> bool:
    """Whether `limits` can use the address: it has a known scheme, and host and port of every Redis."""
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
    """Every setting with its description, in the order of docs/token-server.md."""

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
    livekit_url: LiveKitURL = Field(
        description="Address at which clients reach LiveKit; part of every response."
    )
    livekit_public_url: LiveKitURL | None = Field(
        default=None, description="Replaces LIVEKIT_URL in responses, as in the dashboard's settings."
    )
    token_server_host: str = Field(default="127.0.0.1", description="Address to listen on.")
    token_server_port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    cors_origins: Annotated[CommaList, AfterValidator(lambda given: tuple(map(_origin, given)))] = Field(
        default=("http://localhost:3000",),
        description="Origins of web pages that may request tokens, comma-separated; `*`: all, `none`: no browser.",
    )
    cors_headers: Annotated[CommaList, AfterValidator(lambda given: tuple(map(_header, given)))] = Field(
        default=(),
        description="Request headers that pages may send besides Authorization, Content-Type and X-API-Key,"
        " comma-separated; `*`: any.",
    )
    token_expiry_hours: float = Field(
        default=24.0,
        gt=0,
        le=8784,
        description="Validity of tokens in hours; fractions such as 0.25 are allowed.",
    )
    token_server_auth: Literal["auto", "none"] = Field(
        default="auto",
        description="`none` gives tokens to everyone. `auto` requires a key or JWT, except on loopback when none is"
        " configured.",
    )
    token_server_keys: Annotated[dict[str, Key], *JSONText] = Field(
        default={}, description="API keys by name, each with its policy, as JSON.", repr=False
    )
    token_server_policy: Annotated[Policy, *JSONText] = Field(
        default=Policy(),
        description="Policy of callers without an API key (JWTs and TOKEN_SERVER_AUTH=none), as JSON.",
    )
    token_server_jwt_secret: SecretStr | None = Field(
        default=None,
        min_length=MIN_SECRET_LENGTH,
        description="Secret of the application's JWTs (HS256, HS384 or HS512). Their bearers get tokens.",
    )
    token_server_jwt_jwks_url: Annotated[str, AfterValidator(_jwks_url)] | None = Field(
        default=None,
        description="Address of the keys of the application's JWTs (RS, PS, ES or EdDSA). Their bearers get tokens.",
    )
    token_server_jwt_issuer: str | None = Field(default=None, description="Required `iss` of those JWTs.")
    token_server_jwt_audience: CommaList = Field(
        default=(),
        description="Accepted `aud` of those JWTs, comma-separated. Without it, a JWT with an `aud` is refused.",
    )
    token_server_jwt_rooms_claim: str | None = Field(
        default=None,
        description="Claim of those JWTs with the rooms (names or patterns) that the bearer may join.",
    )
    token_server_room_pattern: Annotated[str, AfterValidator(check_pattern)] = Field(
        default="[A-Za-z0-9_.:@-]+", description="Regular expression that room names must match as a whole."
    )
    token_server_room_max_length: int = Field(
        default=128, ge=1, le=ROOM_BYTES, description="Maximum length of room names in characters."
    )
    token_server_generate_names: bool = Field(
        default=False,
        description="Generates the room or identity if a request has none, instead of refusing it.",
    )
    token_server_max_body_bytes: int = Field(
        default=1_048_576, ge=256, description="Maximum size of a request body in bytes."
    )
    token_server_address_requests_per_minute: PerMinute = Field(
        default=300,
        description="Requests without a valid API key from one address (IPv6: one /64 network); 0: no limit.",
    )
    token_server_key_requests_per_minute: PerMinute = Field(
        default=1200, description="Requests with one API key or of one JWT subject; 0: no limit."
    )
    token_server_rate_limit_storage: Annotated[SecretStr, AfterValidator(_storage)] = Field(
        default=SecretStr("memory://"),
        description="Where requests are counted: `memory://` in this process, `redis://…` for several replicas.",
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Addresses or networks of proxies whose X-Forwarded-* headers are trusted, comma-separated.",
    )
    token_server_log_format: Literal["text", "json"] = Field(
        default="text", description="`text`, or `json` for one object per line with more fields."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Minimum level of log lines: `debug`, `info`, `warning` or `error`."
    )
    token_server_metrics: bool = Field(default=False, description="Serves Prometheus metrics at /metrics.")
    token_server_metrics_token: SecretStr | None = Field(
        default=None, min_length=16, description="Bearer token that /metrics requires."
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """The settings. Raises ConfigError, also if an empty variable would switch off authentication."""
        found = super().load(**overrides)
        guards = LOGINS if found.local_only else ()
        if found.token_server_metrics and found.token_server_metrics_token is None:
            guards = (*guards, "token_server_metrics_token")
        if empty := cls.blank(guards):
            names = listed([name.upper() for name in empty])
            raise ConfigError(
                f"{names}: set, but empty, so it would protect nothing. Remove it if that is intended."
            )
        return found

    @classmethod
    def explain_missing(cls, names: list[str]) -> str:
        """The documented sentence for a missing key or secret, and one for a missing address."""
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
                "TOKEN_SERVER_AUTH is none, but keys or JWTs are configured: remove one of the two"
            )
        if self.token_server_auth != OPEN and self.is_open and not is_loopback(self.token_server_host):
            raise ValueError(NO_KEYS.format(host=self.token_server_host or "the address in use"))
        if self.token_server_jwt_secret and self.token_server_jwt_jwks_url:
            raise ValueError("TOKEN_SERVER_JWT_SECRET and TOKEN_SERVER_JWT_JWKS_URL: set only one of them")
        if self.token_server_jwt_secret == self.livekit_api_secret:
            raise ValueError(
                "TOKEN_SERVER_JWT_SECRET must differ from LIVEKIT_API_SECRET: JWTs of one would be valid for the other"
            )
        if "token_server_keys" in self.model_fields_set and self.local_only:
            raise ValueError(
                "TOKEN_SERVER_KEYS: contains no key. Remove it to give tokens to all programs on this machine"
            )
        if len({key.digest for key in self.token_server_keys.values()}) < len(self.token_server_keys):
            raise ValueError("TOKEN_SERVER_KEYS: two names have the same key")
        return self

    @property
    def uses_jwt(self) -> bool:
        """Whether callers may authenticate with a JWT of the application."""
        return bool(self.token_server_jwt_secret or self.token_server_jwt_jwks_url)

    @property
    def is_open(self) -> bool:
        """Whether callers need no key and no JWT."""
        return not self.token_server_keys and not self.uses_jwt

    @property
    def local_only(self) -> bool:
        """Open, but for this machine only: requests that a proxy forwards are refused."""
        return self.is_open and self.token_server_auth != OPEN

    @property
    def public_url(self) -> str:
        """The address that clients join: ws or wss."""
        return with_scheme(self.livekit_public_url or self.livekit_url, "ws")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens at `host`."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
