"""From a request's body to its model, or to every field that is wrong with it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    create_model,
)

from .errors import FieldError, Refusal
from .models import MAX_FAULTS, ROOM_BYTES, SENTENCES, SHOWN, TokenRequest, anchored, at_most, camel, spelled


def request_model(pattern: str, max_length: int, *, generate_names: bool) -> type[TokenRequest]:
    """TokenRequest with the rule for room names that the settings give."""
    # With its own description, because the JSON schema is shown at /docs.
    room = Annotated[
        str,
        Field(min_length=1, max_length=max_length, pattern=anchored(pattern), description="Room to join."),
        AfterValidator(at_most(ROOM_BYTES)),
    ]
    default: Any = None if generate_names else ...
    field: Any = (
        room | None if generate_names else room,
        Field(default, validation_alias=spelled("room_name")),
    )
    return create_model("TokenRequest", __base__=TokenRequest, __doc__=TokenRequest.__doc__, room_name=field)


class Parser:
    """Reads request bodies."""

    def __init__(self, model: type[TokenRequest], *, generate_names: bool) -> None:
        self._model = model
        self._generate_names = generate_names

    def parse(self, body: bytes | bytearray, *, identity_known: bool) -> TokenRequest:
        """The request in a body. With `identity_known`, it need not name a participant.

        Raises Refusal that names every invalid field.
        """
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
    if _given(given, "metadata") and _given(given, "participant_metadata"):
        text = "metadata and participant_metadata are the same field: set one of them."
        faults.append(FieldError("participant_metadata", "conflict", text))
    nobody = not _given(given, "participant_identity") and not _given(given, "participant_name")
    if nobody and not anonymous_ok:
        text = "participant_name or participant_identity must be set."
        faults.append(FieldError("participant_name", "required", text))
    return faults


def _given(fields: Mapping[str, object], name: str) -> bool:
    return any(fields.get(spelling) is not None for spelling in (name, camel(name)))


def _refusal(error: ValidationError, body: bytes | bytearray, *, anonymous_ok: bool) -> Refusal:
    if error.error_count() > MAX_FAULTS:
        return Refusal("invalid_request", f"More than {MAX_FAULTS} fields are invalid.")
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


def _field_error(fault: Any) -> FieldError:
    path = ".".join(str(part)[:SHOWN] for part in fault["loc"])
    context = fault.get("ctx", {})
    if "pattern" in context:
        context["pattern"] = context["pattern"].removeprefix("^(?:").removesuffix(")$")
    code, text = SENTENCES.get(
        fault["type"], (fault["type"], fault["msg"][:1].lower() + fault["msg"][1:] + ".")
    )
    return FieldError(path, code, f"{path or 'The body'} {text.format(**context)}")
