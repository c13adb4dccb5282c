"""Which rooms are checked for calls, and the error for each way a call fails."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from livekit.api import ServerError
from livekit.protocol import sip
from livekit.protocol.models import ParticipantInfo
from livekit.protocol.models import Room as RoomMessage
from livekit.protocol.sip import SIPDispatchRuleInfo
from livekit.protocol.webhook import WebhookEvent

from livekit_dashboard.services.errors.rpc import rpc_sentence
from livekit_dashboard.services.errors.sip import (
    BY_SIP_STATUS,
    CalleeBusy,
    CallFailed,
    CallRejected,
    NotAnswered,
    NotEstablished,
    PhoneKeptOut,
    RpcFailed,
)
from livekit_dashboard.services.errors.translation import from_server
from livekit_dashboard.services.errors.tree import LiveKitError
from livekit_dashboard.services.rooms.rooms import Room
from livekit_dashboard.services.sip.call_failures import transfer_failed, transfer_report
from livekit_dashboard.services.sip.call_rooms import likeliest
from livekit_dashboard.services.sip.calls import Call
from livekit_dashboard.services.webhooks.presence import KEPT as PEOPLE
from livekit_dashboard.services.webhooks.presence import Presence
from livekit_dashboard.services.webhooks.webhooks import KEPT, Feed, from_proto
from tests.sip_builders import callee, direct, individual

NOW = datetime.now(UTC)


def _room(name: str, people: int = 1, age: int = 0) -> Room:
    created = NOW - timedelta(seconds=age)
    return Room(name, f"RM_{name}", created, people, 0, None, False, "", 300, 20, ())


def _names(
    rooms: list[Room], told: set[str] | None = None, rules: list[SIPDispatchRuleInfo] | None = None
) -> list[str]:
    return [room.name for room in likeliest(rooms, told or set(), rules or [])]


def test_the_newest_rooms_come_first_and_empty_ones_not_at_all() -> None:
    assert _names([_room("old", age=9), _room("empty", 0), _room("new"), _room("older", age=99)]) == [
        "new",
        "old",
        "older",
    ]


def test_rooms_that_webhooks_or_rules_name_come_first_even_if_the_count_says_empty() -> None:
    rooms = [_room("new"), _room("lobby", 0, 50), _room("call_+15550100_x", 0, 60), _room("told", 0, 70)]
    rules = [direct(room="lobby"), individual("2", "call")]
    assert _names(rooms, {"told"}, rules) == ["told", "lobby", "call_+15550100_x", "new"]


@pytest.mark.parametrize(
    ("rule", "name", "named"),
    [
        (direct(room="lobby"), "lobby", True),
        (direct(room="lobby"), "lobby_1", False),
        (individual(prefix="call"), "call_+1", True),
        (individual(prefix="call"), "caller", False),
        (individual(prefix=""), "+15550100_abc", True),
        (individual(prefix=""), "15550100", True),
        (individual(prefix=""), "standup", False),
        (callee(prefix="desk"), "desk_+1", True),
        (SIPDispatchRuleInfo(), "standup", False),
    ],
)
def test_what_a_rule_may_have_named(rule: SIPDispatchRuleInfo, name: str, named: bool) -> None:
    assert (_names([_room(name, 0)], set(), [rule]) == [name]) is named


def test_ten_thousand_rooms_and_a_hundred_rules_take_no_time() -> None:
    rooms = [_room(f"room-{number}") for number in range(10_000)]
    rules = [individual(str(number), f"call{number}") for number in range(100)]
    started = time.perf_counter()
    assert len(likeliest(rooms, set(), rules)) == 10_000
    assert time.perf_counter() - started < 1


def _call(**changes: object) -> Call:
    given: dict[str, object] = {
        "room": "call_+15557654321_x",
        "identity": "sip_15557654321",
        "name": "Phone +15557654321",
        "sid": "PA_1",
        "status": "active",
        "direction": "inbound",
        "number": "+15557654321",
        "own_number": "+15550100100",
        "host": "",
        "call_id": "",
        "trunk_id": "",
        "rule_id": "",
        "joined": None,
    }
    return Call(**{**given, **changes})  # type: ignore[arg-type]


def test_a_hidden_call_has_its_numbers_nowhere() -> None:
    assert "5557654321" not in repr(_call().hidden())
    assert "5550100100" not in repr(_call().hidden())
    assert (_call().caller, _call().called) == ("+15557654321", "+15550100100")
    out = _call(direction="outbound")
    assert (out.caller, out.called) == ("+15550100100", "+15557654321")


# -- what LiveKit says -----------------------------------------------------------------------------------


def _error(code: str, message: str, **metadata: str) -> LiveKitError:
    return from_server(ServerError(code, f"twirp error unknown: {message}", status=500, metadata=metadata))


def test_every_sip_status_has_words_of_its_own() -> None:
    assert len({kind.title for kind in BY_SIP_STATUS.values()}) == len(set(BY_SIP_STATUS.values()))
    for kind in BY_SIP_STATUS.values():
        assert kind.title != CallFailed.title


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (
            _error("resource_exhausted", "sip status: 486", sip_status_code="486", sip_status="Busy Here"),
            CalleeBusy,
            "SIP status 486 Busy Here",
        ),
        (_error("permission_denied", "x", sip_status_code="403"), CallRejected, "SIP status 403"),
        (_error("unknown", "x", sip_status_code="599"), CallFailed, "SIP status 599"),
        (_error("canceled", "sip request timed out"), NotAnswered, "sip request timed out"),
        (_error("internal", "late", sip_transfer_reason="STR_RINGING_TIMEOUT"), NotAnswered, "late"),
        (_error("internal", "new", sip_transfer_reason="STR_NEW"), CallFailed, "new"),
        (
            _error("failed_precondition", "can't transfer non established call"),
            NotEstablished,
            "can't transfer non established call",
        ),
        (
            _error("internal", "update room failed: no place"),
            PhoneKeptOut,
            "update room failed: no place",
        ),
        (
            _error("internal", "RpcError 1500: Application error"),
            RpcFailed,
            "RPC error 1500: Application error",
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_became_of_it(error: LiveKitError, kind: type[LiveKitError], reason: str) -> None:
    assert type(error) is kind
    assert error.reason == reason


@pytest.mark.parametrize("code", ["", "x", "²", "-1"])
def test_a_status_that_is_none_is_not_taken_for_one(code: str) -> None:
    assert not isinstance(_error("internal", "boom", sip_status_code=code), CallFailed)


def test_an_apps_own_error_is_told_as_it_came() -> None:
    error = RpcFailed("RPC error 4242: {method} {0}")
    assert rpc_sentence(error, "greet") == error.reason
    assert "“{x}”" in rpc_sentence(RpcFailed("RPC error 1400: no"), "{x}")


# -- who is there, as far as webhooks tell -----------------------------------------------------------------


def test_present_are_those_who_joined_and_have_not_left() -> None:
    feed = Feed()
    told = [
        ("participant_joined", "standup", "ana"),
        ("participant_joined", "standup", "bob"),
        ("track_published", "standup", "bob"),
        ("participant_left", "standup", "ana"),
        ("participant_joined", "lounge", "eve"),
        ("room_finished", "lounge", ""),
        ("participant_joined", "lounge", "zoe"),
    ]
    for number, (event, room, identity) in enumerate(told):
        # LiveKit doesn't say of what kind the publisher of a track is.
        kind = ParticipantInfo.STANDARD if event == "track_published" else ParticipantInfo.SIP
        message = WebhookEvent(id=f"EV_{number}", event=event, room=RoomMessage(name=room))
        if identity:
            message.participant.CopyFrom(ParticipantInfo(identity=identity, kind=kind))
        feed.add(from_proto(message))
    assert {(one.room, one.identity, one.kind) for one in feed.present()} == {
        ("standup", "bob", "sip"),
        ("lounge", "zoe", "sip"),
    }


def test_a_busy_room_pushes_nobody_of_another_out() -> None:
    feed = Feed()

    def tell(number: int, event: str, room: str, identity: str) -> None:
        person = ParticipantInfo(identity=identity)
        message = WebhookEvent(
            id=f"EV_{number}", event=event, room=RoomMessage(name=room), participant=person
        )
        feed.add(from_proto(message))

    tell(0, "participant_joined", "quiet", "kwame")
    for number in range(1, KEPT + 100):
        tell(number, "track_published", "busy", "ana")
    assert not feed.events("quiet")
    assert [one.identity for one in feed.present()] == ["kwame"]
    tell(-1, "participant_left", "quiet", "kwame")
    assert not feed.present()


def test_who_is_there_is_bounded() -> None:
    presence = Presence()
    for number in range(PEOPLE + 5):
        presence.tell("participant_joined", "hall", f"person-{number}", "standard")
    presence.tell("participant_joined", "hall", "person-7", "standard")
    assert len(presence.known()) == PEOPLE
    assert [one.identity for one in presence.known()[:2]] == ["person-7", f"person-{PEOPLE + 4}"]
    presence.tell("room_finished", "hall", "", "")
    assert not presence.known()


# -- what LiveKit reports about a transfer -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ({"reason": sip.SIPTransferReason.STR_REJECTED}, CallRejected, "the new side rejected the transfer"),
        ({"reason": sip.SIPTransferReason.STR_RINGING_TIMEOUT}, NotAnswered, "within the ringing timeout"),
        ({"sip_status": {"code": 486, "status": "Busy Here"}}, CalleeBusy, "SIP status 486 Busy Here"),
        ({"transfer_id": "TR_1"}, CallFailed, "transfer ID TR_1"),
        ({}, CallFailed, "the transfer failed"),
    ],
    ids=str,
)
def test_a_failed_transfer_has_status_and_reason(
    answer: dict[str, Any], kind: type[CallFailed], words: str
) -> None:
    error = transfer_failed(sip.TransferSIPParticipantResponse(**answer))
    assert type(error) is kind
    assert words in error.reason


def test_a_transfer_that_worked_has_what_livekit_reports() -> None:
    answer = sip.TransferSIPParticipantResponse(
        transfer_id="TR_1",
        reason=sip.SIPTransferReason.STR_COMPLETED,
        sip_status={"code": 200, "status": "OK"},
    )
    assert transfer_report(answer) == "transfer completed, SIP status 200 OK, transfer ID TR_1"
    assert transfer_report(sip.TransferSIPParticipantResponse()) == ""


@pytest.mark.parametrize("code", range(300, 700))
def test_no_sip_status_is_left_without_a_sentence(code: int) -> None:
    error = _error("internal", "x", sip_status_code=str(code), sip_status="Reason")
    assert isinstance(error, CallFailed)
    assert error.reason == f"SIP status {code} Reason"
    assert error.steps
