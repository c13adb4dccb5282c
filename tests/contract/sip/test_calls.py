"""Calls where there is no SIP worker: what is refused, and how the rest ends."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api
from livekit.protocol import sip

from tests.contract.backends import Backend, failure
from tests.livekit_server import forget_telephony

NO_WORKER = (503, "unavailable", "twirp error unknown: no response from servers")
COUNTRY = "country must be a valid ISO 3166-1 alpha-2 code (2-letter like 'US', 'IN', 'UK')"


def bad(text: str) -> tuple[int, str, str]:
    return (400, "invalid_argument", text)


@pytest.fixture
async def trunk(backend: Backend) -> AsyncIterator[str]:
    """The id of a trunk to call over."""
    trunk = sip.SIPOutboundTrunkInfo(numbers=["+1"], address="sip.example.com")
    made = await backend.api.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=trunk))
    yield made.sip_trunk_id
    await forget_telephony(backend.api)


async def call(backend: Backend, **fields: Any) -> sip.SIPParticipantInfo:
    """A call to +2 from a room, but for ``fields``; None leaves one out."""
    wanted = {"sip_call_to": "+2", "room_name": "r", **fields}
    chosen = {name: value for name, value in wanted.items() if value is not None}
    return await backend.api.sip.create_sip_participant(api.CreateSIPParticipantRequest(**chosen))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"wait_until_answered": True},
        {"sip_trunk_id": None, "sip_number": "+1"},
        {"sip_trunk_id": None, "sip_number": "+1", "trunk": {"hostname": "sip.example.com"}},
    ],
)
async def test_no_worker(backend: Backend, trunk: str, fields: Any) -> None:
    assert await failure(call(backend, **{"sip_trunk_id": trunk, **fields})) == NO_WORKER
    rooms = await backend.api.room.list_rooms(api.ListRoomsRequest(names=["r"]))
    assert list(rooms.rooms) == []


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"sip_trunk_id": None}, "missing sip trunk id and sip number"),
        ({"sip_call_to": None}, "missing sip callee number"),
        ({"sip_call_to": "a@b"}, "SipCallTo should be a phone number or SIP user, not a full SIP URI"),
        ({"room_name": None}, "missing room name"),
        ({"trunk": {}}, "no outbound hostname specified"),
        ({"trunk": {"hostname": "sip:h"}}, "trunk hostname should be a hostname or IP, not SIP URI"),
        (
            {"trunk": {"hostname": "h", "headers_to_attributes": {"": "x"}}},
            "invalid header name: header name cannot be empty",
        ),
        ({"headers": {"Via": "x"}}, None),
        ({"headers": {"call-id": "x"}}, "invalid header name: header name call-id not supported"),
        ({"display_name": "x" * 129}, "DisplayName too long (max 128 characters)"),
        ({"display_name": 'a"b'}, "DisplayName must be a valid quoted string: invalid syntax"),
        (
            {"destination": {"city": "Oslo"}},
            "if city is specified, country or region must also be specified",
        ),
        ({"destination": {"country": "NOR"}}, COUNTRY),
        ({"destination": {"country": "no"}}, COUNTRY),
        ({"media": {"codecs": [{}]}}, "missing codec name"),
    ],
)
async def test_calls_that_are_refused(backend: Backend, trunk: str, fields: Any, text: str | None) -> None:
    """One of the headers that SIP itself needs passes; LiveKit forgot it in its list."""
    expected = NO_WORKER if text is None else bad(text)
    assert await failure(call(backend, **{"sip_trunk_id": trunk, **fields})) == expected


async def test_trunks_that_cannot_be_used(backend: Backend, trunk: str) -> None:
    missing = (404, "not_found", "requested sip trunk does not exist")
    assert await failure(call(backend, sip_trunk_id="ST_none")) == missing
    text = "twirp error unknown: no numbers on outbound trunk"
    inline = call(backend, trunk={"hostname": "h"})
    assert await failure(inline) == (412, "failed_precondition", text)


async def test_transfers(backend: Backend, room: str) -> None:
    async def transfer(**fields: str) -> sip.TransferSIPParticipantResponse:
        request = api.TransferSIPParticipantRequest(**fields)
        return await backend.api.sip.transfer_sip_participant(request)

    assert await failure(transfer()) == bad("twirp error unknown: Missing room name")
    assert await failure(transfer(room_name=room)) == bad("twirp error unknown: Missing participant identity")
    someone = {"room_name": room, "participant_identity": "bob"}
    assert await failure(transfer(**someone)) == bad("missing transfer to")
    uri = "transfer_to must be a valid SIP(s) or TEL URI (sip:, sips: or tel:)"
    assert await failure(transfer(**someone, transfer_to="+2")) == bad(uri)
    missing = (404, "not_found", "twirp error unknown: participant does not exist")
    assert await failure(transfer(**someone, transfer_to="tel:+2")) == missing
    await backend.join(room, "bob")
    text = "twirp error unknown: no SIP session associated with participant"
    assert await failure(transfer(**someone, transfer_to="tel:+2")) == bad(text)
    await backend.join(room, "caller", kind="sip", attributes={"sip.callID": "SCL_x"})
    caller = {"room_name": room, "participant_identity": "caller"}
    assert await failure(transfer(**caller, transfer_to="<sip:a@b>")) == NO_WORKER


async def test_the_grants(backend: Backend) -> None:
    token = backend.token(sip={"admin": True})
    status, _, body = await backend.post("SIP/CreateSIPParticipant", "{}", token=token)
    assert (status, body) == (401, b'{"code":"unauthenticated","msg":"permissions denied"}')
    token = backend.token({"roomAdmin": True, "room": "other"}, sip={"call": True})
    body_sent = '{"room_name": "r", "participant_identity": "bob", "transfer_to": "tel:1"}'
    status, _, body = await backend.post("SIP/TransferSIPParticipant", body_sent, token=token)
    assert (status, body) == (401, b'{"code":"unauthenticated","msg":"permissions denied"}')


async def test_without_redis(plain_backend: Backend) -> None:
    text = "twirp error unknown: sip not connected (redis required)"
    assert await failure(call(plain_backend)) == (500, "internal", text)
