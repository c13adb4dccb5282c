"""Recordings that a room asks for when it is created."""

from livekit.protocol import egress, models, room, webhook

from livekit_dashboard.simulator.state import State

from .worker import Recorder


class AutoEgress:
    """Records rooms, participants and tracks as ``RoomEgress`` says, while there is a recorder."""

    def __init__(self, world: State, recorder: Recorder) -> None:
        self._world = world
        self._recorder = recorder
        self._wanted: dict[str, room.RoomEgress] = {}
        world.events.subscribe(self._on_event)

    def apply(self, name: str, wanted: room.RoomEgress) -> None:
        """Take note of what a new room wants. Raises TwirpError if the recorder refuses it."""
        self._wanted[name] = wanted
        if wanted.HasField("room") and self._recorder.available:
            wanted.room.room_name = name
            self._recorder.start("room_composite", wanted.room)

    def _on_event(self, event: webhook.WebhookEvent) -> None:
        name = event.room.name
        if event.event == "room_finished":
            self._wanted.pop(name, None)
        elif event.event == "track_published" and name in self._wanted and self._recorder.available:
            self._record_publisher(name, self._wanted[name], event)

    def _record_publisher(self, name: str, wanted: room.RoomEgress, event: webhook.WebhookEvent) -> None:
        person = self._world.participant(name, event.participant.identity)
        first = len(person.tracks) == 1
        if wanted.HasField("participant") and first and person.kind != models.ParticipantInfo.EGRESS:
            request = egress.ParticipantEgressRequest(
                room_name=name,
                identity=person.identity,
                file_outputs=wanted.participant.file_outputs,
                segment_outputs=wanted.participant.segment_outputs,
            )
            self._recorder.start("participant", request)
        if wanted.HasField("tracks"):
            output = egress.DirectFileOutput(
                filepath=_one_for_each_track(wanted.tracks.filepath),
                disable_manifest=wanted.tracks.disable_manifest,
            )
            provider = wanted.tracks.WhichOneof("output")
            if provider is not None:
                getattr(output, provider).CopyFrom(getattr(wanted.tracks, provider))
            track = egress.TrackEgressRequest(room_name=name, track_id=event.track.sid, file=output)
            self._recorder.start("track", track)


def _one_for_each_track(path: str) -> str:
    """The path with the track's id in it, unless the names would differ anyway."""
    if not path or path.endswith("/") or "{track_id}" in path:
        return path
    stem, dot, extension = path.partition(".")
    return f"{stem}-{{track_id}}{dot}{extension}"
