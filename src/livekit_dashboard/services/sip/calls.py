"""Phone calls in progress: finds, places, transfers and ends them.

LiveKit keeps no list of calls. A call is a participant of kind SIP, and ends when it leaves its room.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from livekit import api
from livekit.protocol.sip import (
    SIPDispatchRuleInfo,
    SIPTransferStatus,
)

from livekit_dashboard.phone_numbers import hide, hide_in
from livekit_dashboard.services.errors.tree import LiveKitError, NotFound, NotLiveKit
from livekit_dashboard.services.missing import Gaps
from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.participants.participants import Participants
from livekit_dashboard.services.rooms.rooms import Rooms
from livekit_dashboard.services.rooms.scan import Look, look_through
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.sip.match.numbers import normalize

from . import rules as sip_rules
from . import trunks as sip_trunks
from .call_failures import ended, placing, transfer_failed, transfer_report, transferring
from .call_requests import ringing
from .call_rooms import is_phone, likeliest
from .rules import Rules
from .trunks import Direction, Link, Trunks

# Rooms checked on every load of the page, the most likely first.
FEW = 20
# Attributes with fields of their own in a Call.
KNOWN = frozenset(
    f"sip.{name}"
    for name in ("callStatus", "phoneNumber", "trunkPhoneNumber", "hostname", "callID", "trunkID", "ruleID")
)
# Seconds that LiveKit may take in addition to the ringing.
MARGIN = 10.0


@dataclass(frozen=True)
class Call:
    """A call in progress, from its participant's attributes."""

    room: str
    identity: str
    name: str
    sid: str
    status: str  # "dialing", "ringing", "automation" (DTMF is sent), "active", "hangup"; or empty.
    direction: Direction
    number: str  # Of the other side; empty if it is hidden from the room.
    own_number: str
    host: str
    call_id: str
    trunk_id: str
    rule_id: str
    joined: datetime | None
    attributes: Mapping[str, str] = field(
        default_factory=dict
    )  # All other `sip.` ones: headers, provider IDs.
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
        """Its numbers, in every spelling that names may have."""
        own = [number for number in (self.number, self.own_number) if number]
        return tuple(dict.fromkeys([*own, *map(normalize, own), *(number.lstrip("+") for number in own)]))

    def hidden(self) -> "Call":
        """The same with its numbers masked, also in names that contain them."""
        return replace(
            self,
            number=hide(self.number),
            own_number=hide(self.own_number),
            room=self.without_numbers(self.room),
            identity=self.without_numbers(self.identity),
            name=self.without_numbers(self.name),
        )

    def without_numbers(self, text: str) -> str:
        """A text with this call's numbers masked."""
        return hide_in(text, self.numbers)


@dataclass(frozen=True)
class Calls:
    """The calls that a scan of rooms found, and how many rooms it checked."""

    calls: Sequence[Call]
    look: Look
    trunks: int  # Outbound ones.
    gap: str = ""  # Which lists of trunks and rules this server doesn't have.

    @property
    def cost(self) -> int:
        """API calls: rooms, trunks of both directions, rules, and one for each room checked."""
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
    """A call that was placed; `answered` if the request waited for the answer."""

    room: str
    identity: str
    call_id: str
    number: str
    answered: bool


@dataclass(frozen=True)
class OutboundTrunk:
    """An outbound trunk, as a form lists it."""

    id: str
    label: str
    numbers: tuple[str, ...]


