"""Phone calls. LiveKit keeps no list of them: a call is a participant of kind SIP, and is gone when that is."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from livekit import api
from livekit.protocol.sip import (
    SIPDispatchRuleInfo,
    SIPTransferStatus,
)

from ..phone_numbers import hide, hide_in
from . import sip_rules, sip_trunks
from .call_errors import CallFailed, NoSipWorker, SipWorkerBusy
from .errors import LiveKitError, NotFound, NoWorker
from .look_through import Look, look_through
from .missing import Gaps
from .participants import Participant
from .rooms import Room
from .sip_match.numbers import normalize
from .sip_match.rules import kind_of, room_of
from .sip_trunks import Direction, Link

if TYPE_CHECKING:
    from .livekit import LiveKit

# Rooms that every look at the page goes into, the likeliest first.
FEW = 20
RINGING = 30  # Seconds; what the SDK has LiveKit wait for an answer where nothing else is said.
# Seconds that LiveKit may take on top of the ringing.
MARGIN = 10.0


@dataclass(frozen=True)
class Call:
    """A call that is under way, as its participant's attributes tell it."""

    room: str
    identity: str
    name: str
    sid: str
    status: str  # "dialing", "ringing", "automation" (DTMF is sent), "active", "hangup"; or empty.
    direction: Direction
    number: str  # The other side's; empty where it is hidden from the room.
    own_number: str
    host: str
    call_id: str
    trunk_id: str
    rule_id: str
    joined: datetime | None
    trunk: Link | None = None
    rule: Link | None = None

    @property
    def caller(self) -> str:
        return self.number if self.direction == "inbound" else self.own_number

    @property
    def called(self) -> str:
        return self.own_number if self.direction == "inbound" else self.number

    @property
    def numbers(self) -> tuple[str, ...]:
        """Its numbers, as they may be spelt in names."""
        own = [number for number in (self.number, self.own_number) if number]
        return tuple(dict.fromkeys([*own, *map(normalize, own), *(number.lstrip("+") for number in own)]))

    def hidden(self) -> "Call":
        """The same with its numbers half hidden, in names that were made of them too."""
        return replace(
            self,
            number=hide(self.number),
            own_number=hide(self.own_number),
            room=self.without_numbers(self.room),
            identity=self.without_numbers(self.identity),
            name=self.without_numbers(self.name),
        )

    def without_numbers(self, text: str) -> str:
        """A text in which its numbers are half hidden."""
        return hide_in(text, self.numbers)


@dataclass(frozen=True)
class Calls:
    """The calls that a look found, and how far it went."""

    calls: Sequence[Call]
    look: Look
    trunks: int  # Outbound ones.
    gap: str = ""  # Which lists of trunks and rules this server doesn't have.

    @property
    def cost(self) -> int:
        """Calls of LiveKit: rooms, trunks of both directions, rules, and a room each."""
        return 4 + self.look.looked


@dataclass(frozen=True)
class Glance:
    """The calls of one direction that a page about something else shows beside it. `error` is why it can't."""

    calls: Sequence[Call] = ()
    complete: bool = True  # Whether every room that may have a call was checked.
    error: LiveKitError | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        return tuple(number for call in self.calls for number in call.numbers)


@dataclass(frozen=True)
class Placed:
    """A call that was placed; `answered` if it was waited for."""

    room: str
    identity: str
    call_id: str
    number: str
    answered: bool


@dataclass(frozen=True)
class OutboundTrunk:
    """A trunk to call by, as a form offers it."""

    id: str
    label: str
    numbers: tuple[str, ...]


