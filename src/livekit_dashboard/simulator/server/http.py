"""The plain HTTP endpoints: health, and whether a token could join."""

import base64
import binascii
import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from livekit_dashboard.simulator.tokens.auth import Grants
from livekit_dashboard.simulator.world import World

_NO_ACCESS = "no permissions to access the room"


def health(request: Request) -> Response:
    """200 "OK"; 406 when the node's figures are stale."""
    world: World = request.app.state.world
    if world.ready:
        return PlainTextResponse("OK")
    return PlainTextResponse("Not Ready\nNode Updated At 0001-01-01 00:00:00 +0000 UTC", 406)


def validate(request: Request) -> Response:
    """200 "success" if the token could join, else why not. Neither makes the room nor looks at it."""
    world: World = request.app.state.world
    status, text = _verdict(world, request.scope["grants"], dict(request.query_params))
    return PlainTextResponse(text, status, headers={"Access-Control-Allow-Origin": "*"})


def validate_v1(request: Request) -> Response:
    """As ``validate``, for clients that send a join request; what is in it is not simulated."""
    if request.scope["grants"].video is not None and "join_request" not in request.query_params:
        headers = {"Access-Control-Allow-Origin": "*"}
        return PlainTextResponse("join_request is required", 400, headers=headers)
    return validate(request)


def websocket_only(request: Request) -> Response:
    """What the websocket endpoints say to plain HTTP: 404 and nothing."""
    return Response(status_code=404)


def not_found(request: Request, error: Exception) -> Response:
    """What the server says to paths it does not know."""
    headers = {"X-Content-Type-Options": "nosniff"}
    return PlainTextResponse("404 page not found\n", 404, headers=headers)


def _verdict(world: World, grants: Grants, query: dict[str, str]) -> tuple[int, str]:
    if grants.video is None:
        return 401, _NO_ACCESS
    if query.get("attributes") and not _attributes_decode(query["attributes"]):
        return 400, "cannot decode attributes"
    if not grants.allows("roomJoin"):
        return 401, "permissions denied"
    if wrong := _wrong_names(world, grants.identity, grants.text("room")):
        return 400, wrong
    if query.get("publish") and grants.video.get("canPublish") is False:
        return 401, _NO_ACCESS
    return 200, "success"


def _wrong_names(world: World, identity: str, room: str) -> str | None:
    limits = world.limits
    if not identity:
        return "identity cannot be empty"
    if len(identity.encode()) > limits.identity:
        return f"participant identity length exceeds limits: max length {limits.identity}"
    if not room:
        return "no room name"
    if len(room.encode()) > limits.room_name:
        return f"room name length exceeds limits: max length {limits.room_name}"
    return None


def _attributes_decode(text: str) -> bool:
    try:
        return isinstance(json.loads(base64.b64decode(text, altchars=b"-_", validate=True)), dict)
    except (binascii.Error, ValueError):
        return False
