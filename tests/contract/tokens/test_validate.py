"""/rtc/validate: whether a token could join, asked without joining."""

import pytest
from livekit import api

from tests.contract.backends import Backend

JOIN = {"roomJoin": True, "room": "validated"}


async def test_a_token_that_could_join_makes_no_room(backend: Backend) -> None:
    assert await backend.get("/rtc/validate", access_token=backend.token(JOIN)) == (200, "success")
    listed = await backend.api.room.list_rooms(api.ListRoomsRequest(names=["validated"]))
    assert list(listed.rooms) == []


async def test_without_a_token(backend: Backend) -> None:
    assert await backend.get("/rtc/validate") == (401, "no permissions to access the room")


async def test_with_a_bad_token(backend: Backend) -> None:
    assert await backend.get("/rtc/validate", access_token="x") == (401, "invalid authorization token")


@pytest.mark.parametrize(
    ("video", "claims", "expected"),
    [
        ({"roomAdmin": True, "room": "a"}, {}, (401, "permissions denied")),
        ({"roomJoin": True}, {}, (400, "no room name")),
        (JOIN, {"sub": ""}, (400, "identity cannot be empty")),
        (JOIN, {"sub": None}, (400, "identity cannot be empty")),
        (JOIN, {"sub": None, "jti": "who"}, (200, "success")),
        (JOIN, {"sub": "é" * 128}, (200, "success")),
        (
            JOIN,
            {"sub": "é" * 129},
            (400, "participant identity length exceeds limits: max length 256"),
        ),
        (
            {"roomJoin": True, "room": "é" * 129},
            {},
            (400, "room name length exceeds limits: max length 256"),
        ),
    ],
)
async def test_verdicts(
    backend: Backend,
    video: dict[str, object],
    claims: dict[str, str | None],
    expected: tuple[int, str],
) -> None:
    assert await backend.get("/rtc/validate", access_token=backend.token(video, **claims)) == expected


async def test_queries(backend: Backend) -> None:
    token, listener = backend.token(JOIN), backend.token({**JOIN, "canPublish": False})
    undecodable = await backend.get("/rtc/validate", access_token=token, attributes="xx!")
    forbidden = await backend.get("/rtc/validate", access_token=listener, publish="x")
    newer = await backend.get("/rtc/v1/validate", access_token=token)
    assert undecodable == (400, "cannot decode attributes")
    assert forbidden == (401, "no permissions to access the room")
    assert newer == (400, "join_request is required")
