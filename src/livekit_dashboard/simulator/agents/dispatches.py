"""Agent dispatches: which agents a room has requested, and the agents that come."""

from collections.abc import Iterable
from functools import partial

from livekit.protocol import agent, agent_dispatch, models, webhook

from livekit_dashboard.simulator.messages import copy_of, new_id, now_ns
from livekit_dashboard.simulator.rooms.rooms import RoomFullError
from livekit_dashboard.simulator.state import State


class Dispatches:
    """The dispatches by room, in ``items``, and the agents at hand, by ``register``.

    Every room has at least one dispatch: one for agents without a name, if it asks for no other.
    An agent that is at hand joins the room; what a dispatch says of its job is what held at that
    moment, and says no more of how the job goes on.
    """

    def __init__(self, world: State) -> None:
        self.items: dict[str, dict[str, agent_dispatch.AgentDispatch]] = {}
        self._world = world
        self._workers: dict[str, str] = {}
        self._wanted: dict[str, list[agent_dispatch.RoomAgentDispatch]] = {}
        world.events.subscribe(self._on_event)

    def register(self, name: str = "") -> str:
        """Have an agent at hand from now on; gives the id of its worker."""
        self._workers[name] = new_id("AW_")
        return self._workers[name]

    def unregister(self, name: str = "") -> None:
        """Have an agent no longer; those in rooms stay."""
        del self._workers[name]

    def announce(self, room: str, agents: Iterable[agent_dispatch.RoomAgentDispatch]) -> None:
        """Say what a room asks for that is about to be made; one that exists asks for nothing more."""
        if room not in self._world.rooms:
            self._wanted[room] = list(agents)

    def add(self, dispatch: agent_dispatch.AgentDispatch) -> agent_dispatch.AgentDispatch:
        """Dispatch an agent to ``dispatch.room``, which must exist; gives what was stored."""
        stored = self._store(dispatch)
        if stored.agent_name in self._workers:
            self._world.schedule.later(self._world.pace.agent_join, partial(self._join, stored))
        return stored

    def bring(self, dispatch: agent_dispatch.AgentDispatch, identity: str) -> None:
        """List a dispatch to ``dispatch.room`` whose agent has come already, as the participant of this identity."""
        stored = self._store(dispatch)
        job = _job(stored, self._world.rooms[stored.room], new_id("AW_"))
        job.state.participant_identity = identity
        stored.state.jobs.append(job)

    def remove(self, room: str, dispatch_id: str) -> agent_dispatch.AgentDispatch:
        """Take a dispatch back; its agents leave."""
        dispatch = self.items[room].pop(dispatch_id)
        present = {person.identity for person in self._world.participants(room)}
        for job in dispatch.state.jobs:
            if job.state.participant_identity in present:
                self._world.leave(room, job.state.participant_identity)
        return dispatch

    def _store(self, dispatch: agent_dispatch.AgentDispatch) -> agent_dispatch.AgentDispatch:
        stored = copy_of(dispatch)
        stored.id = new_id("AD_")
        stored.state.created_at = now_ns()
        self.items[stored.room][stored.id] = stored
        return stored

    def _join(self, dispatch: agent_dispatch.AgentDispatch) -> None:
        worker_id = self._workers.get(dispatch.agent_name)
        if worker_id is None or not self._stands(dispatch):
            return
        job = _job(dispatch, self._world.rooms[dispatch.room], worker_id)
        try:
            self._world.join(
                dispatch.room,
                job.state.participant_identity,
                kind="AGENT",
                attributes={"lk.agent.state": "listening"},
                permission=models.ParticipantPermission(
                    can_subscribe=True, can_publish=True, can_publish_data=True, agent=True
                ),
            )
        except RoomFullError:
            return
        self._world.publish(dispatch.room, job.state.participant_identity, "microphone", name="voice")
        self._world.schedule.later(self._world.pace.job_listed, partial(self._list, dispatch, job))

    def _list(self, dispatch: agent_dispatch.AgentDispatch, job: agent.Job) -> None:
        dispatch.state.jobs.append(job)

    def _stands(self, dispatch: agent_dispatch.AgentDispatch) -> bool:
        return dispatch.id in self.items.get(dispatch.room, {})

    def _on_event(self, event: webhook.WebhookEvent) -> None:
        room = event.room.name
        if event.event == "room_started":
            self.items[room] = {}
            for wanted in self._wanted.pop(room, None) or [agent_dispatch.RoomAgentDispatch()]:
                self.add(
                    agent_dispatch.AgentDispatch(
                        agent_name=wanted.agent_name,
                        room=room,
                        metadata=wanted.metadata,
                        restart_policy=wanted.restart_policy,
                        deployment=wanted.deployment,
                        attributes=wanted.attributes,
                    )
                )
        elif event.event == "room_finished":
            del self.items[room]


def _job(dispatch: agent_dispatch.AgentDispatch, room: models.Room, worker_id: str) -> agent.Job:
    now, job_id = now_ns(), new_id("AJ_")
    return agent.Job(
        id=job_id,
        dispatch_id=dispatch.id,
        type=agent.JT_ROOM,
        room=room,
        metadata=dispatch.metadata,
        agent_name=dispatch.agent_name,
        deployment=dispatch.deployment,
        attributes=dispatch.attributes,
        state=agent.JobState(
            status=agent.JS_RUNNING,
            started_at=now,
            updated_at=now,
            participant_identity=f"agent-{job_id}",
            worker_id=worker_id,
        ),
    )
