"""One search over all that there is: what the jump box finds."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from livekit_dashboard.services.egress.egress import Egress
from livekit_dashboard.services.errors.tree import LiveKitError
from livekit_dashboard.services.ingress.ingress import Ingresses
from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.participants.participants import Participants
from livekit_dashboard.services.rooms.rooms import Rooms
from livekit_dashboard.services.rooms.scan import Look, look_through
from livekit_dashboard.services.sip import rules as sip_rules
from livekit_dashboard.services.sip import trunks as sip_trunks
from livekit_dashboard.services.sip.sip import Sip
from livekit_dashboard.services.webhooks.presence import Present

Kind = Literal["room", "participant", "egress", "ingress", "inbound", "outbound", "rule"]
SHOWN = 8  # Hits of a kind.
AT_FIRST = 10  # Rooms that are checked for participants, unless more are requested.


@dataclass(frozen=True)
class Hit:
    """Something that was found; `at` is what its address is made of."""

    kind: Kind
    label: str
    detail: str
    at: Mapping[str, str]


@dataclass(frozen=True)
class Group:
    """What was found of one kind, the best first. `error` is why it could not be searched."""

    kind: Kind
    hits: Sequence[Hit] = ()
    total: int = 0
    error: LiveKitError | None = None


@dataclass(frozen=True)
class Found:
    """What a search brought; `look` says how far it went for participants, if it got anywhere."""

    groups: Sequence[Group]
    look: Look | None = None

    @property
    def total(self) -> int:
        return sum(group.total for group in self.groups)

    @property
    def missing(self) -> Mapping[str, Sequence[Kind]]:
        """The kinds that could not be searched, by why."""
        why: dict[str, list[Kind]] = {}
        for group in self.groups:
            if group.error is not None:
                why.setdefault(group.error.title, []).append(group.kind)
        return why


# Something that may be found, and the texts it is found by, the most telling first.
Candidate = tuple[Hit, tuple[str, ...]]


class Search:
    """Asks for everything at once, one call a kind."""

    def __init__(
        self, rooms: Rooms, participants: Participants, egress: Egress, ingress: Ingresses, sip: Sip
    ) -> None:
        self._rooms = rooms
        self._participants = participants
        self._egress = egress
        self._ingress = ingress
        self._sip = sip

    async def find(self, q: str, present: Sequence[Present], *, sip: bool, most: int = AT_FIRST) -> Found:
        """`present` are participants that webhooks told of. Up to `most` rooms are checked too, a call each."""
        sources: dict[Kind, Callable[[], Awaitable[Sequence[Candidate]]]] = {
            "room": self._find_rooms,
            "egress": self._find_egress,
            "ingress": self._find_ingress,
        }
        if sip:
            sources |= {"inbound": self._inbound, "outbound": self._outbound, "rule": self._rules}
        groups, (crowd, look) = await asyncio.gather(
            asyncio.gather(*(_group(kind, source, q) for kind, source in sources.items())),
            self._people(q, present, most),
        )
        return Found([groups[0], crowd, *groups[1:]], look)

    async def _people(self, q: str, present: Sequence[Present], most: int) -> tuple[Group, Look | None]:
        """One list, without those twice whom webhooks told of and rooms tell again."""
        people = {(one.room, one.identity): _told(one) for one in present}
        try:
            look = await self._look(q, most)
        except LiveKitError as error:
            return replace(_found("participant", people.values(), q), error=error), None
        # A leave may have been lost, so in rooms that were checked only those who are there count.
        people = {who: hit for who, hit in people.items() if who[0] not in look.into}
        people |= {(person.room, person.identity): _seen(person) for person in look.people}
        return _found("participant", people.values(), q), look

    async def _look(self, q: str, most: int) -> Look:
        """Checks the busiest rooms."""
        rooms = [room for room in await self._rooms.list() if room.participants]
        rooms.sort(key=lambda room: (-room.participants, room.name))
        return await look_through(
            self._participants, rooms, most, lambda person: bool(_rank(q, _texts(person)))
        )

    async def _find_rooms(self) -> Sequence[Candidate]:
        rooms = await self._rooms.list()
        return [
            (
                Hit("room", room.label, _count(room.participants, "participant"), {"room": room.name}),
                (room.name, room.sid, room.metadata),
            )
            for room in rooms
        ]

    async def _find_egress(self) -> Sequence[Candidate]:
        return [
            (
                Hit("egress", job.label, f"{job.state}, {job.id}", {"egress": job.id}),
                (job.id, job.label, job.room, *job.outputs),
            )
            for job in await self._egress.list()
        ]

    async def _find_ingress(self) -> Sequence[Candidate]:
        return [
            (
                Hit("ingress", item.label, f"{item.kind}, {item.id}", {"ingress": item.id}),
                (item.label, item.id, item.room, item.identity),
            )
            for item in await self._ingress.list()
        ]

    async def _inbound(self) -> Sequence[Candidate]:
        return [_trunk(message) for message in await self._sip.trunks.list("inbound")]

    async def _outbound(self) -> Sequence[Candidate]:
        return [_trunk(message) for message in await self._sip.trunks.list("outbound")]

    async def _rules(self) -> Sequence[Candidate]:
        rules = map(sip_rules.from_proto, await self._sip.rules.list())
        return [
            (
                Hit("rule", rule.label, rule.id, {"rule": rule.id}),
                (rule.label, rule.id, rule.room, *rule.numbers, *rule.inbound_numbers),
            )
            for rule in rules
        ]


async def _group(kind: Kind, source: Callable[[], Awaitable[Sequence[Candidate]]], q: str) -> Group:
    """What a source has that matches; an outage of it is said, and doesn't touch the others."""
    try:
        return _found(kind, await source(), q)
    except LiveKitError as error:
        return Group(kind, error=error)


def _found(kind: Kind, candidates: Iterable[Candidate], q: str) -> Group:
    ranked = [(_rank(q, texts), hit) for hit, texts in candidates]
    found = sorted(
        ((rank, hit) for rank, hit in ranked if rank), key=lambda pair: (-pair[0], pair[1].label.casefold())
    )
    return Group(kind, [hit for _, hit in found[:SHOWN]], len(found))


def _rank(q: str, texts: Iterable[str]) -> int:
    """3 for the text itself, 2 for its beginning, 1 for a part of it, 0 for none of that."""
    needle, best = q.casefold(), 0
    for text in texts:
        folded = text.casefold()
        if needle in folded:
            best = max(best, 3 if folded == needle else 2 if folded.startswith(needle) else 1)
    return best


def _told(one: Present) -> Candidate:
    return _person(one.identity, one.identity, one.room), (one.identity,)


def _seen(person: Participant) -> Candidate:
    return _person(person.label, person.identity, person.room), _texts(person)


def _texts(person: Participant) -> tuple[str, ...]:
    return person.identity, person.name, person.sid


def _person(label: str, identity: str, room: str) -> Hit:
    at = {"room": room, "identity": identity}
    return Hit("participant", label, f"in {room or '(no name)'}", at)


def _trunk(message: Any) -> Candidate:
    trunk = sip_trunks.from_proto(message)
    at = {"direction": trunk.direction, "trunk": trunk.id}
    detail = ", ".join(filter(None, (trunk.id, trunk.address)))
    texts = (trunk.label, trunk.id, trunk.address, *trunk.numbers)
    return Hit(trunk.direction, trunk.label, detail, at), texts


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