class SipCalls:
    """The calls of the SIP service that concern phone calls, and what the rooms tell of them."""

    def __init__(self, livekit: "LiveKit") -> None:
        self._livekit = livekit

    async def live(self, told: Collection[str], *, most: int = FEW) -> Calls:
        """Calls in at most so many rooms; `told` are rooms in which webhooks said a phone was."""
        livekit = self._livekit
        gaps = Gaps()
        rooms, (inbound, outbound, rules) = await asyncio.gather(livekit.rooms.list(), self._stored(gaps))
        look = await look_through(livekit, likeliest(rooms, told, rules), most, is_phone)
        links = _links(map(sip_trunks.from_proto, [*inbound, *outbound]))
        by_rule = _links(map(sip_rules.from_proto, rules))
        calls = [_linked(from_participant(person), links, by_rule) for person in look.people]
        return Calls(calls, replace(look, people=()), len(outbound), gaps.reason)

    async def glance(self, told: Collection[str], direction: Direction) -> Glance:
        """The calls of one direction, newest first, as `live` finds them. Never raises: a page goes on without."""
        try:
            found = await self.live(told)
        except LiveKitError as error:
            return Glance(error=error)
        calls = [call for call in found.calls if call.direction == direction]
        calls.sort(key=lambda call: call.joined.timestamp() if call.joined else 0, reverse=True)
        return Glance(calls, found.look.complete)

    async def get(self, room: str, identity: str) -> tuple[Call, str]:
        """A call, and its participant as protobuf JSON. Raises NotFound when it is over."""
        livekit = self._livekit
        (person, json), (inbound, outbound, rules) = await asyncio.gather(
            livekit.participants.get_with_json(room, identity), self._stored(Gaps())
        )
        if not is_phone(person):
            raise NotFound("this participant is no phone")
        links = _links(map(sip_trunks.from_proto, [*inbound, *outbound]))
        return _linked(from_participant(person), links, _links(map(sip_rules.from_proto, rules))), json

    async def _stored(self, gaps: Gaps) -> tuple[Sequence[Any], Sequence[Any], Sequence[SIPDispatchRuleInfo]]:
        """Trunks and rules, which calls are linked to; a call is one without them too."""
        sip = self._livekit.sip
        inbound, outbound, rules = await asyncio.gather(
            gaps.fill(sip.trunks.list("inbound"), ()),
            gaps.fill(sip.trunks.list("outbound"), ()),
            gaps.fill(sip.rules.list(), ()),
        )
        return inbound, outbound, rules

    async def trunks(self) -> Sequence[OutboundTrunk]:
        """What a call can go out by, by name."""
        trunks = map(sip_trunks.from_proto, await self._livekit.sip.trunks.list("outbound"))
        offered = [OutboundTrunk(trunk.id, trunk.label, trunk.numbers) for trunk in trunks]
        return sorted(offered, key=lambda trunk: (trunk.label.casefold(), trunk.id))

    async def place(self, request: api.CreateSIPParticipantRequest) -> Placed:
        """Calls somebody into a room. Raises Invalid, NotFound, NoSipWorker, SipWorkerBusy, CallFailed."""
        wait = request.wait_until_answered
        limit = ringing(request) + MARGIN if wait else self._livekit.settings.livekit_timeout
        call = self._livekit.api.sip.create_sip_participant(request)
        try:
            made = await self._livekit.call("SIP/CreateSIPParticipant", call, limit=limit)
        except NoWorker as error:
            raise _no_worker(error) from error
        return Placed(made.room_name, made.participant_identity, made.sip_call_id, request.sip_call_to, wait)

    async def status(self, room: str, identity: str) -> str:
        """Of a call that may not be there yet or any more, which gives the empty word."""
        people = await self._livekit.participants.list(room)
        return next((from_participant(one).status for one in people if one.identity == identity), "")

    async def hang_up(self, room: str, identity: str) -> bool:
        """Ends a call, by removing its participant. False if it was over already."""
        try:
            await self._livekit.participants.remove(room, identity)
        except NotFound:
            return False
        return True

    async def transfer(self, request: api.TransferSIPParticipantRequest) -> None:
        """Hands the call over, which ends it here. Raises NotFound, NoSipWorker, CallFailed."""
        call = self._livekit.api.sip.transfer_sip_participant(request)
        limit = ringing(request) + MARGIN
        try:
            answer = await self._livekit.call("SIP/TransferSIPParticipant", call, limit=limit)
        except NoWorker as error:
            raise _no_worker(error) from error
        # Servers of your own leave the answer empty, which reads as "ongoing".
        if answer.status == SIPTransferStatus.STS_TRANSFER_FAILED:
            raise CallFailed("the transfer failed", answer="200")


