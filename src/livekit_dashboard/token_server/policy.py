"""Policies: what a caller may request. No request can widen its policy."""

import fnmatch
import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

Source = Literal["camera", "microphone", "screen_share", "screen_share_audio"]
Own = Literal["name", "metadata", "attributes"]

MIN_KEY_LENGTH = 32
WILD = frozenset("*?[")


class Policy(BaseModel):
    """Rooms, permissions and limits of one caller. No policy can grant admin rights."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    rooms: tuple[str, ...] = Field(
        default=("*",), description="Rooms that tokens may join: names, or patterns with `*`, `?` and `[…]`."
    )
    publish: bool = Field(default=True, description="Participants may publish tracks.")
    subscribe: bool = Field(default=True, description="Participants may subscribe to tracks.")
    data: bool = Field(default=True, description="Participants may send data messages.")
    sources: tuple[Source, ...] = Field(
        default=(),
        description="Sources that participants may publish: `camera`, `microphone`, `screen_share`, `screen_share_audio`."
        " Empty: all.",
    )
    update_own_metadata: bool = Field(
        default=False,
        description="Participants may change their own name, metadata and attributes while in the room.",
    )
    may_set: tuple[Own, ...] = Field(
        default=("name", "metadata", "attributes"),
        description="What a request may set for its participant. Empty: the identity only.",
    )
    reserved_attributes: tuple[str, ...] = Field(
        default=(),
        description="Attributes that LiveKit reserves (`lk.…`, `sip.…`, `ingress.…`) and a request may set:"
        " names or patterns. Empty: none.",
    )
    agents: tuple[str, ...] = Field(
        default=("*",),
        description="Agents that a request may dispatch to the room: names or patterns. Empty: none.",
    )
    max_expiry_hours: float | None = Field(
        default=None,
        gt=0,
        description="Maximum validity of a token in hours, if less than TOKEN_EXPIRY_HOURS.",
    )
    requests_per_minute: int | None = Field(
        default=None, ge=0, description="Replaces TOKEN_SERVER_KEY_REQUESTS_PER_MINUTE; 0: no limit."
    )


def _hex_digest(text: str) -> str:
    if not re.fullmatch("[0-9a-fA-F]{64}", text):
        raise ValueError("must be the SHA-256 of the key in hexadecimal, 64 digits")
    return text.lower()


class Key(Policy):
    """An API key and its policy. Keys are long and random, so a plain SHA-256 is enough to store them."""

    key: SecretStr | None = Field(default=None, description="The key itself, at least 32 characters.")
    sha256: Annotated[str, AfterValidator(_hex_digest)] | None = Field(
        default=None, description="Instead of `key`: its SHA-256 in hexadecimal."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.key is None) == (self.sha256 is None):
            raise ValueError("must have either key or sha256")
        if self.key is not None and len(self.key.get_secret_value()) < MIN_KEY_LENGTH:
            raise ValueError(
                f"key must have at least {MIN_KEY_LENGTH} characters;"
                " `livekit-dashboard token-server --new-key NAME` makes one"
            )
        return self

    @property
    def digest(self) -> bytes:
        """SHA-256 of the key, 32 bytes."""
        if self.sha256 is not None:
            return bytes.fromhex(self.sha256)
        return hashlib.sha256(self.key.get_secret_value().encode() if self.key else b"").digest()


def matcher(patterns: Iterable[str]) -> Callable[[str], object]:
    """A function that tells whether a name matches any of the patterns. Case-sensitive."""
    given = frozenset(patterns)
    if "*" in given:
        return _anything
    wild = frozenset(filter(is_wild, given))
    names = given - wild
    if not wild:
        return names.__contains__
    # translate() anchors each pattern, so joining them changes nothing.
    matches = re.compile("|".join(map(fnmatch.translate, wild))).match
    return lambda name: name in names or matches(name)


def is_wild(pattern: str) -> bool:
    """Whether the pattern can match anything besides itself."""
    return not WILD.isdisjoint(pattern)


def _anything(_: str) -> bool:
    return True
