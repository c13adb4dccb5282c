"""Errors as the server sends them: Twirp JSON, whatever the request's content type."""

from collections.abc import Mapping

from starlette.responses import JSONResponse

STATUS = {
    "canceled": 408,
    "unknown": 500,
    "invalid_argument": 400,
    "malformed": 400,
    "deadline_exceeded": 408,
    "not_found": 404,
    "bad_route": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "unauthenticated": 401,
    "resource_exhausted": 429,
    "failed_precondition": 412,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
    "dataloss": 500,
}
"""Twirp's error codes and the HTTP status each is sent with."""


class TwirpError(Exception):
    """One Twirp error; ``code`` is a key of STATUS."""

    def __init__(self, code: str, message: str, meta: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.meta = dict(meta or {})

    def response(self) -> JSONResponse:
        """The error as an HTTP response."""
        body: dict[str, object] = {"code": self.code, "msg": self.message}
        if self.meta:
            body["meta"] = self.meta
        return JSONResponse(body, STATUS[self.code])


def internal(code: str, message: str, meta: Mapping[str, str] | None = None) -> TwirpError:
    """An error that crossed LiveKit's internal bus, which leaves its prefix in the text."""
    return TwirpError(code, f"twirp error unknown: {message}", meta)


def no_response() -> TwirpError:
    """No node, participant or worker responds."""
    return internal("unavailable", "no response from servers")


def invalid_argument(argument: str, why: str) -> TwirpError:
    """Twirp's own shape for a bad argument: named in the text and again in the metadata."""
    return TwirpError("invalid_argument", f"{argument} {why}", {"argument": argument})


def malformed(kind: str) -> TwirpError:
    """A body that does not parse; ``kind`` is json or protobuf."""
    return TwirpError("malformed", f"the {kind} request could not be decoded")


def permission_denied() -> TwirpError:
    """A good token without the grant, or no token at all. LiveKit says 401, not 403."""
    return TwirpError("unauthenticated", "permissions denied")


def bad_route(message: str, method: str, path: str) -> TwirpError:
    """A path, verb or content type that no handler takes."""
    return TwirpError("bad_route", message, {"twirp_invalid_route": f"{method} {path}"})


def no_node() -> TwirpError:
    """There is no such node, or the room's node is gone."""
    return TwirpError("unknown", "could not find object")


def room_not_found() -> TwirpError:
    """For the methods that look the room up first; others time out instead."""
    return internal("not_found", "requested room does not exist")


def participant_not_found() -> TwirpError:
    """For the methods that look the participant up first; others time out instead."""
    return internal("not_found", "participant does not exist")
