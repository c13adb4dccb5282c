"""Telephone calls in the simulator, from dialling to hanging up."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api
from livekit.protocol import models, sip

from livekit_dashboard.simulator import World
from tests.contract.backends import failure
from tests.livekit_server import Simulator, simulated_server

ATTRIBUTE = "sip.callStatus"


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A server with a telephone, and a trunk to call over."""
    world = World(sip_worker=True)
    world.sip.outbound["ST_out"] = sip.SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", address="sip.example.com", numbers=["+15550100"]
    )
    async with simulated_server(world) as server:
        yield server


@pytest.fixture
def world(simulator: Simulator) -> World:
    return simulator.world


@pytest.fixture
async def lk(simulator: Simulator) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(simulator.url, simulator.api_key, simulator.api_secret) as lk:
        yield lk


async def _call(lk: api.LiveKitAPI, to: str = "+2", **fields: Any) -> sip.SIPParticipantInfo:
    request = api.CreateSIPParticipantRequest(
        sip_trunk_id="ST_out", sip_call_to=to, room_name="hall", **fields
    )
    return await lk.sip.create_sip_participant(request)


async def test_a_call_is_dialled_rings_and_is_answered(world: World, lk: api.LiveKitAPI) -> None:
    info = await _call(lk, participant_attributes={"a": "b"})
    call = world.telephony.calls[info.sip_call_id]
    assert (info.participant_identity, info.room_name) == ("sip_+2", "hall")
    assert info.sip_call_id.startswith("SCL_")
    person = world.participant("hall", "sip_+2")
    assert person.sid == info.participant_id
    assert person.kind == models.ParticipantInfo.SIP
    assert dict(person.attributes) == {
        "a": "b",
        "sip.callID": info.sip_call_id,
        "sip.trunkID": "ST_out",
        "sip.phoneNumber": "+2",
        "sip.hostname": "sip.example.com",
        "sip.trunkPhoneNumber": "+15550100",
        ATTRIBUTE: "dialing",
    }
    await world.settled()
    assert call.history == ["dialing", "ringing", "active"]
    assert [track.source for track in person.tracks] == [models.MICROPHONE]
    world.telephony.hang_up(info.sip_call_id)
    assert world.participants("hall") == []
    assert call.status == "hangup"


async def test_waiting_for_the_answer(world: World, lk: api.LiveKitAPI) -> None:
    info = await _call(lk, wait_until_answered=True)
    assert world.participant("hall", info.participant_identity).attributes[ATTRIBUTE] == "active"


async def test_numbers_that_are_hidden(world: World, lk: api.LiveKitAPI) -> None:
    await _call(lk, hide_phone_number=True, participant_identity="x")
    attributes = world.participant("hall", "x").attributes
    assert not {"sip.phoneNumber", "sip.hostname", "sip.trunkPhoneNumber"} & set(attributes)


async def test_digits_are_dialled_once_it_is_answered(world: World, lk: api.LiveKitAPI) -> None:
    info = await _call(lk, dtmf="123#")
    await world.settled()
    assert world.telephony.calls[info.sip_call_id].history == ["dialing", "ringing", "automation", "active"]


@pytest.mark.parametrize(
    ("callee", "status", "code", "sip_code", "reason"),
    [
        ("is busy", 429, "resource_exhausted", 486, "Busy Here"),
        ("declines", 403, "permission_denied", 603, "Decline"),
        ("is away", 429, "resource_exhausted", 480, "Temporarily Unavailable"),
        ("does not exist", 404, "not_found", 404, "Not Found"),
    ],
)
async def test_calls_that_fail(
    world: World, lk: api.LiveKitAPI, callee: Any, status: int, code: str, sip_code: int, reason: str
) -> None:
    world.telephony.callees["+2"] = callee
    with pytest.raises(api.SipCallError) as caught:
        await _call(lk, wait_until_answered=True)
    error = caught.value
    assert (error.status, error.code, error.message) == (
        status,
        code,
        f"twirp error unknown: sip status: {sip_code}: {reason}",
    )
    assert (error.sip_status_code, error.sip_status) == (sip_code, reason)
    assert world.participants("hall") == []


async def test_nobody_answers(world: World, lk: api.LiveKitAPI) -> None:
    world.telephony.callees["+2"] = "does not answer"
    text = "twirp error unknown: sip request timed out"
    assert await failure(_call(lk, wait_until_answered=True)) == (408, "canceled", text)


async def test_a_failure_that_nobody_waits_for(world: World, lk: api.LiveKitAPI) -> None:
    world.telephony.callees["+2"] = "is busy"
    await _call(lk)
    await world.settled()
    assert world.participants("hall") == []


