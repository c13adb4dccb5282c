"""Takes calls through their states, as livekit-sip does."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from livekit.protocol import models, sip, webhook

from livekit_dashboard.simulator.agents.dispatches import Dispatches
from livekit_dashboard.simulator.errors import internal
from livekit_dashboard.simulator.messages import new_id
from livekit_dashboard.simulator.rooms.rooms import RoomFullError
from livekit_dashboard.simulator.state import State

from .callees import Callee, failure
from .inbound import match_rule, match_trunk, room_for
from .store import in_order

STATUS_ATTRIBUTE = "sip.callStatus"


@dataclass
class Call:
    """A call: a participant of ``room`` until it ends. ``id`` is LiveKit's call ID."""

    id: str
    room: str
    person: models.ParticipantInfo
    number: str
    inbound: bool = False
    dtmf: str = ""
    over: asyncio.Future[str] = field(default_factory=asyncio.Future)
    """Done when the other side answers or the call fails, with the callee's behavior."""
    history: list[str] = field(default_factory=list)
    """Every status so far."""

    @property
    def status(self) -> str:
        """dialing, ringing, automation, active or hangup: the participant's sip.callStatus."""
        return self.history[-1]


class Telephony:
    """Calls while ``available``; see ``Pace`` for how long it takes.

    Every number answers, except those in ``callees``. While ``exhausted``, new calls are refused. A phone
    that leaves or is removed has hung up.
    """

    def __init__(self, world: State, dispatches: Dispatches, *, available: bool) -> None:
        self.available = available
        self.exhausted = False
        self.callees: dict[str, Callee] = {}
        self.calls: dict[str, Call] = {}
        """The calls under way, by their id."""
        self._world = world
        self._dispatches = dispatches
        world.events.subscribe(self._on_event)

    def dial(
        self, request: sip.CreateSIPParticipantRequest, trunk: sip.SIPOutboundTrunkInfo | None, number: str
    ) -> Call:
        """Starts a call from ``number``. The participant joins immediately. Raises TwirpError."""
        if self.exhausted:
            raise internal("unavailable", "cpu exhausted")
        host = trunk.address if trunk else request.trunk.hostname
        if not host:
            raise internal("invalid_argument", "invalid request URI: address must be set")
        attributes = dict(request.participant_attributes)
        attributes |= {"sip.callID": new_id("SCL_"), "sip.trunkID": request.sip_trunk_id}
        if not request.hide_phone_number:
            attributes |= _numbers(request.sip_call_to, host, number)
        call = self._join(
            request.room_name,
            request.participant_identity or f"sip_{request.sip_call_to}",
            name=request.participant_name,
            metadata=request.participant_metadata,
            attributes=attributes,
            status="dialing",
            number=request.sip_call_to,
        )
        call.dtmf = request.dtmf
        self._world.schedule.later(self._world.pace.dial, partial(self._ring, call))
        return call

    def incoming(
        self, caller: str, called: str, *, host: str = "pbx.example.com", pin: str = ""
    ) -> Call | None:
        """An inbound call; None if no dispatch rule matches. It rings until a participant in its room publishes."""
        trunk = match_trunk(in_order(self._world.sip.inbound), caller, called)
        trunk_id = trunk.sip_trunk_id if trunk else ""
        rule = match_rule(in_order(self._world.sip.rules), trunk_id, caller, called, pin)
        if rule is None:
            return None
        attributes = {**rule.attributes, "sip.callID": new_id("SCL_"), "sip.trunkID": trunk_id}
        if not rule.hide_phone_number:
            attributes |= _numbers(caller, host, called)
        attributes["sip.ruleID"] = rule.sip_dispatch_rule_id
        room = room_for(rule.rule, caller, called)
        self._dispatches.announce(room, rule.room_config.agents)
        call = self._join(
            room,
            f"sip_{caller}",
            name=f"Phone {caller}",
            metadata=rule.metadata,
            attributes=attributes,
            status="ringing",
            number=caller,
        )
        call.inbound = True
        if self._someone_publishes(call):
            self._world.schedule.later(self._world.pace.ring, partial(self._answer, call))
        return call

    async def transfer(self, call_id: str, target: str) -> None:
        """Transfers a call, which ends it here. Raises TwirpError if the transfer fails."""
        call = self.calls.get(call_id)
        if call is None:
            raise internal("not_found", "unknown call")
        if call.status != "active":
            raise internal("failed_precondition", "can't transfer non established call")
        await asyncio.sleep(self._world.pace.transfer)
        number = target.strip("<>").partition(":")[2].partition("@")[0]
        callee = self.callees.get(number, "answers")
        if callee != "answers":
            raise failure(callee, "call transfer failed: ")
        self.hang_up(call_id)

    def hang_up(self, call_id: str) -> None:
        """The other side hangs up. Does nothing if the call has ended."""
        call = self.calls.get(call_id)
        if call is not None:
            self._set_status(call, "hangup")
            self._world.leave(call.room, call.person.identity)

    def _join(
        self,
        room: str,
        identity: str,
        *,
        name: str,
        metadata: str,
        attributes: Mapping[str, str],
        status: str,
        number: str,
    ) -> Call:
        attributes = {**attributes, STATUS_ATTRIBUTE: status}
        try:
            person = self._world.join(
                room, identity, name=name, kind="SIP", metadata=metadata, attributes=attributes
            )
        except (RoomFullError, ValueError) as error:
            raise internal("internal", f"update room failed: {error}") from error
        self._world.publish(room, identity, "microphone", name="audio")
        call = Call(attributes["sip.callID"], room, person, number, history=[status])
        self.calls[call.id] = call
        return call

    def _ring(self, call: Call) -> None:
        if call.id in self.calls:
            self._set_status(call, "ringing")
            self._world.schedule.later(self._world.pace.ring, partial(self._decide, call))

    def _decide(self, call: Call) -> None:
        if call.id not in self.calls:
            return
        callee = self.callees.get(call.number, "answers")
        if callee == "answers":
            self._answer(call)
        else:
            call.over.set_result(callee)
            self._world.leave(call.room, call.person.identity)

    def _answer(self, call: Call) -> None:
        if call.id not in self.calls or call.over.done():
            return
        call.person.attributes["sip.callIDFull"] = f"{call.id}@sip.example.com"
        self._set_status(call, "automation" if call.dtmf else "active")
        call.over.set_result("answers")
        if call.dtmf:
            self._world.schedule.later(self._world.pace.ring, partial(self._dialled, call))

    def _dialled(self, call: Call) -> None:
        if call.id in self.calls:
            self._set_status(call, "active")

    def _set_status(self, call: Call, status: str) -> None:
        call.person.attributes[STATUS_ATTRIBUTE] = status
        call.history.append(status)
        self._world.touch(call.room, call.person)

    def _someone_publishes(self, call: Call) -> bool:
        return any(
            person.is_publisher and person is not call.person and person.kind != models.ParticipantInfo.EGRESS
            for person in self._world.participants(call.room)
        )

    def _on_event(self, event: webhook.WebhookEvent) -> None:
        if event.event == "participant_left":
            gone = [call for call in self.calls.values() if call.person.sid == event.participant.sid]
            for call in gone:
                del self.calls[call.id]
                if not call.over.done():
                    call.over.set_result("does not answer")
        elif event.event == "track_published":
            for call in list(self.calls.values()):
                if call.inbound and call.room == event.room.name and not call.over.done():
                    self._world.schedule.later(self._world.pace.ring, partial(self._answer, call))


def _numbers(other: str, host: str, own: str) -> dict[str, str]:
    return {"sip.phoneNumber": other, "sip.hostname": host, "sip.trunkPhoneNumber": own}
