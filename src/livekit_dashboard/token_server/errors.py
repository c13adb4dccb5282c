"""Refusals: a status, a stable code, a sentence, and for 422 every invalid field."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

Code = Literal[
    "invalid_json",
    "unauthenticated",
    "open_to_this_machine_only",
    "origin_not_allowed",
    "room_not_allowed",
    "identity_not_allowed",
    "agent_not_allowed",
    "field_not_allowed",
    "attribute_not_allowed",
    "not_found",
    "method_not_allowed",
    "body_timeout",
    "body_too_large",
    "unsupported_media_type",
    "invalid_request",
    "token_too_long",
    "too_many_requests",
    "internal_error",
    "jwks_unavailable",
]

STATUS: dict[Code, int] = {
    "invalid_json": 400,
    "unauthenticated": 401,
    "open_to_this_machine_only": 403,
    "origin_not_allowed": 403,
    "room_not_allowed": 403,
    "identity_not_allowed": 403,
    "agent_not_allowed": 403,
    "field_not_allowed": 403,
    "attribute_not_allowed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "body_timeout": 408,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_request": 422,
    "token_too_long": 422,
    "too_many_requests": 429,
    "internal_error": 500,
    "jwks_unavailable": 503,
}


@dataclass(frozen=True)
class FieldError:
    """One invalid field: its path such as `room_config.agents.0.metadata`, a stable code, a sentence."""

    field: str
    code: str
    message: str


class Refusal(Exception):
    """A response other than a token. `str()` is the sentence for the caller and contains no secret."""

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        fields: Sequence[FieldError] = (),
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        super().__init__(message)
        self.code: Code = code
        self.status = STATUS[code]
        self.fields = fields
        self.headers = headers

    def body(self) -> bytes:
        """The JSON of the response."""
        body: dict[str, object] = {"code": self.code, "message": str(self)}
        if self.fields:
            body["fields"] = [asdict(field) for field in self.fields]
        return json.dumps(body, ensure_ascii=False).encode()
