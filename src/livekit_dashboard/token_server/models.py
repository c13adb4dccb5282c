"""The token request in its shapes, and the response. Limits are those of LiveKit, in bytes of UTF-8."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)
from pydantic_core import PydanticCustomError, SchemaError, SchemaValidator, core_schema

ROOM_BYTES = 256
NAME_BYTES = 256
METADATA_BYTES = 524_288
ATTRIBUTES_BYTES = 65_536
MAX_AGENTS = 16
RESERVED = ("lk.", "sip.", "ingress.")
"""Prefixes of the attributes that LiveKit, its agents and its gateways set themselves."""
RESERVED_CONFIG: Mapping[str, Sequence[object]] = {
    "name": ("",),
    "empty_timeout": (0,),
    "departure_timeout": (0,),
    "max_participants": (0,),
    "metadata": ("",),
    "egress": (),
    "min_playout_delay": (0,),
    "max_playout_delay": (0,),
    "sync_streams": (False,),
    "tags": ({},),
}
"""Fields of RoomConfiguration that clients can't set, and the values that set nothing, which some clients send."""
RESERVED_DISPATCH: Mapping[str, Sequence[object]] = {"restart_policy": (0, "JRP_ON_FAILURE")}
"""The same for RoomAgentDispatch."""

UTF8_MAX = 4
"""Maximum number of bytes of one character."""


