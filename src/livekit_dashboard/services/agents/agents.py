"""Agents: who was asked into which room, and who came. LiveKit keeps dispatches with their room, and lists them by room alone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeVar

from livekit import api
from livekit.protocol.agent import Job as JobMessage
from livekit.protocol.agent import JobStateReason, JobStatus, JobType
from livekit.protocol.agent_dispatch import AgentDispatch, CreateAgentDispatchRequest, JobRestartPolicy

from livekit_dashboard.services.bulk import AT_ONCE
from livekit_dashboard.services.errors.tree import CallMissing, LiveKitError, NotFound
from livekit_dashboard.services.missing import Gaps
from livekit_dashboard.services.participants.info import Participant, enum_name, headcount
from livekit_dashboard.services.participants.participants import Participants
from livekit_dashboard.services.rooms.rooms import Rooms
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.stored import masked_json

T = TypeVar("T")
State = Literal["here", "waiting", "missing", "gone", "finished", "idle"]

# LiveKit asks the workers for up to 5 s, and gives one 10 s to take the job.
PATIENCE = timedelta(seconds=15)
# Rooms that one scan checks; each costs two calls.
MOST_ROOMS = 100
CALLS_A_ROOM = 2
LONGEST_DEPLOYMENT = 64  # Bytes; the server's own limit.


@dataclass(frozen=True)
class Job:
    """What a worker took on, as it was when it took it: LiveKit doesn't report here what happened next."""

    id: str
    kind: str  # For whom there is one: "room", "publisher" or "participant".
    status: str
    reason: str
    error: str
    started: datetime | None
    ended: datetime | None
    worker: str
    identity: str  # Of the agent in the room.
    present: bool  # Whether someone of that identity is in the room now.


@dataclass(frozen=True)
class Dispatch:
    """A room's wish for an agent."""

    room: str
    id: str
    agent_name: str  # Empty for any worker that has no name, which every room asks for unless told otherwise.
    state: State
    created: datetime
    metadata: str
    attributes: Mapping[str, str]
    restart_policy: str
    deployment: str
    jobs: tuple[Job, ...]

    @property
    def label(self) -> str:
        return self.agent_name or "(any without a name)"


@dataclass(frozen=True)
class Agent:
    """An agent that is in a room."""

    person: Participant
    agent_name: str
    state: str  # As the agent itself says it: listening, thinking, speaking …
    dispatch: str  # The id of the dispatch that brought it; empty if none that is listed did.


@dataclass(frozen=True)
class InRoom:
    """The dispatches of a room, the agents in it, and how many participants LiveKit counts there."""

    dispatches: Sequence[Dispatch]
    agents: Sequence[Agent]
    people: int
    gap: str = ""  # Why there are no dispatches, where this server doesn't list them.


@dataclass(frozen=True)
class Everywhere:
    """What was found in the busiest rooms."""

    rooms: int
    looked: int
    failed: int  # Rooms that didn't answer; most of them have closed meanwhile.
    calls: int
    dispatches: Sequence[Dispatch]
    agents: Sequence[Agent]
    gap: str = ""  # As of InRoom.


class Agents:
    """The calls of AgentDispatchService."""

    def __init__(self, session: Session, rooms: Rooms, participants: Participants) -> None:
        self._session = session
        self._rooms = rooms
        self._participants = participants

    async def in_room(self, room: str) -> InRoom:
        """Two calls at the same time. A room that isn't open takes LiveKit three seconds to miss, so ask first."""
        gaps = Gaps()
        dispatches, people = await asyncio.gather(
            gaps.fill(self._list(room), ()), self._participants.list(room)
        )
        return replace(_in_room(dispatches, people), gap=gaps.reason)

    async def get_with_json(self, room: str, dispatch_id: str) -> tuple[Dispatch, str]:
        """The dispatch, and the same as protobuf JSON for reading. Raises NotFound."""
        dispatches, people = await asyncio.gather(self._list(room), self._participants.list(room))
        for message in dispatches:
            if message.id == dispatch_id:
                return from_proto(message, _identities(people)), masked_json(message)
        raise NotFound("there is no dispatch of that id in this room")

    async def everywhere(self) -> Everywhere:
        """Two calls a room, a few rooms at a time, the busiest first. Raises LiveKitError if rooms can't be listed."""
        rooms = await self._rooms.list()
        rooms.sort(key=lambda room: (-room.participants, room.name))
        names = [room.name for room in rooms[:MOST_ROOMS]]
        found = await _by_room(names, self.in_room)
        return Everywhere(
            rooms=len(rooms),
            looked=len(names),
            failed=len(names) - len(found),
            calls=1 + CALLS_A_ROOM * len(names),
            dispatches=[dispatch for room in found for dispatch in room.dispatches],
            agents=[agent for room in found for agent in room.agents],
            gap=next((room.gap for room in found if room.gap), ""),
        )

    async def find(self, wanted: Iterable[tuple[str, str]]) -> Sequence[Dispatch]:
        """Those of the given rooms and ids that still exist. One call, and two for each room that is open."""
        pairs = set(wanted)
        # So that an outage is one, and not a room that is gone; those also take LiveKit three seconds to miss.
        rooms = await self._rooms.list(sorted({room for room, _ in pairs})) if pairs else []
        found = await _by_room(sorted(room.name for room in rooms), self.in_room)
        return [one for room in found for one in room.dispatches if (one.room, one.id) in pairs]

    async def create(self, request: CreateAgentDispatchRequest) -> Dispatch:
        """Opens the room if it isn't open. Whether an agent comes shows later: LiveKit accepts any name."""
        made = await self._call("CreateDispatch", self._session.api.agent_dispatch.create_dispatch(request))
        return from_proto(made, frozenset())

    async def delete(self, room: str, dispatch_id: str) -> None:
        """The agents that it brought leave. Raises NotFound."""
        await self._call(
            "DeleteDispatch", self._session.api.agent_dispatch.delete_dispatch(dispatch_id, room)
        )

    async def _list(self, room: str) -> Sequence[AgentDispatch]:
        request = api.ListAgentDispatchRequest(room=room)
        return await self._session.read(
            "AgentDispatchService/ListDispatch",
            lambda request: self._session.api.agent_dispatch.list_dispatch(request.room),
            request,
        )

    async def _call(self, method: str, awaitable: Awaitable[T]) -> T:
        return await self._session.call(f"AgentDispatchService/{method}", awaitable)


