"""The dashboard's settings, read from the environment and `.env` (see environment.py)."""

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
        raise ValueError("must not contain a colon: in HTTP Basic, the name ends there")
    return name


def _root_path(path: str) -> str:
    if path and not path.startswith("/"):
        raise ValueError("must begin with a slash")
    return path.rstrip("/")


def _join_link(link: str) -> str:
    try:
        link.format(url="", token="")
    except (LookupError, ValueError, AttributeError):
        raise ValueError("may contain {url} and {token}, but no other braces") from None
    return link


class Settings(EnvironmentSettings):
    """The dashboard's settings. docs/settings.md lists the same names, defaults and descriptions."""

    SECRETS: ClassVar[tuple[str, ...]] = SECRETS

    livekit_url: LiveKitURL = Field(
        description="Address at which the dashboard reaches LiveKit: ws, wss, http or https."
    )
    livekit_api_key: str = Field(min_length=1, description="API key, from the server's livekit.yaml.")
    livekit_api_secret: SecretStr = Field(min_length=1, description="Secret of the API key.")
    admin_username: Annotated[str, AfterValidator(_username)] = Field(
        min_length=1, description="User name of the admin."
    )
    admin_password: SecretStr = Field(min_length=1, description="Password of the admin.")

    livekit_public_url: LiveKitURL | None = Field(
        default=None, description="Address at which browsers and apps reach LiveKit. Default: LIVEKIT_URL."
    )
    secret_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="Key that signs CSRF tokens and cookies. Default: derived from LIVEKIT_API_SECRET and ADMIN_PASSWORD,"
        " so that replicas agree.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on.")
    root_path: Annotated[str, AfterValidator(_root_path)] = Field(
        default="", description="Path prefix under which a proxy serves the dashboard, such as /livekit."
    )
    livekit_timeout: float = Field(
        default=10.0, gt=0, le=60, description="Seconds to wait for an answer from LiveKit."
    )
    enable_sip: bool = Field(default=False, description="Show the telephony pages.")
    remote_unmute: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Whether the server lets others unmute a participant (enable_remote_unmute in livekit.yaml):"
        " on, off, or auto to find out from its first answer.",
    )
    read_only: bool = Field(
        default=False, description="Refuse every action that changes the server, and minting tokens."
    )
    https_only: bool = Field(
        default=False, description="Mark cookies Secure and send HSTS, whatever scheme a proxy reports."
    )
    trusted_proxies: Networks = Field(
        default=(),
        description="Addresses or networks of proxies whose X-Forwarded-* headers are trusted, comma-separated.",
    )
    login_failures_per_minute: int = Field(
        default=10, ge=1, description="Failed logins per minute from one address before it has to wait."
    )
    webhook_send: bool = Field(
        default=False,
        description="Allow the webhook sandbox to send samples to loopback and private addresses.",
    )
    join_link: Annotated[str, AfterValidator(_join_link)] = Field(
        default="https://meet.livekit.io/custom?liveKitUrl={url}&token={token}",
        description="Link shown with a new token; {url} and {token} are filled in. It passes the token to that"
        " site. Set to - to show no link.",
    )
    show_phone_numbers: bool = Field(
        default=False,
        description="Show phone numbers whole everywhere, instead of partly masked. One page: ?show=numbers.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Lowest level that is logged: debug, info, warning or error."
    )
    simulated: bool = Field(
        default=False,
        description="Show on every page that the server is the built-in simulator. Set by the demo.",
    )

    @property
    def api_url(self) -> str:
        """LIVEKIT_URL as the API is called: http or https."""
        return with_scheme(self.livekit_url, "http")

    @property
    def public_url(self) -> str:
        """LIVEKIT_PUBLIC_URL, or LIVEKIT_URL without one, as clients use it: ws or wss."""
        return with_scheme(self.livekit_public_url or self.livekit_url, "ws")

    @property
    def server_name(self) -> str:
        """Host and, where one is given, port of the public address: the server's name on pages."""
        return urlsplit(self.public_url).netloc

    def signing_key(self, purpose: str) -> bytes:
        """32 bytes for one purpose. Equal in every process with the same settings; changes with the password."""
        given = self.secret_key.get_secret_value() if self.secret_key else ""
        parts = (given, self.livekit_api_secret.get_secret_value(), self.admin_password.get_secret_value())
        root = "\0".join(("livekit-dashboard", *parts)).encode()
        return hmac.digest(root, purpose.encode(), hashlib.sha256)
