"""Ingress: takes what is streamed to the server into rooms, as livekit-ingress does."""

from functools import partial

from livekit.protocol import ingress, models, webhook

from livekit_dashboard.simulator.messages import new_id, now_ns
from livekit_dashboard.simulator.rooms.rooms import RoomFullError
from livekit_dashboard.simulator.state import State

from .checks import WHIP

Status = ingress.IngressState
RUNNING = (Status.ENDPOINT_BUFFERING, Status.ENDPOINT_PUBLISHING)

AUDIO = ingress.InputAudioState(
    mime_type="audio/aac", average_bitrate=128_000, channels=2, sample_rate=48_000
)
VIDEO = ingress.InputVideoState(
    mime_type="video/h264", average_bitrate=2_500_000, width=1280, height=720, framerate=30.0
)
"""What is measured of every input."""


class NotPossibleError(Exception):
    """A stream that the worker turns away; the message says why."""


class Ingresses:
    """The ingresses there are, in ``items`` by id, and what is streamed to them.

    Without a worker (``available``) nothing can be streamed.
    """

    def __init__(self, world: State, *, available: bool, rtmp_base_url: str, whip_base_url: str) -> None:
        self.available = available
        self.items: dict[str, ingress.IngressInfo] = {}
        self._world = world
        self._rtmp, self._whip = rtmp_base_url, whip_base_url
        world.events.subscribe(self._on_event)

    def base_url(self, kind: ingress.IngressInput) -> str:
        """Where one streams to: the configured address, without the key."""
        return self._whip if kind == WHIP else self._rtmp

    def publish(self, ingress_id: str) -> None:
        """Someone begins to stream. Raises NotPossibleError if they are turned away."""
        info = self.items[ingress_id]
        if not self.available:
            raise NotPossibleError("there is no worker")
        if info.HasField("enabled") and not info.enabled:
            raise NotPossibleError("session is disabled")
        if not info.room_name:
            raise NotPossibleError("invalid ingress: no room name")
        if info.state.status in RUNNING:
            raise NotPossibleError("it is being streamed to already")
        now = now_ns()
        info.state.CopyFrom(
            Status(
                status=Status.ENDPOINT_BUFFERING, started_at=now, updated_at=now, resource_id=new_id("RE_")
            )
        )
        self._world.schedule.later(
            self._world.pace.ingress_start, partial(self._begin, ingress_id, info.state.resource_id)
        )

    def stop(self, ingress_id: str) -> None:
        """The stream ends; one that does not run is no matter."""
        info = self.items[ingress_id]
        if info.state.status in RUNNING:
            self._end(info, Status.ENDPOINT_INACTIVE if info.reusable else Status.ENDPOINT_COMPLETE)

    def fail(self, ingress_id: str, error: str) -> None:
        """Something goes wrong with the stream."""
        info = self.items[ingress_id]
        info.state.error = error
        self._end(info, Status.ENDPOINT_ERROR)

    def _begin(self, ingress_id: str, resource_id: str) -> None:
        info = self.items.get(ingress_id)
        if info is None or info.state.resource_id != resource_id or info.state.status not in RUNNING:
            return
        try:
            self._join(info)
        except (RoomFullError, ValueError) as error:
            self.fail(ingress_id, str(error))
            return
        state = info.state
        state.status, state.updated_at = Status.ENDPOINT_PUBLISHING, now_ns()
        state.room_id = self._world.rooms[info.room_name].sid
        state.audio.CopyFrom(AUDIO)
        state.video.CopyFrom(VIDEO)
        self._world.events.emit("ingress_started", ingress_info=info)

    def _join(self, info: ingress.IngressInfo) -> None:
        person = self._world.join(
            info.room_name,
            info.participant_identity,
            name=info.participant_name,
            kind="INGRESS",
            metadata=info.participant_metadata,
            attributes={
                "ingress.ingressID": info.ingress_id,
                "ingress.resourceID": info.state.resource_id,
            },
            permission=models.ParticipantPermission(
                can_publish=True, can_publish_data=True, can_update_metadata=True
            ),
        )
        layers = 3 if info.enable_transcoding else 1
        for track in (
            self._world.publish(
                info.room_name, person.identity, "microphone", name=info.audio.name or "audio"
            ),
            self._world.publish(
                info.room_name,
                person.identity,
                "camera",
                name=info.video.name or "video",
                mime="video/H264",
                layers=layers,
            ),
        ):
            info.state.tracks.append(track)

    def _end(self, info: ingress.IngressInfo, status: ingress.IngressState.Status) -> None:
        info.state.status = status
        info.state.ended_at = info.state.updated_at = now_ns()
        people = self._world.participants(info.room_name)
        if any(person.attributes.get("ingress.ingressID") == info.ingress_id for person in people):
            self._world.leave(info.room_name, info.participant_identity)
        self._world.events.emit("ingress_ended", ingress_info=info)

    def _on_event(self, event: webhook.WebhookEvent) -> None:
        if event.event == "participant_left":
            info = self.items.get(event.participant.attributes.get("ingress.ingressID", ""))
            if info is not None and info.state.status == Status.ENDPOINT_PUBLISHING:
                self.stop(info.ingress_id)