async def test_removing_the_participant_hangs_up(world: World, lk: api.LiveKitAPI) -> None:
    waiting = asyncio.create_task(_call(lk, wait_until_answered=True))
    while not world.telephony.calls:
        await asyncio.sleep(0)
    await lk.room.remove_participant(api.RoomParticipantIdentity(room="hall", identity="sip_+2"))
    assert (await failure(waiting))[1] == "canceled"
    await world.settled()
    assert world.telephony.calls == {}


async def test_a_worker_that_is_exhausted(world: World, lk: api.LiveKitAPI) -> None:
    world.telephony.exhausted = True
    assert await failure(_call(lk)) == (503, "unavailable", "twirp error unknown: cpu exhausted")


async def test_a_room_that_is_full(world: World, lk: api.LiveKitAPI) -> None:
    world.create_room("hall", max_participants=1)
    world.join("hall", "ada")
    assert (await failure(_call(lk)))[:2] == (500, "internal")


async def test_a_transfer_ends_the_call(world: World, lk: api.LiveKitAPI) -> None:
    await _call(lk, wait_until_answered=True)
    request = api.TransferSIPParticipantRequest(
        room_name="hall", participant_identity="sip_+2", transfer_to="sip:+3@pbx.example.com"
    )
    world.telephony.callees["+3"] = "is busy"
    with pytest.raises(api.SipCallError) as caught:
        await lk.sip.transfer_sip_participant(request)
    assert caught.value.sip_status_code == 486
    assert caught.value.message.endswith("call transfer failed: sip status: 486: Busy Here")
    request.transfer_to = "tel:+4"
    await lk.sip.transfer_sip_participant(request)
    assert world.participants("hall") == []


async def test_transfers_that_come_too_early_or_too_late(world: World, lk: api.LiveKitAPI) -> None:
    async def transfer(identity: str) -> None:
        request = api.TransferSIPParticipantRequest(
            room_name="hall", participant_identity=identity, transfer_to="tel:+3"
        )
        await lk.sip.transfer_sip_participant(request)

    await _call(lk)
    text = "twirp error unknown: can't transfer non established call"
    assert await failure(transfer("sip_+2")) == (412, "failed_precondition", text)
    world.join("hall", "x", kind="SIP", attributes={"sip.callID": "SCL_gone"})
    assert await failure(transfer("x")) == (404, "not_found", "twirp error unknown: unknown call")


def _rule(rule_id: str, rule: sip.SIPDispatchRule, **fields: Any) -> sip.SIPDispatchRuleInfo:
    return sip.SIPDispatchRuleInfo(sip_dispatch_rule_id=rule_id, rule=rule, **fields)


async def test_an_inbound_call_rings_until_someone_talks(world: World) -> None:
    world.sip.inbound["ST_in"] = sip.SIPInboundTrunkInfo(sip_trunk_id="ST_in", numbers=["+1 555 0199"])
    direct = sip.SIPDispatchRule(dispatch_rule_direct=sip.SIPDispatchRuleDirect(room_name="desk"))
    world.sip.rules["SDR_1"] = _rule("SDR_1", direct, trunk_ids=["ST_in"], attributes={"a": "b"})
    call = world.telephony.incoming("+2", "15550199")
    assert call is not None
    assert (call.room, call.person.identity, call.person.name) == ("desk", "sip_+2", "Phone +2")
    assert call.person.attributes["sip.trunkID"] == "ST_in"
    assert call.person.attributes["sip.ruleID"] == "SDR_1"
    assert call.person.attributes["a"] == "b"
    await world.settled()
    assert call.status == "ringing"
    world.join("desk", "ada")
    world.publish("desk", "ada", "microphone")
    await world.settled()
    assert call.status == "active"


async def test_where_inbound_calls_go(world: World) -> None:
    rules = sip.SIPDispatchRule
    individual = sip.SIPDispatchRuleIndividual(room_prefix="call", no_randomness=True)
    locked = sip.SIPDispatchRuleDirect(room_name="locked", pin="12")
    callee = sip.SIPDispatchRuleCallee(room_prefix="to")
    world.sip.rules["SDR_1"] = _rule("SDR_1", rules(dispatch_rule_individual=individual))
    world.sip.rules["SDR_2"] = _rule("SDR_2", rules(dispatch_rule_direct=locked))
    world.sip.rules["SDR_3"] = _rule("SDR_3", rules(dispatch_rule_callee=callee), numbers=["+9"])

    def room(called: str, pin: str = "") -> str:
        call = world.telephony.incoming("+2", called, pin=pin)
        return call.room if call else ""

    assert room("+1") == "call_+2"
    assert room("+1", pin="12") == "locked"
    assert room("+1", pin="13") == ""
    assert room("+9") == "to_+9"