def new(*, room: str = "", to: str = "", trunk: str = "") -> api.CreateSIPParticipantRequest:
    """A call as most want it: waited for."""
    return api.CreateSIPParticipantRequest(
        room_name=room, sip_call_to=to, sip_trunk_id=trunk, wait_until_answered=True
    )


def where(request: api.CreateSIPParticipantRequest) -> tuple[str, str]:
    """Room and identity of the call that a request asks for: LiveKit makes one of the number where none is given."""
    return request.room_name, request.participant_identity or f"sip_{request.sip_call_to}"


def new_transfer(room: str, identity: str) -> api.TransferSIPParticipantRequest:
    """A transfer to nowhere yet."""
    return api.TransferSIPParticipantRequest(room_name=room, participant_identity=identity)


def is_phone(person: Participant) -> bool:
    """Whether a participant is a call."""
    return person.kind == "sip"


def likeliest(
    rooms: Sequence[Room], told: Collection[str], rules: Sequence[SIPDispatchRuleInfo]
) -> list[Room]:
    """Rooms that may have a call in them: those that webhooks told of, then those named by a rule, then all others
    with anyone in them, the newest first. The count of heads lags, so the first two may be empty."""

    direct = {room_of(rule) for rule in rules if kind_of(rule) == "direct"}
    beginnings = tuple({f"{room_of(rule)}_" for rule in rules if kind_of(rule) != "direct" and room_of(rule)})
    # Without a prefix the name is a number, and maybe something random.
    plain = any(kind_of(rule) != "direct" and not room_of(rule) for rule in rules)

    def rank(room: Room) -> int:
        if room.name in told:
            return 0
        named = room.name in direct or room.name.startswith(beginnings)
        return 1 if named or (plain and room.name[:1] in "+0123456789") else 2

    ranked = [(rank(room), room) for room in rooms]
    likely = [(place, room) for place, room in ranked if place < 2 or room.participants]
    likely.sort(key=lambda pair: (pair[0], -pair[1].created.timestamp(), pair[1].name))
    return [room for _, room in likely]


def from_participant(person: Participant) -> Call:
    """A call as its participant tells it."""
    told = person.attributes.get
    rule_id = told("sip.ruleID", "")
    return Call(
        room=person.room,
        identity=person.identity,
        name=person.name,
        sid=person.sid,
        status=told("sip.callStatus", ""),
        # Only a dispatch rule lets a call in, and every call out is placed without one.
        direction="inbound" if rule_id else "outbound",
        number=told("sip.phoneNumber", ""),
        own_number=told("sip.trunkPhoneNumber", ""),
        host=told("sip.hostname", ""),
        call_id=told("sip.callID", ""),
        trunk_id=told("sip.trunkID", ""),
        rule_id=rule_id,
        joined=person.joined,
    )


def _links(rows: "map[sip_trunks.Trunk] | map[sip_rules.Rule]") -> dict[str, Link]:
    return {row.id: row.link for row in rows}


def _linked(call: Call, trunks: dict[str, Link], rules: dict[str, Link]) -> Call:
    def link(known: dict[str, Link], wanted: str) -> Link | None:
        return known.get(wanted, Link(wanted, wanted, known=False)) if wanted else None

    return replace(call, trunk=link(trunks, call.trunk_id), rule=link(rules, call.rule_id))


def _no_worker(error: NoWorker) -> NoWorker:
    return (SipWorkerBusy if error.reason == "cpu exhausted" else NoSipWorker).like(error)


def ringing(request: Any) -> float:
    """Seconds that the other side has to answer a call or a transfer that is asked for."""
    return float(request.ringing_timeout.seconds) if request.HasField("ringing_timeout") else float(RINGING)