def blank(room: str = "", agent_name: str = "") -> CreateAgentDispatchRequest:
    """A request in which nothing else is set."""
    return CreateAgentDispatchRequest(room=room, agent_name=agent_name)


def from_proto(dispatch: AgentDispatch, present: frozenset[str]) -> Dispatch:
    """Turns the wire's message into what templates see; `present` are the identities that are in the room."""
    jobs = tuple(_job(job, present) for job in dispatch.state.jobs)
    created = datetime.fromtimestamp(dispatch.state.created_at / 1e9, UTC)
    return Dispatch(
        room=dispatch.room,
        id=dispatch.id,
        agent_name=dispatch.agent_name,
        state=_state(dispatch.agent_name, created, jobs),
        created=created,
        metadata=dispatch.metadata,
        attributes=dict(sorted(dispatch.attributes.items())),
        restart_policy=enum_name(JobRestartPolicy, dispatch.restart_policy).removeprefix("jrp_"),
        deployment=dispatch.deployment,
        jobs=jobs,
    )


def _state(agent_name: str, created: datetime, jobs: Sequence[Job]) -> State:
    if any(job.present for job in jobs):
        return "here"
    latest = max((job.started for job in jobs if job.started), default=created)
    if jobs and all(job.status == "success" for job in jobs):
        return "finished"
    if datetime.now(UTC) - latest < PATIENCE:
        return "waiting" if agent_name or jobs else "idle"
    if jobs:
        return "gone"
    return "missing" if agent_name else "idle"


def _job(job: JobMessage, present: frozenset[str]) -> Job:
    state = job.state
    reason = enum_name(JobStateReason, state.reason).removeprefix("jsr_").replace("_", " ")
    return Job(
        id=job.id,
        kind=enum_name(JobType, job.type).removeprefix("jt_"),
        status=enum_name(JobStatus, state.status).removeprefix("js_"),
        reason="" if reason == "unspecified" else reason,
        error=state.error,
        started=_moment(state.started_at),
        ended=_moment(state.ended_at),
        worker=state.worker_id,
        identity=state.participant_identity,
        present=state.participant_identity in present,
    )


def _in_room(messages: Sequence[AgentDispatch], people: Sequence[Participant]) -> InRoom:
    present = _identities(people)
    dispatches = [from_proto(message, present) for message in messages]
    brought = {job.identity: dispatch for dispatch in dispatches for job in dispatch.jobs if job.identity}
    agents = []
    for person in people:
        if person.kind == "agent":
            dispatch = brought.get(person.identity)
            name = dispatch.agent_name if dispatch else person.attributes.get("lk.agent_name", "")
            state = person.attributes.get("lk.agent.state", "")
            agents.append(Agent(person, name, state, dispatch.id if dispatch else ""))
    # LiveKit lists them in no order, and a page that has not changed is to look the same.
    dispatches.sort(key=lambda dispatch: (dispatch.created, dispatch.id))
    agents.sort(key=lambda agent: (agent.agent_name, agent.person.identity))
    return InRoom(dispatches, agents, headcount(people))


def _identities(people: Iterable[Participant]) -> frozenset[str]:
    return frozenset(person.identity for person in people)


def _moment(nanoseconds: int) -> datetime | None:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC) if nanoseconds else None


async def _by_room(rooms: Sequence[str], read: Callable[[str], Awaitable[T]]) -> Sequence[T]:
    """What is read of each room, a few at a time; a room that doesn't answer is left out. Raises CallMissing."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(room: str) -> T | None:
        async with gate:
            try:
                return await read(room)
            except CallMissing:
                # Of no room, then, not of this one alone.
                raise
            except LiveKitError:
                return None

    return [answer for answer in await asyncio.gather(*map(one, rooms)) if answer is not None]
