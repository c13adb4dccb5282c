"""The dashboard's settings; `environment` says where they are read from."""

import hashlib
import hmac
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from .environment import ConfigError, EnvironmentSettings, LiveKitURL, Networks, with_scheme

__all__ = ["SECRETS", "ConfigError", "Settings"]

SECRETS = ("livekit_api_key", "livekit_api_secret", "admin_password", "secret_key")


def _username(name: str) -> str:
    if ":" in name:
        raise ValueError("can't hold a colon: HTTP Basic ends the name there")
    return name


def _root_path(path: str) -> str:
    if path and not path.startswith("/"):
        raise ValueError("must begin with a slash")
    return path.rstrip("/")


def _join_link(link: str) -> str:
    try:
        link.format(url="", token="")
    except (LookupError, ValueError, AttributeError):
        raise ValueError("may hold {url} and {token}, and no other braces") from None
    return link


class Settings(EnvironmentSettings):
    """Every setting, with what it means; docs/settings.md lists the same."""

    SECRETS: ClassVar[tuple[str, ...]] = SECRETS

    livekit_url: LiveKitURL = Field(
        description="How this process reaches LiveKit: ws, wss, http or https, all accepted."
    )
    livekit_api_key: str = Field(min_length=1, description="One of the keys in the server's livekit.yaml.")
    livekit_api_secret: SecretStr = Field(min_length=1, description="The secret of that key.")
    admin_username: Annotated[str, AfterValidator(_username)] = Field(
        min_length=1, description="Log-in name of the one admin."
    )
    admin_password: SecretStr = Field(min_length=1, description="Password of the one admin.")

    livekit_public_url: LiveKitURL | None = Field(
        default=None, description="How browsers and apps reach LiveKit. Default: LIVEKIT_URL."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Signs CSRF tokens and cookies. Default: derived from LIVEKIT_API_SECRET and ADMIN_PASSWORD,"
        " so replicas agree without it.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    root_path: Annotated[str, AfterValidator(_root_path)] = Field(
        default="", description="Path prefix under which a proxy serves the dashboard, such as /livekit."
    )
    livekit_timeout: float = Field(
        default=10.0, gt=0, le=60, description="Seconds to wait for one answer of LiveKit."
    )
    enable_sip: bool = Field(default=False, description="Shows telephony.")
    read_only: bool = Field(
        default=False, description="Refuses every action that would change the server, and minting tokens."
    )
    https_only: bool = Field(
        default=False, description="Marks cookies Secure and sends HSTS, whatever a proxy says of the scheme."
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Addresses or networks whose X-Forwarded-* headers are believed, comma-separated.",
    )
    login_failures_per_minute: int = Field(
        default=10, ge=1, description="Failed log-ins from one address before it has to wait."
    )
    webhook_send: bool = Field(
        default=False,
        description="Lets the webhook sandbox send samples to loopback and private addresses.",
    )
    join_link: Annotated[str, AfterValidator(_join_link)] = Field(
        default="https://meet.livekit.io/custom?liveKitUrl={url}&token={token}",
        description="Link shown with a new token; {url} and {token} are filled in. It carries the token to that"
        " site. Set to - to show none.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged."
    )
    simulated: bool = Field(
        default=False,
        description="Says on every page that the server is the built-in simulator; set by the demo.",
    )

    @property
    def api_url(self) -> str:
        """LIVEKIT_URL as the API is called: http or https."""
        return with_scheme(self.livekit_url, "http")

    @property
    def public_url(self) -> str:
        """The address that browsers and apps join at: ws or wss."""
        return with_scheme(self.livekit_public_url or self.livekit_url, "ws")

    @property
    def server_name(self) -> str:
        """Host and, when it says something, port of the server: what people call it by."""
        return urlsplit(self.public_url).netloc

    def signing_key(self, purpose: str) -> bytes:
        """32 bytes for one purpose. Equal in every process with the same settings; changes with the password."""
        given = self.secret_key.get_secret_value() if self.secret_key else ""
        parts = (given, self.livekit_api_secret.get_secret_value(), self.admin_password.get_secret_value())
        root = "\0".join(("livekit-dashboard", *parts)).encode()
        return hmac.digest(root, purpose.encode(), hashlib.sha256)