def check_pattern(pattern: str) -> str:
    """Gives the pattern. Raises ValueError unless it is one that matches in linear time."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=anchored(pattern)))
    except SchemaError as error:
        raise ValueError("must be a regular expression without look-around and back-references") from error
    return pattern


def anchored(pattern: str) -> str:
    """The pattern, to match whole strings only."""
    return f"^(?:{pattern})$"


def at_most(limit: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        if len(text) * UTF8_MAX > limit and len(text.encode()) > limit:
            raise _too_many_bytes(limit)
        return text

    return check


def _attributes(attributes: dict[str, str]) -> dict[str, str]:
    if sum(len(key.encode()) + len(value.encode()) for key, value in attributes.items()) > ATTRIBUTES_BYTES:
        raise _too_many_bytes(ATTRIBUTES_BYTES)
    return attributes


def _too_many_bytes(limit: int) -> PydanticCustomError:
    return PydanticCustomError("too_many_bytes", "must have at most {limit} bytes", {"limit": limit})


Name = Annotated[str, Field(min_length=1, max_length=NAME_BYTES), AfterValidator(at_most(NAME_BYTES))]
Metadata = Annotated[str, Field(max_length=METADATA_BYTES), AfterValidator(at_most(METADATA_BYTES))]
OptionalName = Annotated[str, Field(max_length=NAME_BYTES), AfterValidator(at_most(NAME_BYTES))]
Attributes = Annotated[dict[str, str], AfterValidator(_attributes)]


def spelled(name: str) -> AliasChoices:
    """Both spellings that protobuf's JSON has for a field. LiveKit's clients differ in which one they send."""
    return AliasChoices(name, camel(name))


def camel(name: str) -> str:
    """`room_name` as `roomName`."""
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


def _without_defaults(given: Any, reserved: Mapping[str, Sequence[object]]) -> Any:
    """An object without the fields that are reserved and set nothing; with any other value, they are refused."""
    if not isinstance(given, dict):
        return given
    defaults = {spelling: values for name, values in reserved.items() for spelling in (name, camel(name))}
    return {
        name: value
        for name, value in given.items()
        if name not in defaults or not any(_same(value, default) for default in (None, *defaults[name]))
    }


def _same(value: object, default: object) -> bool:
    return type(value) is type(default) and value == default


class _Closed(BaseModel):
    """Refuses unknown fields. null means that a field is absent, as in protobuf's JSON."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class AgentDispatch(_Closed):
    """An agent to dispatch to the room."""

    agent_name: OptionalName | None = Field(
        default=None,
        validation_alias=spelled("agent_name"),
        description="Name of the agent. Empty: agents without a name.",
    )
    metadata: Metadata | None = Field(default=None, description="Metadata of the agent's job.")
    deployment: OptionalName | None = Field(
        default=None, description="Deployment of the agent. Empty: the production deployment."
    )
    attributes: Attributes | None = Field(
        default=None,
        description=f"Attributes of the agent's participant, at most {ATTRIBUTES_BYTES} bytes in total.",
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_defaults(cls, given: Any) -> Any:
        return _without_defaults(given, RESERVED_DISPATCH)


class RoomConfig(_Closed):
    """The part of LiveKit's RoomConfiguration that clients can set."""

    agents: list[AgentDispatch] | None = Field(
        default=None, max_length=MAX_AGENTS, description="Agents to dispatch to the room."
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_defaults(cls, given: Any) -> Any:
        return _without_defaults(given, RESERVED_CONFIG)


class TokenRequest(_Closed):
    """A request for a token to join one room, in the documented shape or in LiveKit's standard one."""

    room_name: str | None = Field(default=None, description="Room to join.")
    participant_name: Name | None = Field(
        default=None,
        validation_alias=spelled("participant_name"),
        description="Display name; also the identity if `participant_identity` is absent.",
    )
    metadata: Metadata | None = Field(default=None, description="Metadata of the participant.")
    participant_identity: Name | None = Field(
        default=None,
        validation_alias=spelled("participant_identity"),
        description="Identity, unique in the room.",
    )
    participant_metadata: Metadata | None = Field(
        default=None,
        validation_alias=spelled("participant_metadata"),
        description="Same as `metadata`; the name that LiveKit's clients use.",
    )
    participant_attributes: Attributes | None = Field(
        default=None,
        validation_alias=spelled("participant_attributes"),
        description=f"Attributes of the participant, at most {ATTRIBUTES_BYTES} bytes in total.",
    )
    room_config: RoomConfig | None = Field(
        default=None,
        validation_alias=spelled("room_config"),
        description="Agents to dispatch to the room. Other room settings are refused.",
    )


class TokenResponse(BaseModel):
    """The response, in both shapes at once."""

    token: str = Field(description="The LiveKit access token.")
    url: str = Field(description="The LiveKit server to join.")
    expires_at: str = Field(
        description="Expiry of the token: ISO 8601, UTC.", json_schema_extra={"format": "date-time"}
    )
    server_url: str = Field(description="Same as `url`; the name that LiveKit's clients use.")
    participant_token: str = Field(description="Same as `token`; the name that LiveKit's clients use.")


class Health(BaseModel):
    """The server is running."""

    status: str = Field(description="Always `healthy`.", json_schema_extra={"const": "healthy"})
    service: str = Field(
        description="Always `livekit-token-server`.", json_schema_extra={"const": "livekit-token-server"}
    )
    timestamp: str = Field(
        description="Time of the response: ISO 8601, UTC.", json_schema_extra={"format": "date-time"}
    )


SENTENCES = {
    "missing": ("required", "must be set."),
    "extra_forbidden": ("not_allowed", "can't be set by clients."),
    "string_type": ("type", "must be a string."),
    "string_too_short": ("too_short", "must not be empty."),
    "string_too_long": ("too_long", "must have at most {max_length} characters."),
    "string_pattern_mismatch": ("pattern", "must match {pattern}."),
    "too_many_bytes": ("too_long", "must have at most {limit} bytes in UTF-8."),
    "dict_type": ("type", "must be an object of strings."),
    "too_long": ("too_long", "must have at most {max_length} items."),
    "list_type": ("type", "must be an array."),
    "model_type": ("type", "must be an object."),
}
MAX_FAULTS = 100
"""Invalid fields that a response names at most. Naming all of a request made of nothing else takes a second."""
SHOWN = 64
"""Characters of an unknown field's name that a response repeats."""