class SipCalls:
    """Phone calls through the SIP service, and from the participants of rooms."""

    def __init__(
        self, session: Session, rooms: Rooms, participants: Participants, trunks: Trunks, rules: Rules
    ) -> None:
        self._session = session
        self._rooms = rooms
        self._participants = participants
        self._trunks = trunks
        self._rules = rules

    async def live(self, told: Collection[str], *, most: int = FEW) -> Calls:
        """Calls in at most `most` rooms; `told` are rooms in which webhooks reported a phone."""
        gaps = Gaps()
        rooms, (inbound, outbound, rules) = await asyncio.gather(self._rooms.list(), self._stored(gaps))
        look = await look_through(self._participants, likeliest(rooms, told, rules), most, is_phone)
        links = _links(map(sip_trunks.from_proto, [*inbound, *outbound]))
        by_rule = _links(map(sip_rules.from_proto, rules))
        calls = [_linked(from_participant(person), links, by_rule) for person in look.people]
        return Calls(calls, replace(look, people=()), len(outbound), gaps.reason)

    async def glance(self, told: Collection[str], direction: Direction) -> Glance:
        """The calls of one direction, newest first, as `live` finds them; a page is complete without them.

        Raises NotLiveKit only, of which a page must not show anything.
        """
        try:
            found = await self.live(told)
        except NotLiveKit:
            raise
        except LiveKitError as error:
            return Glance(error=error)
        calls = [call for call in found.calls if call.direction == direction]
        calls.sort(key=lambda call: call.joined.timestamp() if call.joined else 0, reverse=True)
        return Glance(calls, found.look.complete)

    async def get(self, room: str, identity: str) -> tuple[Call, str]:
        """A call, and its participant as protobuf JSON. Raises CallEnded, and NotFound for what isn't a phone."""
        try:
            (person, json), (inbound, outbound, rules) = await asyncio.gather(
                self._participants.get_with_json(room, identity), self._stored(Gaps())
            )
        except NotFound as error:
            raise ended(room, identity) from error
        if not is_phone(person):
            raise NotFound(f"“{identity}” in room “{room}” isn’t a phone")
        links = _links(map(sip_trunks.from_proto, [*inbound, *outbound]))
        return _linked(from_participant(person), links, _links(map(sip_rules.from_proto, rules))), json

    async def _stored(self, gaps: Gaps) -> tuple[Sequence[Any], Sequence[Any], Sequence[SIPDispatchRuleInfo]]:
        """Trunks and rules, to link calls to. They are optional: an older server may lack them."""
        inbound, outbound, rules = await asyncio.gather(
            gaps.fill(self._trunks.list("inbound"), ()),
            gaps.fill(self._trunks.list("outbound"), ()),
            gaps.fill(self._rules.list(), ()),
        )
        return inbound, outbound, rules

    async def trunks(self) -> Sequence[OutboundTrunk]:
        """The outbound trunks, by name."""
        trunks = map(sip_trunks.from_proto, await self._trunks.list("outbound"))
        offered = [OutboundTrunk(trunk.id, trunk.label, trunk.numbers) for trunk in trunks]
        return sorted(offered, key=lambda trunk: (trunk.label.casefold(), trunk.id))

    async def place(self, request: api.CreateSIPParticipantRequest) -> Placed:
        """Calls a number into a room. Raises NoSuchTrunk, TrunkWithoutNumber, Invalid, NoSipWorker, CallFailed …"""
        wait = request.wait_until_answered
        limit = ringing(request) + MARGIN if wait else self._session.settings.livekit_timeout
        call = self._session.api.sip.create_sip_participant(request)
        with placing(request):
            made = await self._session.call("SIP/CreateSIPParticipant", call, limit=limit)
        return Placed(made.room_name, made.participant_identity, made.sip_call_id, request.sip_call_to, wait)

    async def status(self, room: str, identity: str) -> str:
        """The status of a call, or "" if it isn't there yet or has ended."""
        people = await self._participants.list(room)
        return next((from_participant(one).status for one in people if one.identity == identity), "")

    async def hang_up(self, room: str, identity: str) -> bool:
        """Ends a call by removing its participant. False if it had ended already."""
        try:
            await self._participants.remove(room, identity)
        except NotFound:
            return False
        return True

    async def transfer(self, request: api.TransferSIPParticipantRequest) -> str:
        """Transfers the call, which ends it here. Gives what LiveKit reports about it, empty for servers that report
        nothing. Raises CallEnded, NotAPhone, NoSipWorker, CallFailed."""
        call = self._session.api.sip.transfer_sip_participant(request)
        limit = ringing(request) + MARGIN
        with transferring(request):
            answer = await self._session.call("SIP/TransferSIPParticipant", call, limit=limit)
        if answer.status == SIPTransferStatus.STS_TRANSFER_FAILED:
            raise transfer_failed(answer)
        return transfer_report(answer)


def from_participant(person: Participant) -> Call:
    """The call of a participant of kind SIP."""
    told = person.attributes.get
    rule_id = told("sip.ruleID", "")
    return Call(
        room=person.room,
        identity=person.identity,
        name=person.name,
        sid=person.sid,
        status=told("sip.callStatus", ""),
        # Every inbound call has a dispatch rule, and no outbound call has one.
        direction="inbound" if rule_id else "outbound",
        number=told("sip.phoneNumber", ""),
        own_number=told("sip.trunkPhoneNumber", ""),
        host=told("sip.hostname", ""),
        call_id=told("sip.callID", ""),
        trunk_id=told("sip.trunkID", ""),
        rule_id=rule_id,
        joined=person.joined,
        attributes={
            key: value
            for key, value in person.attributes.items()
            if key.startswith("sip.") and key not in KNOWN
        },
    )


def _links(rows: "map[sip_trunks.Trunk] | map[sip_rules.Rule]") -> dict[str, Link]:
    return {row.id: row.link for row in rows}


def _linked(call: Call, trunks: dict[str, Link], rules: dict[str, Link]) -> Call:
    def link(known: dict[str, Link], wanted: str) -> Link | None:
        return known.get(wanted, Link(wanted, wanted, known=False)) if wanted else None

    return replace(call, trunk=link(trunks, call.trunk_id), rule=link(rules, call.rule_id))
