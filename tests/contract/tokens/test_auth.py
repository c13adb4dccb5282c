"""What a server says to tokens: plain text for a bad one, Twirp JSON for one without the grant."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest

from tests.contract.backends import Backend

TEXT = "text/plain; charset=utf-8"
DENIED = b'{"code":"unauthenticated","msg":"permissions denied"}'
LIST = "RoomService/ListRooms"


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Basic Zm9vOmJhcg==", "invalid authorization header. Must start with Bearer "),
        ("Bearer", "invalid authorization header. Must start with Bearer "),
        ("Bearer not-a-token", "invalid authorization token"),
        ("Bearer a.b.c", "invalid authorization token"),
    ],
)
async def test_what_is_no_token_is_refused_in_plain_text(backend: Backend, header: str, text: str) -> None:
    assert await backend.post(LIST, "{}", Authorization=header) == (401, TEXT, text.encode())


def _wrong_secret(backend: Backend) -> str:
    return jwt.encode({"iss": backend.key, "exp": 1}, "another-secret-that-is-long-enough", "HS256")


def _wrong_algorithm(backend: Backend) -> str:
    return jwt.encode({"iss": backend.key}, backend.secret * 3, "HS512")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_wrong_secret, "token signature is invalid: signature is invalid"),
        (_wrong_algorithm, "token signature is invalid: signing method HS512 is invalid"),
        (
            lambda backend: backend.token(exp=timedelta(seconds=-120)),
            "token has invalid claims: token is expired",
        ),
        (
            lambda backend: backend.token(nbf=timedelta(seconds=600)),
            "token has invalid claims: token is not valid yet",
        ),
        (
            lambda backend: backend.token(exp=timedelta(seconds=-120), nbf=timedelta(seconds=600)),
            "token has invalid claims: token is expired, token is not valid yet",
        ),
    ],
    ids=["secret", "algorithm", "expired", "early", "both"],
)
async def test_a_bad_token_is_echoed_with_what_is_wrong(
    backend: Backend, make: Callable[[Backend], str], why: str
) -> None:
    token = make(backend)
    expected = f"invalid token: {token}, error: {why}"
    assert await backend.post(LIST, "{}", token=token) == (401, TEXT, expected.encode())


async def test_an_unknown_key_is_named(backend: Backend) -> None:
    unknown = await backend.post(LIST, "{}", token=backend.token(iss="APIunknown"))
    missing = await backend.post(LIST, "{}", token=backend.token(iss=None))
    assert unknown == (401, TEXT, b"invalid API key: APIunknown")
    assert missing == (401, TEXT, b"invalid API key: ")


async def test_claims_of_the_wrong_type_are_refused(backend: Backend) -> None:
    token = backend.token(video="everything")
    status, kind, body = await backend.post(LIST, "{}", token=token)
    assert (status, kind) == (401, TEXT)
    assert body.startswith(f"invalid token: {token}, error: token is malformed: could not JSON".encode())


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": timedelta(seconds=-30)},
        {"nbf": timedelta(seconds=30)},
        {"exp": None},
        {"iat": timedelta(seconds=6000)},
        {"sub": None},
    ],
    ids=["just expired", "a little early", "no expiry", "issued later", "no identity"],
)
async def test_tokens_that_pass(backend: Backend, claims: dict[str, Any]) -> None:
    status, _, _ = await backend.post(LIST, "{}", token=backend.token({"roomList": True}, **claims))
    assert status == 200


async def test_a_token_in_the_query_will_do(backend: Backend) -> None:
    token = backend.token({"roomList": True})
    status, _, _ = await backend.post(f"{LIST}?access_token={token}", "{}")
    assert status == 200


@pytest.mark.parametrize(
    ("method", "grants"),
    [
        ("RoomService/ListRooms", {"roomCreate": True, "roomAdmin": True}),
        ("RoomService/CreateRoom", {"roomList": True}),
        ("RoomService/DeleteRoom", {"roomList": True, "roomAdmin": True, "room": "a"}),
        ("RoomService/ListParticipants", {"roomAdmin": True, "room": "b"}),
        ("RoomService/GetParticipant", {"roomAdmin": True}),
        ("RoomService/RemoveParticipant", {"roomJoin": True, "room": "a"}),
        ("RoomService/UpdateParticipant", {"roomCreate": True}),
        ("RoomService/UpdateRoomMetadata", {"roomCreate": True}),
        ("RoomService/MutePublishedTrack", {}),
        ("RoomService/UpdateSubscriptions", {}),
        ("RoomService/SendData", {}),
        ("RoomService/PerformRpc", {}),
        ("RoomService/MoveParticipant", {"roomAdmin": True, "room": "a"}),
        ("RoomService/ForwardParticipant", {"roomAdmin": True, "room": "a", "destinationRoom": "c"}),
        ("Egress/ListEgress", {"roomList": True}),
    ],
)
async def test_a_token_without_the_grant_is_refused_in_json(
    backend: Backend, method: str, grants: dict[str, bool | str]
) -> None:
    body = '{"room": "a", "destination_room": "b", "identity": "i", "destination_identity": "i"}'
    refused = (401, "application/json", DENIED)
    assert await backend.post(method, body, token=backend.token(grants)) == refused
    assert await backend.post(method, body) == refused
    assert await backend.post(method, body, token=backend.token(video=None)) == refused
