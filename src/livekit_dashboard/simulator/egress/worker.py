"""A recorder: takes egress jobs through their states, as livekit-egress does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit.protocol import egress, models, webhook

from livekit_dashboard.simulator.errors import internal
from livekit_dashboard.simulator.messages import new_id, now_ns
from livekit_dashboard.simulator.rooms.rooms import dependent
from livekit_dashboard.simulator.state import State

from .plan import Plan, plan
from .redaction import redacted
from .results import Results

STARTING, ACTIVE = egress.EgressStatus.EGRESS_STARTING, egress.EgressStatus.EGRESS_ACTIVE
ENDING, COMPLETE = egress.EgressStatus.EGRESS_ENDING, egress.EgressStatus.EGRESS_COMPLETE
FAILED, ABORTED = egress.EgressStatus.EGRESS_FAILED, egress.EgressStatus.EGRESS_ABORTED
LIMIT_REACHED = egress.EgressStatus.EGRESS_LIMIT_REACHED

_NO_SIGNAL = "Start signal not received"


@dataclass(frozen=True)
class _Job:
    info: egress.EgressInfo
    plan: Plan
    results: Results


class Recorder:
    """Records while ``available``; see ``Pace`` for how long its steps take.

    With ``awaits_publisher``, a recording of a whole room starts once someone publishes, and is
    aborted if no one does in time.
    """

    def __init__(self, world: State, *, available: bool, awaits_publisher: bool) -> None:
        self.available = available
        self.awaits_publisher = awaits_publisher
        self._world = world
        self._jobs: dict[str, _Job] = {}
        world.events.subscribe(self._on_event)

    def start(self, kind: str, request: Any, egress_id: str = "") -> egress.EgressInfo:
        """Take a job; ``kind`` is the field of EgressInfo that holds such a request. Raises TwirpError."""
        made = plan(kind, request)
        room = self._world.rooms.get(made.room_name) if made.room_name else None
        now = now_ns()
        info = egress.EgressInfo(
            egress_id=egress_id or new_id("EG_"),
            room_id=room.sid if room else "",
            room_name=made.room_name,
            source_type=made.source,
            status=STARTING,
            started_at=now,
            updated_at=now,
            **{kind: redacted(request)},
        )
        track = self._track(made.room_name, made.tracks[0]) if kind == "track" else None
        job = _Job(info, made, Results(info, made, track))
        self._jobs[info.egress_id] = job
        self._world.add_egress(info)
        self._world.events.emit("egress_started", egress_info=info)
        self._later(job, self._world.pace.egress_join, self._join)
        return info

    def remember(self, kind: str, request: Any, *, began: float, ended: float, error: str = "") -> None:
        """List a job of the past, which failed if there is an error; times are in seconds since 1970."""
        made = plan(kind, request)
        info = egress.EgressInfo(
            egress_id=new_id("EG_"),
            room_name=made.room_name,
            source_type=made.source,
            status=FAILED if error else COMPLETE,
            started_at=int(began * 1e9),
            updated_at=int(ended * 1e9),
            ended_at=int(ended * 1e9),
            details="End reason: Failure" if error else "End reason: StopEgress API",
            error=error,
            **{kind: redacted(request)},
        )
        results = Results(info, made)
        results.begin(info.started_at)
        results.finish(info.ended_at, failed=bool(error))
        self._world.add_egress(info)

    def active(self, egress_id: str) -> bool:
        """Whether this recorder still works on a job."""
        return self.available and egress_id in self._jobs

    def stop(self, egress_id: str, reason: str = "StopEgress API") -> egress.EgressInfo:
        """End a job: one that records finishes its files, one that does not yet is aborted."""
        job = self._jobs[egress_id]
        if not job.info.details:
            job.info.details = f"End reason: {reason}"
        if job.info.status == STARTING:
            self._end(job, ABORTED, _NO_SIGNAL, 412)
        elif job.info.status == ACTIVE:
            self._change(job, ENDING)
            self._later(job, self._world.pace.egress_finish, lambda job: self._end(job, COMPLETE))
        return job.info

    def fail(self, egress_id: str, error: str, code: int = 0) -> None:
        """Let a job go wrong; ``code`` is an HTTP status, 0 for an error that has none."""
        job = self._jobs[egress_id]
        job.info.details = job.info.details or "End reason: Failure"
        self._end(job, FAILED, error, code)

    def reach_limit(self, egress_id: str) -> None:
        """Let a job run into the worker's limit of duration."""
        job = self._jobs[egress_id]
        job.info.details = "End reason: Session limit reached"
        self._end(job, LIMIT_REACHED, "Session limit reached", 413)

    def update_stream(self, request: egress.UpdateStreamRequest) -> egress.EgressInfo:
        """Add and remove addresses; the job ends with the last one. Raises TwirpError."""
        job = self._jobs[request.egress_id]
        if not job.results.streams:
            raise internal("invalid_argument", "UpdateStream called on non-streaming egress")
        for url in request.add_output_urls:
            job.results.add_stream(url)
        for url in request.remove_output_urls:
            if not job.results.remove_stream(url):
                raise internal("not_found", f"stream {url} not found")
        if job.results.only_ended_streams:
            self.stop(request.egress_id, "All streams stopped")
        else:
            self._change(job, job.info.status)
        return job.info

    def _join(self, job: _Job) -> None:
        if job.plan.joins:
            if job.plan.room_name not in self._world.rooms:
                self.stop(job.info.egress_id, "Source closed")
                return
            permission = models.ParticipantPermission(can_subscribe=True, hidden=True, recorder=True)
            self._world.join(job.plan.room_name, job.info.egress_id, kind="EGRESS", permission=permission)
        waits = self.awaits_publisher and job.plan.awaits_signal and job.plan.joins
        if waits and not self._has_publisher(job.plan.room_name):
            self._later(job, self._world.pace.start_signal, self._give_up)
        else:
            self._later(job, self._world.pace.egress_start, self._begin)

    def _give_up(self, job: _Job) -> None:
        if job.info.status == STARTING and not self._has_publisher(job.plan.room_name):
            self.stop(job.info.egress_id, "Source closed")

    def _begin(self, job: _Job) -> None:
        if job.info.status != STARTING:
            return
        missing = self._missing(job.plan)
        if missing:
            self.fail(job.info.egress_id, f"{missing} not found", 404)
        else:
            job.results.begin()
            self._change(job, ACTIVE)

    def _missing(self, made: Plan) -> str | None:
        people = self._world.participants(made.room_name)
        if made.identity and made.identity not in {person.identity for person in people}:
            return f"participant {made.identity}"
        gone = [sid for sid in made.tracks if self._track(made.room_name, sid) is None]
        return f"track {gone[0]}" if gone else None

    def _change(self, job: _Job, status: egress.EgressStatus) -> None:
        job.info.status = status
        job.info.updated_at = now_ns()
        if status != STARTING:
            self._world.events.emit("egress_updated", egress_info=job.info)

    def _end(self, job: _Job, status: egress.EgressStatus, error: str = "", code: int = 0) -> None:
        info = job.info
        if self._jobs.pop(info.egress_id, None) is None:
            return
        job.results.finish(failed=status in (FAILED, ABORTED))
        info.status, info.error, info.error_code = status, error, code
        info.updated_at = info.ended_at = now_ns()
        if self._present(job):
            self._world.leave(info.room_name, info.egress_id)
        self._world.events.emit("egress_ended", egress_info=info)

    def _on_event(self, event: webhook.WebhookEvent) -> None:
        for job in list(self._jobs.values()):
            if not job.plan.joins or job.info.room_name != event.room.name:
                continue
            if self._takes_away(event, job):
                self.stop(job.info.egress_id, "Source closed")
            elif event.event == "track_published" and self._present(job):
                self._later(job, self._world.pace.egress_start, self._begin)

    def _takes_away(self, event: webhook.WebhookEvent, job: _Job) -> bool:
        """Whether the recorder was removed or its room closed, or the last of what it records has gone."""
        if event.event == "participant_left":
            return event.participant.identity in (job.info.egress_id, job.plan.identity)
        ended = event.event == "track_unpublished" and event.track.sid in job.plan.tracks
        return ended and not any(self._track(event.room.name, sid) for sid in job.plan.tracks)

    def _later(self, job: _Job, seconds: float, step: Callable[[_Job], None]) -> None:
        def act() -> None:
            if job.info.egress_id in self._jobs:
                step(job)

        self._world.schedule.later(seconds, act)

    def _present(self, job: _Job) -> bool:
        people = self._world.participants(job.info.room_name)
        return any(person.identity == job.info.egress_id for person in people)

    def _has_publisher(self, room: str) -> bool:
        return any(person.is_publisher and not dependent(person) for person in self._world.participants(room))

    def _track(self, room: str, sid: str) -> models.TrackInfo | None:
        people = self._world.participants(room)
        return next((track for person in people for track in person.tracks if track.sid == sid), None)
