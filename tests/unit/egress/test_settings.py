"""The settings that a recording was requested with, in words."""

from typing import Any

import pytest
from livekit import api
from livekit.protocol import egress, models

from livekit_dashboard.services.egress.jobs import from_proto
from livekit_dashboard.services.egress.settings import PRESETS, settings_of

PRESET = egress.EncodingOptionsPreset
WEB, SDK = egress.EGRESS_SOURCE_TYPE_WEB, egress.EGRESS_SOURCE_TYPE_SDK
STARTERS = {
    field.name: field.message_type._concrete_class
    for field in egress.EgressInfo.DESCRIPTOR.oneofs_by_name["request"].fields
}


def _words(request: Any, source: int = WEB) -> dict[str, str]:
    return {setting.label: setting.value for setting in settings_of(request, source)}


def test_every_preset_of_the_protocol_has_words() -> None:
    assert set(PRESETS) == set(PRESET.keys())


@pytest.mark.parametrize("name", PRESET.keys())
def test_a_preset_is_shown_by_its_words(name: str) -> None:
    request = api.StartEgressRequest(preset=PRESET.Value(name))
    assert _words(request)["Encoding"] == PRESETS[name]


def test_a_preset_newer_than_the_protocol_is_shown_by_its_number() -> None:
    request = api.StartEgressRequest()
    request.preset = 99  # type: ignore[assignment]
    assert _words(request)["Encoding"] == "Preset 99"


def test_passthrough_of_one_track_reads_as_such() -> None:
    request = api.StartEgressRequest(
        room_name="r",
        media=egress.MediaSource(video_track_id="TR_v"),
        preset=PRESET.PASSTHROUGH,
        outputs=[egress.Output(file=egress.FileOutput(filepath="a.mp4", disable_manifest=True))],
        storage=egress.StorageConfig(s3=api.S3Upload(bucket="takes", region="eu-1", secret="hush")),
        webhooks=[api.WebhookConfig(url="https://u:pw@hooks/x?key=hush")],
    )
    found = _words(request, SDK)
    assert found["Encoding"] == "Passthrough, without transcoding"
    assert found["Recorder"] == "SDK, without a browser"
    assert found["Video"] == "TR_v"
    assert found["File"] == "no manifest"
    assert found["Storage"] == "S3, takes, eu-1"
    assert found["Webhook"] == "https://••••@hooks/x?key=••••"
    assert "hush" not in str(found)
    assert "pw" not in str(found)


def test_audio_of_the_second_generation_names_participants_kinds_and_channels() -> None:
    kind = models.ParticipantInfo.Kind
    route = egress.AudioRoute
    audio = egress.AudioConfig(
        routes=[
            route(participant_identity="ana", channel=egress.AUDIO_CHANNEL_LEFT),
            route(participant_kind=kind.AGENT, channel=egress.AUDIO_CHANNEL_RIGHT),
            route(track_id="TR_a"),
        ]
    )
    source = egress.MediaSource(
        participant_video=egress.ParticipantVideo(identity="ana", prefer_screen_share=True), audio=audio
    )
    found = _words(api.StartEgressRequest(media=source))
    assert found["Video"] == "ana, screen share preferred"
    assert found["Audio"] == "ana, left; agent participants, right; TR_a"


def test_a_request_of_the_first_generation_shows_its_options() -> None:
    request = api.RoomCompositeEgressRequest(
        audio_only=True,
        audio_mixing=egress.DUAL_CHANNEL_AGENT,
        custom_base_url="https://me:pw@layouts/x?token=hush",
        advanced=api.EncodingOptions(
            width=1280,
            height=720,
            framerate=30,
            video_codec=models.H264_MAIN,
            video_bitrate=3000,
            key_frame_interval=2,
            audio_codec=models.AC_MP3,
            audio_bitrate=128,
        ),
        file_outputs=[api.EncodedFileOutput(file_type=egress.MP3, gcp=api.GCPUpload(bucket="b"))],
        image_outputs=[api.ImageOutput(capture_interval=5, width=320, height=180, filename_suffix=2)],  # type: ignore[arg-type]
    )
    found = _words(request)
    assert found["Audio"] == "Agents left, others right"
    assert found["Template"] == "https://••••@layouts/x?token=••••"
    assert found["Encoding"] == (
        "1280×720, 30 fps, H.264 main, 3000 kbit/s, key frame every 2 s, MP3, 128 kbit/s audio"
    )
    assert found["File"] == "MP3"
    assert found["Images"] == "every 5 s, 320×180, one file, overwritten"
    assert found["Storage"] == "Google Cloud Storage, b"


@pytest.mark.parametrize("kind", STARTERS)
def test_every_kind_of_request_can_be_shown_even_empty(kind: str) -> None:
    info = egress.EgressInfo(egress_id="EG_1", **{kind: STARTERS[kind]()})
    labels = {setting.label: setting.value for setting in from_proto(info).settings}
    assert labels["Encoding"] == ("As published" if kind == "track" else "Worker default")


def test_a_replay_shows_its_range() -> None:
    request = egress.ExportReplayRequest(replay_id="RP_1", start_offset_ms=1500)
    found = _words(request)
    assert (found["Replay"], found["Range"]) == ("RP_1", "1.5 s to the end")


def test_without_a_request_there_are_no_settings() -> None:
    assert from_proto(egress.EgressInfo(egress_id="EG_1")).settings == ()
