"""The request in both its shapes, and the answer. Limits are those of the real server, in bytes of UTF-8."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import PydanticCustomError, SchemaError, SchemaValidator, core_schema

from .errors import FieldError, Refusal

ROOM_BYTES = 256
NAME_BYTES = 256
METADATA_BYTES = 524_288
ATTRIBUTES_BYTES = 65_536
MAX_AGENTS = 16

UTF8_MAX = 4
"""Most bytes that one character takes."""


def check_pattern(pattern: str) -> str:
    """Raises ValueError unless it can be matched against room names, which takes linear time."""
    try:
        SchemaValidator(core_schema.str_schema(pattern=anchored(pattern)))
    except SchemaError as error:
        raise ValueError("must be a regular expression without look-around and back-references") from error
    return pattern


def anchored(pattern: str) -> str:
    """The same pattern, for whole strings only."""
    return f"^(?:{pattern})$"


def _at_most(limit: int) -> Callable[[str], str]:
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


Name = Annotated[str, Field(min_length=1, max_length=NAME_BYTES), AfterValidator(_at_most(NAME_BYTES))]
Metadata = Annotated[str, Field(max_length=METADATA_BYTES), AfterValidator(_at_most(METADATA_BYTES))]
Attributes = Annotated[dict[str, str], AfterValidator(_attributes)]


class _Closed(BaseModel):
    """Refuses what it doesn't know. null stands for a field that isn't there, as in protobuf's JSON."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class AgentDispatch(_Closed):
    """An agent that joins the room with the participant."""

    # LiveKit's clients differ in which of protobuf's two JSON spellings they use.
    agent_name: Name | None = Field(default=None, validation_alias=AliasChoices("agent_name", "agentName"))
    metadata: Metadata | None = None
    deployment: Name | None = None


class RoomConfig(_Closed):
    """The part of LiveKit's RoomConfiguration that clients may set."""

    agents: list[AgentDispatch] | None = Field(default=None, max_length=MAX_AGENTS)


class TokenRequest(_Closed):
    """A participant who wants to join a room, in the documented or in LiveKit's standard shape."""

    room_name: str | None = Field(default=None, description="The room to join.")
    participant_name: Name | None = Field(
        default=None, description="Name shown to others; also the identity, unless that is given."
    )
    metadata: Metadata | None = Field(default=None, description="The participant's metadata.")
    participant_identity: Name | None = Field(
        default=None, description="Who it is: one participant of this identity can be in a room."
    )
    participant_metadata: Metadata | None = Field(
        default=None, description="The same as `metadata`, as LiveKit's clients call it."
    )
    participant_attributes: Attributes | None = Field(
        default=None, description="The participant's attributes, at most 65536 bytes in all."
    )
    room_config: RoomConfig | None = Field(
        default=None, description="Agents to send to the room; nothing else of it may be set."
    )


class TokenResponse(BaseModel):
    """The answer, in both shapes at once."""

    token: str = Field(description="The LiveKit access token.")
    url: str = Field(description="Where to join with it.")
    expires_at: str = Field(
        description="When it ends: ISO 8601, UTC.", json_schema_extra={"format": "date-time"}
    )
    server_url: str = Field(description="The same as `url`, as LiveKit's clients call it.")
    participant_token: str = Field(description="The same as `token`, as LiveKit's clients call it.")


class Health(BaseModel):
    """The server runs."""

    status: str = Field(json_schema_extra={"const": "healthy"})
    service: str = Field(json_schema_extra={"const": "livekit-token-server"})
    timestamp: str = Field(json_schema_extra={"format": "date-time"})


def request_model(pattern: str, max_length: int, *, generate_names: bool) -> type[TokenRequest]:
    """TokenRequest with the room-name rule of the settings."""
    # With a description of its own: the JSON schema is shown at /docs.
    room = Annotated[
        str,
        Field(
            min_length=1, max_length=max_length, pattern=anchored(pattern), description="The room to join."
        ),
        AfterValidator(_at_most(ROOM_BYTES)),
    ]
    field: Any = (room | None, None) if generate_names else (room, ...)
    return create_model("TokenRequest", __base__=TokenRequest, __doc__=TokenRequest.__doc__, room_name=field)


class Parser:
    """Reads request bodies."""

    def __init__(self, model: type[TokenRequest], *, generate_names: bool) -> None:
        self._model = model
        self._generate_names = generate_names

    def parse(self, body: bytes | bytearray, *, identity_known: bool) -> TokenRequest:
        """Raises Refusal naming every field that is wrong. `identity_known`: no field has to say who it is."""
        anonymous_ok = identity_known or self._generate_names
        try:
            request = self._model.model_validate_json(body)
        except ValidationError as error:
            raise _refusal(error, body, anonymous_ok=anonymous_ok) from None
        doubled = request.metadata is not None and request.participant_metadata is not None
        nobody = request.participant_identity is None and request.participant_name is None
        if doubled or (nobody and not anonymous_ok):
            raise _invalid(_between_fields(request.__dict__, anonymous_ok=anonymous_ok))
        return request


def _between_fields(given: Mapping[str, object], *, anonymous_ok: bool) -> list[FieldError]:
    faults = []
    if given.get("metadata") is not None and given.get("participant_metadata") is not None:
        text = "metadata and participant_metadata are the same thing: only one of them can be set."
        faults.append(FieldError("participant_metadata", "conflict", text))
    nobody = given.get("participant_identity") is None and given.get("participant_name") is None
    if nobody and not anonymous_ok:
        text = "participant_name or participant_identity must be set."
        faults.append(FieldError("participant_name", "required", text))
    return faults


def _refusal(error: ValidationError, body: bytes | bytearray, *, anonymous_ok: bool) -> Refusal:
    if error.error_count() > MAX_FAULTS:
        return Refusal("invalid_request", f"More than {MAX_FAULTS} fields are wrong.")
    faults = error.errors(include_url=False, include_input=False)
    if faults[0]["type"] == "json_invalid":
        return Refusal("invalid_json", "The body is not valid JSON in UTF-8.")
    fields = [_field_error(fault) for fault in faults]
    given = json.loads(body)
    if isinstance(given, dict):
        fields += _between_fields(given, anonymous_ok=anonymous_ok)
    return _invalid(fields)


def _invalid(fields: list[FieldError]) -> Refusal:
    return Refusal("invalid_request", " ".join(field.message for field in fields), fields=fields)


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
    "list_type": ("type", "must be a list."),
    "model_type": ("type", "must be an object."),
}
MAX_FAULTS = 100
"""Fields that are wrong and named; a request can be made of nothing else, and naming them all takes a second."""
SHOWN = 64
"""Characters of an unknown field's name that are repeated."""


def _field_error(fault: Any) -> FieldError:
    path = ".".join(str(part)[:SHOWN] for part in fault["loc"])
    context = fault.get("ctx", {})
    if "pattern" in context:
        context["pattern"] = context["pattern"].removeprefix("^(?:").removesuffix(")$")
    code, text = SENTENCES.get(
        fault["type"], (fault["type"], fault["msg"][:1].lower() + fault["msg"][1:] + ".")
    )
    return FieldError(path, code, f"{path or 'The body'} {text.format(**context)}")
