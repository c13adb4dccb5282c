"""Recordings in the simulator, from their request to their files."""

from collections.abc import AsyncIterator

import pytest
from livekit import api
from livekit.protocol import egress, models

from livekit_dashboard.simulator import World
from tests.contract.backends import failure
from tests.livekit_server import Simulator, simulated_server

STATUS = egress.EgressStatus
S3 = api.S3Upload(access_key="AKIA", secret="hush", bucket="takes", region="eu-1")
FILE = api.EncodedFileOutput(filepath="calls/{room_name}-{time}", s3=S3)


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A server with a recorder, and one room with someone who publishes."""
    world = World(egress_worker=True)
    world.join("standup", "ada")
    world.publish("standup", "ada", "camera")
    async with simulated_server(world) as server:
        yield server


@pytest.fixture
def world(simulator: Simulator) -> World:
    return simulator.world


@pytest.fixture
async def lk(simulator: Simulator) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(simulator.url, simulator.api_key, simulator.api_secret) as lk:
        yield lk


async def _record(lk: api.LiveKitAPI, **options: object) -> egress.EgressInfo:
    outputs = {"file_outputs": [FILE], **options}
    request = api.RoomCompositeEgressRequest(room_name="standup", **outputs)  # type: ignore[arg-type]
    return await lk.egress.start_room_composite_egress(request)


async def test_a_recording_starts_runs_and_completes(world: World, lk: api.LiveKitAPI) -> None:
    started = await _record(lk, layout="grid")
    assert started.status == STATUS.EGRESS_STARTING
    assert started.source_type == egress.EGRESS_SOURCE_TYPE_WEB
    assert (started.room_name, started.room_id) == ("standup", world.rooms["standup"].sid)
    assert started.room_composite.layout == "grid"
    assert started.started_at > 1e18

    await world.settled()
    running = world.egress[started.egress_id]
    assert running.status == STATUS.EGRESS_ACTIVE
    recorder = world.participant("standup", started.egress_id)
    assert recorder.kind == models.ParticipantInfo.EGRESS
    assert recorder.permission.hidden
    assert recorder.permission.recorder
    assert world.rooms["standup"].active_recording

    stopping = await lk.egress.stop_egress(api.StopEgressRequest(egress_id=started.egress_id))
    assert stopping.status == STATUS.EGRESS_ENDING

    await world.settled()
    (ended,) = (await lk.egress.list_egress(api.ListEgressRequest(egress_id=started.egress_id))).items
    assert ended.status == STATUS.EGRESS_COMPLETE
    assert ended.details == "End reason: StopEgress API"
    assert ended.ended_at >= ended.file.ended_at > ended.file.started_at >= ended.started_at
    assert not world.rooms["standup"].active_recording
    assert [person.identity for person in world.participants("standup")] == ["ada"]


async def test_the_file_of_a_recording(world: World, lk: api.LiveKitAPI) -> None:
    info = await _complete(world, lk, await _record(lk))
    (file,) = info.file_results
    assert info.file == file
    assert file.filename.startswith("calls/standup-20")
    assert file.filename.endswith(".mp4")
    assert file.location == f"https://takes.s3.amazonaws.com/{file.filename}"
    assert file.duration == file.ended_at - file.started_at > 0
    assert file.size > 0
    assert info.manifest_location == f"https://takes.s3.amazonaws.com/calls/{info.egress_id}.json"


async def test_secrets_are_not_kept(world: World, lk: api.LiveKitAPI) -> None:
    stream = api.StreamOutput(urls=["rtmp://live.example.com/app/secret-stream-key"])
    info = await _record(lk, stream_outputs=[stream])
    kept = info.room_composite.file_outputs[0].s3
    assert (kept.access_key, kept.secret, kept.bucket) == ("{access_key}", "{secret}", "takes")
    assert info.room_composite.stream_outputs[0].urls[0].endswith("/app/{sec...key}")
    assert info.stream_results[0].url.endswith("/app/{sec...key}")
    assert "hush" not in str(world.egress[info.egress_id])


async def test_several_outputs_at_once(world: World, lk: api.LiveKitAPI) -> None:
    info = await _complete(
        world,
        lk,
        await _record(
            lk,
            segment_outputs=[
                api.SegmentedFileOutput(filename_prefix="hls/part", live_playlist_name="hls/live")
            ],
            image_outputs=[api.ImageOutput(filename_prefix="stills/{room_name}", capture_interval=5)],
            stream_outputs=[api.StreamOutput(urls=["srt://example.com:9000"])],
        ),
    )
    assert info.WhichOneof("result") is None
    (segments,) = info.segment_results
    assert (segments.playlist_name, segments.live_playlist_name) == ("hls/part.m3u8", "hls/live.m3u8")
    assert segments.playlist_location == "hls/part.m3u8"
    assert segments.segment_count >= 1
    assert (info.image_results[0].filename_prefix, info.image_results[0].image_count) == ("stills/standup", 1)
    assert info.stream_results[0].status == egress.StreamInfo.FINISHED


async def test_streams_come_and_go(world: World, lk: api.LiveKitAPI) -> None:
    one, two = "rtmp://a.example.com/app/key-number-one", "rtmps://b.example.com/app/key-number-two"
    info = await _record(lk, file_outputs=[], stream_outputs=[api.StreamOutput(urls=[one])])
    await world.settled()
    added = await lk.egress.update_stream(
        api.UpdateStreamRequest(egress_id=info.egress_id, add_output_urls=[two], remove_output_urls=[one])
    )
    assert [stream.status for stream in added.stream_results] == [
        egress.StreamInfo.FINISHED,
        egress.StreamInfo.ACTIVE,
    ]
    assert list(added.stream.info) == list(added.stream_results)
    await lk.egress.update_stream(api.UpdateStreamRequest(egress_id=info.egress_id, remove_output_urls=[two]))
    await world.settled()
    ended = world.egress[info.egress_id]
    assert (ended.status, ended.details) == (STATUS.EGRESS_COMPLETE, "End reason: All streams stopped")


async def test_streams_that_cannot_be_changed(world: World, lk: api.LiveKitAPI) -> None:
    update = lk.egress.update_stream
    recording = await _record(lk)
    stream = await _record(
        lk, file_outputs=[], stream_outputs=[api.StreamOutput(urls=["rtmp://a.example.com/app/key"])]
    )
    request = api.UpdateStreamRequest(egress_id=recording.egress_id, add_output_urls=["rtmp://b/app/key"])
    assert (await failure(update(request)))[2].endswith("UpdateStream called on non-streaming egress")
    request = api.UpdateStreamRequest(egress_id=stream.egress_id, remove_output_urls=["rtmp://b/app/key"])
    assert await failure(update(request)) == (
        404,
        "not_found",
        "twirp error unknown: stream rtmp://b/app/key not found",
    )
    request = api.UpdateStreamRequest(egress_id=stream.egress_id, add_output_urls=["srt://b"])
    assert (await failure(update(request)))[2].endswith("invalid url srt://b: invalid scheme")


async def test_a_layout_reaches_the_recorder(world: World, lk: api.LiveKitAPI) -> None:
    info = await _record(lk)
    request = api.UpdateLayoutRequest(egress_id=info.egress_id, layout="speaker")
    assert (await failure(lk.egress.update_layout(request)))[2].endswith("participant does not exist")
    await world.settled()
    await lk.egress.update_layout(request)
    assert world.participant("standup", info.egress_id).metadata == '{"layout":"speaker"}'


async def test_a_room_that_closes_ends_its_recordings(world: World, lk: api.LiveKitAPI) -> None:
    info = await _record(lk)
    await world.settled()
    await lk.room.delete_room(api.DeleteRoomRequest(room="standup"))
    await world.settled()
    ended = world.egress[info.egress_id]
    assert (ended.status, ended.details) == (STATUS.EGRESS_COMPLETE, "End reason: Source closed")


async def test_a_recording_that_is_stopped_too_early(world: World, lk: api.LiveKitAPI) -> None:
    info = await _record(lk)
    stopped = await lk.egress.stop_egress(api.StopEgressRequest(egress_id=info.egress_id))
    assert (stopped.status, stopped.error, stopped.error_code) == (
        STATUS.EGRESS_ABORTED,
        "Start signal not received",
        412,
    )
    text = "egress with status EGRESS_ABORTED cannot be stopped"
    again = lk.egress.stop_egress(api.StopEgressRequest(egress_id=info.egress_id))
    assert await failure(again) == (412, "failed_precondition", text)
    update = lk.egress.update_stream(api.UpdateStreamRequest(egress_id=info.egress_id))
    assert (await failure(update))[2] == "egress with status EGRESS_ABORTED cannot be updated"


async def test_nobody_publishes(world: World, lk: api.LiveKitAPI) -> None:
    world.recorder.awaits_publisher = True
    world.join("empty", "bob")
    request = api.RoomCompositeEgressRequest(room_name="empty", file_outputs=[FILE])
    info = await lk.egress.start_room_composite_egress(request)
    await world.settled()
    ended = world.egress[info.egress_id]
    assert (ended.status, ended.error) == (STATUS.EGRESS_ABORTED, "Start signal not received")


async def test_someone_publishes_at_last(world: World, lk: api.LiveKitAPI) -> None:
    world.recorder.awaits_publisher = True
    world.events.subscribe(
        lambda event: (
            world.publish("empty", "bob") and None
            if event.event == "participant_joined" and event.participant.permission.recorder
            else None
        )
    )
    world.join("empty", "bob")
    request = api.RoomCompositeEgressRequest(room_name="empty", file_outputs=[FILE])
    info = await lk.egress.start_room_composite_egress(request)
    await world.settled()
    assert world.egress[info.egress_id].status == STATUS.EGRESS_ACTIVE


async def test_failures_on_demand(world: World, lk: api.LiveKitAPI) -> None:
    one, two = await _record(lk), await _record(lk)
    await world.settled()
    world.recorder.fail(one.egress_id, "S3 upload failed: AccessDenied", 400)
    world.recorder.reach_limit(two.egress_id)
    failed, limited = world.egress[one.egress_id], world.egress[two.egress_id]
    assert (failed.status, failed.error, failed.error_code) == (
        STATUS.EGRESS_FAILED,
        "S3 upload failed: AccessDenied",
        400,
    )
    assert failed.details == "End reason: Failure"
    assert failed.file.location == ""
    assert (limited.status, limited.error) == (STATUS.EGRESS_LIMIT_REACHED, "Session limit reached")
    assert limited.file.location


async def test_a_track_and_a_participant(world: World, lk: api.LiveKitAPI) -> None:
    (track,) = world.participant("standup", "ada").tracks
    one = await lk.egress.start_track_egress(
        api.TrackEgressRequest(
            room_name="standup",
            track_id=track.sid,
            file=api.DirectFileOutput(filepath="{track_id}-{track_source}"),
        )
    )
    two = await lk.egress.start_participant_egress(
        api.ParticipantEgressRequest(
            room_name="standup", identity="ada", file_outputs=[api.EncodedFileOutput()]
        )
    )
    three = await lk.egress.start_track_composite_egress(
        api.TrackCompositeEgressRequest(
            room_name="standup", audio_track_id=track.sid, file_outputs=[api.EncodedFileOutput()]
        )
    )
    assert one.file.filename == f"{track.sid}-camera.webm"
    assert two.file.filename.startswith("ada-20")
    assert three.file.filename.endswith(".ogg")
    await world.settled()
    assert {world.egress[info.egress_id].status for info in (one, two, three)} == {STATUS.EGRESS_ACTIVE}


async def test_a_track_that_is_not_there(world: World, lk: api.LiveKitAPI) -> None:
    info = await lk.egress.start_track_egress(
        api.TrackEgressRequest(room_name="standup", track_id="TR_none", file=api.DirectFileOutput())
    )
    await world.settled()
    ended = world.egress[info.egress_id]
    assert (ended.status, ended.error, ended.error_code) == (
        STATUS.EGRESS_FAILED,
        "track TR_none not found",
        404,
    )


async def test_what_is_recorded_goes(world: World, lk: api.LiveKitAPI) -> None:
    (track,) = world.participant("standup", "ada").tracks
    one = await lk.egress.start_track_egress(
        api.TrackEgressRequest(room_name="standup", track_id=track.sid, file=api.DirectFileOutput())
    )
    two = await lk.egress.start_participant_egress(
        api.ParticipantEgressRequest(
            room_name="standup", identity="ada", file_outputs=[api.EncodedFileOutput()]
        )
    )
    await world.settled()
    world.unpublish("standup", "ada", track.sid)
    await world.settled()
    assert world.egress[one.egress_id].status == STATUS.EGRESS_COMPLETE
    assert world.egress[two.egress_id].status == STATUS.EGRESS_ACTIVE
    world.leave("standup", "ada")
    await world.settled()
    assert world.egress[two.egress_id].details == "End reason: Source closed"
    assert world.egress[two.egress_id].status == STATUS.EGRESS_COMPLETE


async def test_the_second_generation(world: World, lk: api.LiveKitAPI) -> None:
    request = egress.StartEgressRequest(
        room_name="standup",
        template=egress.TemplateSource(layout="grid"),
        outputs=[egress.Output(file=egress.FileOutput(filepath="x.mp4"))],
        storage=egress.StorageConfig(gcp=api.GCPUpload(bucket="b", credentials="{}")),
    )
    info = await lk.egress.start_egress(request)
    assert info.egress.storage.gcp.credentials == "{credentials}"
    info = await _complete(world, lk, info)
    assert info.file.location == "https://b.storage.googleapis.com/x.mp4"


async def test_a_web_page_joins_no_room(world: World, lk: api.LiveKitAPI) -> None:
    request = api.WebEgressRequest(url="https://example.com", file_outputs=[api.EncodedFileOutput()])
    info = await lk.egress.start_web_egress(request)
    assert info.file.filename.startswith("web-20")
    await world.settled()
    assert world.egress[info.egress_id].status == STATUS.EGRESS_ACTIVE
    assert not world.rooms["standup"].active_recording


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"file_outputs": []}, "output"),
        ({"file_outputs": [FILE, FILE]}, "multiple file outputs"),
        ({"audio_only": True, "video_only": True}, "audio_only and video_only"),
        ({"audio_only": True, "image_outputs": [api.ImageOutput()]}, "audio_only images"),
        ({"stream_outputs": [api.StreamOutput()]}, "stream protocol"),
        ({"file_outputs": [], "stream_outputs": [api.StreamOutput(protocol="RTMP")]}, "stream url"),
    ],
)
async def test_what_the_worker_refuses(lk: api.LiveKitAPI, options: dict[str, object], field: str) -> None:
    text = f"twirp error unknown: request has missing or invalid field: {field}"
    assert await failure(_record(lk, **options)) == (400, "invalid_argument", text)


async def test_rooms_record_themselves(world: World, lk: api.LiveKitAPI) -> None:
    await lk.room.create_room(
        api.CreateRoomRequest(
            name="auto",
            egress=api.RoomEgress(
                room=api.RoomCompositeEgressRequest(file_outputs=[FILE]),
                participant=api.AutoParticipantEgress(file_outputs=[FILE]),
                tracks=api.AutoTrackEgress(filepath="t.webm"),
            ),
        )
    )
    world.join("auto", "ada")
    world.publish("auto", "ada", "camera")
    await world.settled()
    kinds = sorted(str(info.WhichOneof("request")) for info in world.egress.values())
    assert kinds == ["participant", "room_composite", "track"]
    assert {info.status for info in world.egress.values()} == {STATUS.EGRESS_ACTIVE}
    (track,) = (info for info in world.egress.values() if info.HasField("track"))
    assert track.file.filename == f"t-{track.track.track_id}.webm"


async def test_what_is_under_way_ends_with_the_app(world: World, lk: api.LiveKitAPI) -> None:
    info = await _record(lk)
    await world.schedule.close()
    await world.settled()
    assert world.egress[info.egress_id].status == STATUS.EGRESS_STARTING


async def _complete(world: World, lk: api.LiveKitAPI, info: egress.EgressInfo) -> egress.EgressInfo:
    await world.settled()
    await lk.egress.stop_egress(api.StopEgressRequest(egress_id=info.egress_id))
    await world.settled()
    ended = world.egress[info.egress_id]
    assert ended.status == STATUS.EGRESS_COMPLETE
    return ended
