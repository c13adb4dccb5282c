"""Twirp: finds the handler of a call, decodes, checks the grant, encodes."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import DecodeError, Message
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from livekit_dashboard.simulator.tokens.auth import Grants

from .errors import TwirpError, bad_route, malformed, permission_denied
from .world import World

RequestType = TypeVar("RequestType", bound=Message)
Grant = Callable[[Grants, Any], bool]
"""Whether a token's grants allow a request."""


@dataclass(frozen=True)
class Method:
    """One RPC. ``check``, where the server has one, runs before the grant is looked at."""

    request: type[Message]
    handle: Callable[[World, Any], Awaitable[Message]]
    grant: Grant
    check: Callable[[World, Any], None] | None = None


def method(
    request: type[RequestType],
    handle: Callable[[World, RequestType], Awaitable[Message]],
    grant: Grant,
    check: Callable[[World, RequestType], None] | None = None,
) -> Method:
    """A Method whose parts are known to agree on the request's type."""
    return Method(request, handle, grant, check)


def video_grant(name: str) -> Grant:
    """The video grant of this name, ``roomList`` for one."""
    return lambda grants, request: grants.allows(name)


def room_admin_of(grants: Grants, room: str) -> bool:
    """``roomAdmin`` for this very room."""
    return grants.allows("roomAdmin") and grants.text("room") == room


def room_admin(grants: Grants, request: Any) -> bool:
    """``roomAdmin`` for the very room that the request names."""
    return room_admin_of(grants, request.room)


def destination_admin(grants: Grants, request: Any) -> bool:
    """``room_admin``, and ``destinationRoom`` for the very room that the request goes to."""
    return room_admin(grants, request) and grants.text("destinationRoom") == request.destination_room


class Dispatcher:
    """Answers POST /twirp/livekit.Service/Method for a table of "Service/Method" → Method."""

    def __init__(self, world: World, methods: Mapping[str, Method]) -> None:
        self._world = world
        self._methods = methods
        self.services = {name.partition("/")[0] for name in methods}

    async def __call__(self, request: Request) -> Response:
        name = f"{request.path_params['service']}/{request.path_params['method']}"
        try:
            found, decode, encode = self._route(request, name)
            message = decode(await request.body(), found.request())
            if found.check is not None:
                found.check(self._world, message)
            if not found.grant(request.scope["grants"], message):
                raise permission_denied()
            self._world.requests.append((name, message))
            return encode(await found.handle(self._world, message))
        except TwirpError as error:
            return error.response()

    def _route(self, request: Request, name: str) -> "tuple[Method, _Decode, _Encode]":
        verb, path = request.method, request.url.path
        if verb != "POST":
            raise bad_route(f'unsupported method "{verb}" (only POST is allowed)', verb, path)
        found = self._methods.get(name)
        if found is None:
            raise bad_route(f'no handler for path "{path}"', verb, path)
        stated = request.headers.get("content-type", "")
        content_type = stated.partition(";")[0].strip().lower()
        if content_type not in _CODECS:
            raise bad_route(f'unexpected Content-Type: "{stated}"', verb, path)
        return (found, *_CODECS[content_type])


_Decode = Callable[[bytes, Message], Message]
_Encode = Callable[[Message], Response]


def _from_json(body: bytes, into: Message) -> Message:
    try:
        # The server reads one JSON value and leaves what follows it unread.
        value, _ = json.JSONDecoder().raw_decode(body.decode().lstrip())
        if not isinstance(value, dict):
            raise malformed("json")
        ParseDict(value, into, ignore_unknown_fields=True)
    except (ParseError, ValueError) as error:
        raise malformed("json") from error
    return into


def _to_json(message: Message) -> Response:
    return JSONResponse(
        MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    )


def _from_protobuf(body: bytes, into: Message) -> Message:
    try:
        into.ParseFromString(body)
    except DecodeError as error:
        raise malformed("protobuf") from error
    return into


def _to_protobuf(message: Message) -> Response:
    return Response(message.SerializeToString(), media_type="application/protobuf")


_CODECS: Mapping[str, tuple[_Decode, _Encode]] = {
    "application/json": (_from_json, _to_json),
    "application/protobuf": (_from_protobuf, _to_protobuf),
}
