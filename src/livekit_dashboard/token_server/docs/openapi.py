"""The OpenAPI document, generated from the models that validate requests."""

from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from livekit_dashboard import __version__
from livekit_dashboard.token_server.errors import STATUS, Code
from livekit_dashboard.token_server.models import Health, TokenRequest, TokenResponse
from livekit_dashboard.token_server.parsing import request_model
from livekit_dashboard.token_server.settings import Settings

TEXT = {"type": "string", "minLength": 1}
DOCUMENTED = {
    "room_name": "appointment-test-123",
    "participant_name": "user-456",
    "metadata": '{"role": "participant"}',
}
STANDARD = {
    "room_name": "appointment-test-123",
    "participant_identity": "user-456",
    "participant_name": "Ada",
    "participant_metadata": '{"role": "participant"}',
    "participant_attributes": {"language": "en"},
    "room_config": {"agents": [{"agent_name": "receptionist"}]},
}
ANSWER = {
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ…",
    "url": "wss://livekit.example.com",
    "expires_at": "2024-07-30T12:00:00Z",
    "server_url": "wss://livekit.example.com",
    "participant_token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ…",
}
HEALTHY = {"status": "healthy", "service": "livekit-token-server", "timestamp": "2024-07-29T12:00:00Z"}
SAID = {
    400: "The body is not valid JSON.",
    401: "The API key or the bearer token is missing, unknown or expired.",
    403: "The origin, room, identity, agent, field or attribute is not allowed.",
    408: "The body did not arrive in time.",
    413: "The body is too large.",
    415: "Content-Type is not application/json.",
    422: "Fields are missing or invalid (`fields` names all of them), or the token would be too long.",
    429: "Too many requests from this address or with this key.",
    503: "The keys of the JWTs' issuer can't be fetched.",
}
ELSEWHERE: frozenset[Code] = frozenset({"not_found", "method_not_allowed", "internal_error"})
"""Codes that POST /token never returns."""


class WrongField(BaseModel):
    """One invalid field."""

    field: str = Field(
        description="Path of the field, such as room_config.agents.0.metadata; empty for the whole body."
    )
    code: str = Field(description="Reason, for programs.")
    message: str = Field(description="Reason, as a sentence.")


class Error(BaseModel):
    """A response other than a token."""

    code: str = Field(description="Reason, for programs. Codes never change their meaning.")
    message: str = Field(description="Reason, as a sentence.")
    fields: list[WrongField] = Field(default=[], description="With invalid_request: every invalid field.")


def document(settings: Settings) -> dict[str, Any]:
    """The requests that a server with these settings accepts, and its responses."""
    request = _request_model(settings)
    _, schemas = models_json_schema(
        [
            (request, "validation"),
            (TokenResponse, "serialization"),
            (Health, "serialization"),
            (Error, "validation"),
        ],
        ref_template="#/components/schemas/{model}",
    )
    definitions = schemas["$defs"]
    definitions["TokenRequest"].update(_between_fields(settings))
    if not settings.token_server_generate_names:
        definitions["TokenRequest"]["required"] = ["room_name"]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "LiveKit token server",
            "version": __version__,
            "description": "Gives applications the access tokens that their users join LiveKit rooms with.",
        },
        "paths": {
            "/token": {"post": _token_operation(settings)},
            "/health": {"get": _health_operation()},
        },
        "components": {"schemas": definitions, "securitySchemes": _schemes(settings)},
    }


def _request_model(settings: Settings) -> type[TokenRequest]:
    return request_model(
        settings.token_server_room_pattern,
        settings.token_server_room_max_length,
        generate_names=settings.token_server_generate_names,
    )


def _between_fields(settings: Settings) -> dict[str, Any]:
    """Rules that involve several fields. null means that a field is absent."""
    metadata, same = "metadata", "participant_metadata"
    both = {
        "required": [metadata, same],
        "properties": {metadata: {"type": "string"}, same: {"type": "string"}},
    }
    rules: dict[str, Any] = {"not": both}
    if not settings.token_server_generate_names and not settings.uses_jwt:
        names = ("participant_name", "participant_identity")
        rules["anyOf"] = [{"required": [name], "properties": {name: TEXT}} for name in names]
    return rules


def _token_operation(settings: Settings) -> dict[str, Any]:
    return {
        "operationId": "token",
        "summary": "Create a token",
        "description": "Accepts the documented shape and the standard one of LiveKit's client SDKs. The response has both.",
        "security": [{name: []} for name in _schemes(settings)],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/TokenRequest"},
                    "examples": {
                        "documented": {"summary": "Documented shape", "value": DOCUMENTED},
                        "standard": {
                            "summary": "Standard shape of LiveKit's client SDKs",
                            "value": _standard(settings),
                        },
                    },
                }
            },
        },
        "responses": {
            "200": _json("A token.", "TokenResponse", ANSWER),
            **{str(status): _error(status) for status in sorted(_statuses(settings))},
        },
    }


def _standard(settings: Settings) -> dict[str, Any]:
    """The example without an identity where the JWT's subject is the identity."""
    alone = settings.uses_jwt and not settings.token_server_keys
    return {name: value for name, value in STANDARD.items() if not alone or name != "participant_identity"}


def _statuses(settings: Settings) -> set[int]:
    statuses = {status for code, status in STATUS.items() if code not in ELSEWHERE}
    if settings.is_open:
        statuses.discard(401)
    if not settings.token_server_jwt_jwks_url:
        statuses.discard(503)
    return statuses


def _error(status: int) -> dict[str, Any]:
    codes = [code for code, its in STATUS.items() if its == status]
    example: dict[str, Any] = {"code": codes[0], "message": SAID[status]}
    if status == STATUS["invalid_request"]:
        wrong = {"field": "room_name", "code": "required", "message": "room_name must be set."}
        example = {"code": codes[0], "message": "room_name must be set.", "fields": [wrong]}
    answer = _json(f"{SAID[status]} `code`: {', '.join(codes)}.", "Error", example)
    if status in {STATUS["too_many_requests"], STATUS["jwks_unavailable"]}:
        said = {
            "description": "Seconds to wait.",
            "required": True,
            "schema": {"type": "integer", "minimum": 1},
        }
        answer["headers"] = {"Retry-After": said}
    return answer


def _health_operation() -> dict[str, Any]:
    return {
        "operationId": "health",
        "summary": "Check that the server is running",
        "responses": {"200": _json("The server is running.", "Health", HEALTHY)},
    }


def _json(description: str, model: str, example: dict[str, Any]) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {
        "description": description,
        "content": {"application/json": {"schema": schema, "example": example}},
    }


def _schemes(settings: Settings) -> dict[str, Any]:
    schemes: dict[str, Any] = {}
    if settings.token_server_keys:
        schemes["api_key"] = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
    if not settings.is_open:
        said = "A JWT of the application" if settings.uses_jwt else "An API key"
        schemes["bearer"] = {"type": "http", "scheme": "bearer", "description": said}
    return schemes
