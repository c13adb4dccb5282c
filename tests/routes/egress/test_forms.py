"""The form that starts a recording, and those that change one: what reaches LiveKit, and what is said at the field."""

from typing import Any

import httpx
import pytest
from livekit import api
from livekit.protocol import egress

from livekit_dashboard.forms.egress.start import StartForm
from livekit_dashboard.services.egress.requests import STARTS
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.routes.conftest import Browse

NEW = "/egress/new"
SECRETS = {
    "s3_access_key": "AKIAsecret",
    "s3_secret": "s3-secret",
    "s3_session_token": "s3-session",
    "s3_assume_role_external_id": "s3-external",
    "proxy_password": "proxy-secret",
    "gcp_credentials": '{"type": "service_account", "key": "gcp-secret"}',
    "azure_account_key": "azure-secret",
    "aliOSS_access_key": "ali-access",
    "aliOSS_secret": "ali-secret",
}
S3 = {
    "storage": "s3",
    "s3_bucket": "takes",
    "s3_region": "eu-1",
    "s3_endpoint": "https://minio.example.com",
    "s3_force_path_style": "y",
    "s3_assume_role_arn": "arn:aws:iam::1:role/x",
    "s3_metadata": '{"team": "a"}',
    "s3_tagging": "a=b",
    "s3_content_disposition": "attachment",
    "proxy_url": "http://proxy:1",
    "proxy_username": "me",
    **{name: SECRETS[name] for name in SECRETS if name.startswith(("s3_", "proxy_"))},
}
S3_SENT = api.S3Upload(
    bucket="takes",
    region="eu-1",
    endpoint="https://minio.example.com",
    force_path_style=True,
    access_key="AKIAsecret",
    secret="s3-secret",
    session_token="s3-session",
    assume_role_arn="arn:aws:iam::1:role/x",
    assume_role_external_id="s3-external",
    metadata={"team": "a"},
    tagging="a=b",
    content_disposition="attachment",
    proxy=api.ProxyConfig(url="http://proxy:1", username="me", password="proxy-secret"),
)
OTHERS = {
    "gcp": {"gcp_bucket": "g", "gcp_credentials": SECRETS["gcp_credentials"]},
    "azure": {"azure_account_name": "n", "azure_account_key": "azure-secret", "azure_container_name": "c"},
    "aliOSS": {
        "aliOSS_bucket": "b",
        "aliOSS_endpoint": "oss-eu.aliyuncs.com",
        "aliOSS_region": "eu",
        "aliOSS_access_key": "ali-access",
        "aliOSS_secret": "ali-secret",
    },
}
OUTPUTS: dict[str, str | list[str]] = {
    "outputs": ["file", "stream", "segments", "images"],
    "file_filepath": "rec/{time}.mp4",
    "file_file_type": "1",
    "stream_urls": "rtmp://a/app/one\r\n\r\n rtmps://b/app/two ",
    "stream_protocol": "1",
    "segments_filename_prefix": "hls/part",
    "segments_playlist_name": "hls/all.m3u8",
    "segments_live_playlist_name": "hls/live.m3u8",
    "segments_segment_duration": "6",
    "segments_filename_suffix": "1",
    "segments_protocol": "2",
    "images_filename_prefix": "stills/x",
    "images_capture_interval": "5",
    "images_width": "640",
    "images_height": "360",
    "images_filename_suffix": "2",
    "disable_manifest": "y",
}
ENCODING = {
    "quality": "own",
    "encoding_width": "1280",
    "encoding_height": "720",
    "encoding_depth": "16",
    "encoding_framerate": "25",
    "encoding_audio_codec": "2",
    "encoding_audio_bitrate": "96",
    "encoding_audio_frequency": "48000",
    "encoding_video_codec": "3",
    "encoding_video_bitrate": "2500",
    "encoding_key_frame_interval": "2.5",
}
ENCODING_SENT = api.EncodingOptions(
    width=1280,
    height=720,
    depth=16,
    framerate=25,
    audio_codec=api.AudioCodec.AAC,
    audio_bitrate=96,
    audio_frequency=48000,
    video_codec=api.VideoCodec.H264_HIGH,
    video_bitrate=2500,
    key_frame_interval=2.5,
)
HOOK = {"webhooks": '[{"url": "https://hook", "signing_key": "APIkey"}]'}
HOOK_SENT = api.WebhookConfig(url="https://hook", signing_key="APIkey")


def _outputs_sent(**storage: Any) -> dict[str, Any]:
    return {
        "file_outputs": [
            api.EncodedFileOutput(
                filepath="rec/{time}.mp4",
                file_type=egress.EncodedFileType.MP4,
                disable_manifest=True,
                **storage,
            )
        ],
        "stream_outputs": [
            api.StreamOutput(
                protocol=egress.StreamProtocol.RTMP, urls=["rtmp://a/app/one", "rtmps://b/app/two"]
            )
        ],
        "segment_outputs": [
            api.SegmentedFileOutput(
                protocol=egress.SegmentedFileProtocol.HLS_FMP4_PROTOCOL,
                filename_prefix="hls/part",
                playlist_name="hls/all.m3u8",
                live_playlist_name="hls/live.m3u8",
                segment_duration=6,
                filename_suffix=egress.SegmentedFileSuffix.TIMESTAMP,
                disable_manifest=True,
                **storage,
            )
        ],
        "image_outputs": [
            api.ImageOutput(
                capture_interval=5,
                width=640,
                height=360,
                filename_prefix="stills/x",
                filename_suffix=egress.ImageFileSuffix.IMAGE_SUFFIX_NONE_OVERWRITE,
                disable_manifest=True,
                **storage,
            )
        ],
    }


@pytest.fixture(autouse=True)
def _worker(world: World) -> None:
    """A worker, and a room with someone who publishes."""
    world.recorder.available = True
    world.join("standup", "ada", name="Ada")
    world.publish("standup", "ada", "microphone")
    world.publish("standup", "ada", "camera")


def _sent(world: World) -> Any:
    """The one request that reached the server."""
    ((name, request),) = [one for one in world.requests if one[0].startswith("Egress/Start")]
    assert name.startswith("Egress/Start")
    return request


async def _start(client: httpx.AsyncClient, **changes: str | list[str] | None) -> httpx.Response:
    return await submit(client, f"{NEW}?room=standup", NEW, **changes)


async def test_every_field_of_a_room_recording_reaches_livekit(
    client: httpx.AsyncClient, world: World
) -> None:
    answer = await _start(
        client,
        media="",
        layout="grid-light",
        custom_base_url="https://template.example.com",
        custom_layout="stage",
        **OUTPUTS,
        **S3,
        **ENCODING,
        **HOOK,
    )
    assert answer.status_code == 303, Page(answer.text).main
    wanted = api.RoomCompositeEgressRequest(
        room_name="standup",
        layout="stage",
        custom_base_url="https://template.example.com",
        advanced=ENCODING_SENT,
        webhooks=[HOOK_SENT],
        **_outputs_sent(s3=S3_SENT),
    )
    assert _sent(world) == wanted
    (job,) = world.egress
    assert answer.headers["Location"] == f"/egress/{job}"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        (
            {"what": "participant", "identity": "ada", "screen_share": "y"},
            api.ParticipantEgressRequest(identity="ada", screen_share=True),
        ),
        (
            {"what": "tracks", "audio_track_id": "TR_a", "video_track_id": " TR_v "},
            api.TrackCompositeEgressRequest(audio_track_id="TR_a", video_track_id="TR_v"),
        ),
        (
            {"what": "web", "url": "https://page.example.com", "media": "video", "await_start_signal": "y"},
            api.WebEgressRequest(url="https://page.example.com", video_only=True, await_start_signal=True),
        ),
    ],
    ids=["participant", "tracks", "web"],
)
async def test_every_field_of_the_other_kinds_reaches_livekit(
    fields: dict[str, str], wanted: Any, client: httpx.AsyncClient, world: World
) -> None:
    answer = await _start(client, **fields, **OUTPUTS, **S3, **HOOK, quality="H264_1080P_60")
    assert answer.status_code == 303, Page(answer.text).main
    if fields["what"] != "web":
        wanted.room_name = "standup"
    rest = _outputs_sent(s3=S3_SENT)
    wanted.MergeFrom(
        type(wanted)(preset=egress.EncodingOptionsPreset.H264_1080P_60, webhooks=[HOOK_SENT], **rest)
    )
    assert _sent(world) == wanted


async def test_a_track_goes_to_a_file(client: httpx.AsyncClient, world: World) -> None:
    track = world.participant("standup", "ada").tracks[0].sid
    page = Page((await client.get(f"{NEW}?room=standup&track={track}")).text)
    assert dict(page.form(NEW).fields)["what"] == "track"
    answer = await submit(
        client,
        f"{NEW}?room=standup&track={track}",
        NEW,
        file_filepath="t/{track_id}",
        disable_manifest="y",
        **S3,
        **HOOK,
    )
    assert answer.status_code == 303, Page(answer.text).main
    file = api.DirectFileOutput(filepath="t/{track_id}", disable_manifest=True, s3=S3_SENT)
    assert _sent(world) == api.TrackEgressRequest(
        room_name="standup", track_id=track, file=file, webhooks=[HOOK_SENT]
    )


async def test_a_track_goes_to_a_websocket(client: httpx.AsyncClient, world: World) -> None:
    url = "wss://app.example.com/audio?token=x"
    answer = await _start(client, what="track", track_id="TR_x", outputs="websocket", websocket_url=url, **S3)
    assert answer.status_code == 303, Page(answer.text).main
    assert _sent(world) == api.TrackEgressRequest(room_name="standup", track_id="TR_x", websocket_url=url)


@pytest.mark.parametrize("place", OTHERS)
async def test_every_field_of_the_other_storages_reaches_livekit(
    place: str, client: httpx.AsyncClient, world: World
) -> None:
    proxy = {"proxy_url": "http://proxy:1", "proxy_username": "me", "proxy_password": "proxy-secret"}
    answer = await _start(client, storage=place, **OTHERS[place], **proxy)
    assert answer.status_code == 303, Page(answer.text).main
    stored = getattr(_sent(world).file_outputs[0], place)
    expected = {name.removeprefix(f"{place}_"): value for name, value in OTHERS[place].items()}
    if place == "gcp":
        expected["proxy"] = api.ProxyConfig(url="http://proxy:1", username="me", password="proxy-secret")
    assert stored == type(stored)(**expected)


@pytest.mark.parametrize("kind", STARTS)
def test_the_form_has_every_field_that_livekit_has(kind: str) -> None:
    """What an update of the SDK adds is missed here first."""
    elsewhere = {
        # What the form has under other names, and the old ways to say what the lists of outputs say.
        *("webhooks", "audio_only", "video_only", "preset", "advanced", "file", "stream", "segments"),
        *("file_outputs", "stream_outputs", "segment_outputs", "image_outputs"),
    }
    form = StartForm()
    request = STARTS[kind].message.DESCRIPTOR
    assert {field.name for field in request.fields} - elsewhere <= set(form._fields)
    parts: dict[str, Any] = {
        "file_": (egress.EncodedFileOutput, {"disable_manifest"}),
        "segments_": (egress.SegmentedFileOutput, {"disable_manifest"}),
        # JPEG is the only one.
        "images_": (egress.ImageOutput, {"disable_manifest", "image_codec"}),
        # Destinations are addresses with ids, which the API does not use yet.
        "stream_": (egress.StreamOutput, {"destinations"}),
        "encoding_": (egress.EncodingOptions, {"audio_quality", "video_quality"}),
        "s3_": (egress.S3Upload, {"proxy"}),
        "gcp_": (egress.GCPUpload, {"proxy"}),
        "azure_": (egress.AzureBlobUpload, set()),
        "aliOSS_": (egress.AliOSSUpload, set()),
        "proxy_": (egress.ProxyConfig, set()),
    }
    storages = {"s3", "gcp", "azure", "aliOSS"}
    for prefix, (message, known) in parts.items():
        names = {field.name for field in message.DESCRIPTOR.fields} - known - storages
        assert {prefix + name for name in names} <= set(form._fields), prefix


async def test_what_the_page_hides_is_neither_checked_nor_sent(
    client: httpx.AsyncClient, world: World
) -> None:
    answer = await _start(
        client,
        url="no address",
        stream_urls="http://x",
        images_width="many",
        s3_secret="alone",
        gcp_credentials="no JSON",
        encoding_width="17",
        custom_base_url="",
        identity="x" * 300,
        websocket_url="http://x",
    )
    assert answer.status_code == 303, Page(answer.text).main
    file = api.EncodedFileOutput(filepath="rec/{room_name}-{time}.mp4", file_type=egress.EncodedFileType.MP4)
    assert _sent(world) == api.RoomCompositeEgressRequest(
        room_name="standup", layout="speaker-dark", file_outputs=[file]
    )


async def test_audio_only_needs_no_browser(client: httpx.AsyncClient, world: World) -> None:
    """With a layout, a worker would start one."""
    await _start(client, media="audio", audio_mixing="1", file_filepath="a.ogg")
    request = _sent(world)
    assert (request.layout, request.audio_only, request.audio_mixing) == ("", True, 1)
    assert request.file_outputs[0].file_type == egress.EncodedFileType.OGG


GOOD_S3 = {"storage": "s3", "s3_bucket": "b"}


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"room_name": ""}, "room_name", "Enter a room."),
        ({"room_name": "ä" * 129}, "room_name", "LiveKit allows 256 bytes"),
        ({"what": "participant", "identity": ""}, "identity", "Enter the participant’s identity"),
        ({"what": "participant", "identity": "x" * 257}, "identity", "LiveKit allows 256 bytes"),
        ({"what": "tracks"}, "audio_track_id", "Enter an audio track, a video track, or both."),
        ({"what": "track", "track_id": ""}, "track_id", "Enter a track id"),
        ({"what": "track", "track_id": "TR_\x01"}, "track_id", "control character"),
        ({"what": "web", "url": ""}, "url", "Enter the address of the page."),
        (
            {"what": "web", "url": "ftp://x"},
            "url",
            "begins with http:// or https://. This begins with ftp://.",
        ),
        ({"what": "web", "url": "https://" + "x" * 8192}, "url", "LiveKit allows 8 KiB"),
        ({"audio_mixing": "1"}, "audio_mixing", "Separate channels are available for audio only."),
        ({"custom_base_url": "template"}, "custom_base_url", "begins with http"),
        ({"custom_layout": "stage"}, "custom_base_url", "Enter the address of the template"),
        ({"webhooks": "{}"}, "webhooks", "look like […]"),
        ({"webhooks": '[{"uri": "x"}]'}, "webhooks", "no such field"),
        ({"webhooks": "[" * 3}, "webhooks", "not JSON"),
        ({"outputs": ""}, "outputs", "Choose at least one output."),
        ({"file_filepath": "a.mkv"}, "file_filepath", "This path ends in .mkv."),
        ({"file_filepath": "a\nb.mp4"}, "file_filepath", "control character"),
        (
            {"file_filepath": "a.mp4", "file_file_type": "2", "media": "audio"},
            "file_filepath",
            "The type is OGG, but the path ends in .mp4.",
        ),
        ({"file_filepath": "a.ogg"}, "file_filepath", "OGG files contain audio only."),
        ({"file_filepath": "a", "file_file_type": "3"}, "file_file_type", "MP3 files contain audio only."),
        (
            {"outputs": "stream", "stream_urls": "https://a.rtmp.youtube.com/live2/x7q9"},
            "stream_urls",
            "An RTMP address begins with rtmp:// or rtmps://, an SRT address with srt://."
            " This begins with https://.",
        ),
        ({"outputs": "stream", "stream_urls": "\r\n "}, "stream_urls", "Enter an address"),
        ({"outputs": "stream", "stream_urls": "rtmp://host"}, "stream_urls", "rtmp://host/app/stream-key"),
        (
            {"outputs": "stream", "stream_urls": "srt://h:1\nrtmp://a/b/c"},
            "stream_urls",
            "the same protocol for all",
        ),
        ({"outputs": "stream", "stream_urls": "srt://h:1\nsrt://h:1"}, "stream_urls", "each address once"),
        (
            {"outputs": "stream", "stream_urls": "rtmp://a/b/c", "stream_protocol": "2"},
            "stream_urls",
            "begins with srt://. This begins with rtmp://.",
        ),
        ({"outputs": ["file", "stream"], "stream_urls": ""}, "stream_protocol", "Choose a protocol"),
        (
            {"outputs": "segments", "segments_playlist_name": "a/x", "segments_live_playlist_name": "b/y"},
            "segments_live_playlist_name",
            "the same folder",
        ),
        (
            {"outputs": "segments", "segments_playlist_name": "a/x", "segments_live_playlist_name": "a/x"},
            "segments_live_playlist_name",
            "another name than for the playlist",
        ),
        (
            {"outputs": "segments", "segments_segment_duration": "0"},
            "segments_segment_duration",
            "from 1 to 3600",
        ),
        (
            {"outputs": "images", "images_capture_interval": "often"},
            "images_capture_interval",
            "whole number",
        ),
        ({"outputs": "images", "images_width": "1"}, "images_width", "from 16"),
        ({"outputs": ["file", "images"], "media": "audio"}, "outputs", "Images are not available"),
        (
            {"what": "track", "track_id": "TR_x", "outputs": "websocket", "websocket_url": "https://x"},
            "websocket_url",
            "begins with ws:// or wss://. This begins with https://.",
        ),
        (
            {
                "what": "track",
                "track_id": "TR_x",
                "outputs": ["file", "websocket"],
                "websocket_url": "ws://x",
            },
            "outputs",
            "either a file or a WebSocket",
        ),
        ({"storage": "s3"}, "s3_bucket", "Enter a bucket."),
        ({**GOOD_S3, "s3_access_key": "AK"}, "s3_secret", "Enter both access key and secret."),
        ({**GOOD_S3, "s3_secret": "x"}, "s3_access_key", "Enter both"),
        ({**GOOD_S3, "s3_metadata": "team"}, "s3_metadata", "not JSON"),
        ({**GOOD_S3, "s3_metadata": '{"a": 1}'}, "s3_metadata", "in quotes"),
        ({**GOOD_S3, "proxy_url": "proxy"}, "proxy_url", "begins with http"),
        ({**GOOD_S3, "proxy_username": "me"}, "proxy_url", "Enter the proxy’s address."),
        ({"storage": "gcp", "gcp_bucket": ""}, "gcp_bucket", "Enter a bucket."),
        (
            {"storage": "gcp", "gcp_bucket": "b", "gcp_credentials": "key"},
            "gcp_credentials",
            "not valid JSON",
        ),
        (
            {"storage": "gcp", "gcp_bucket": "b", "gcp_credentials": "[]"},
            "gcp_credentials",
            "“type” is missing",
        ),
        ({"storage": "azure", "azure_account_name": "n"}, "azure_account_key", "Enter the account key."),
        ({"storage": "azure", "azure_account_name": "n"}, "azure_container_name", "Enter the container."),
        ({"storage": "aliOSS"}, "aliOSS_endpoint", "Enter the endpoint"),
        ({"quality": "own", "encoding_width": "17"}, "encoding_width", "even"),
        ({"quality": "own", "encoding_height": "8"}, "encoding_height", "from 16"),
        ({"quality": "own", "encoding_framerate": "1e3"}, "encoding_framerate", "whole number"),
        (
            {"quality": "own", "encoding_key_frame_interval": "two"},
            "encoding_key_frame_interval",
            "from 0.1 to",
        ),
        (
            {"quality": "own", "encoding_key_frame_interval": "0"},
            "encoding_key_frame_interval",
            "from 0.1 to",
        ),
        (
            {
                "quality": "own",
                "encoding_audio_codec": "1",
                "outputs": "stream",
                "stream_urls": "rtmp://a/b/c",
            },
            "encoding_audio_codec",
            "require AAC",
        ),
        (
            {"quality": "own", "encoding_audio_codec": "3"},
            "encoding_audio_codec",
            "doesn’t support the codec",
        ),
        ({"what": "everything"}, "what", "Not a valid choice"),
        ({"quality": "8K"}, "quality", "Not a valid choice"),
        ({"storage": "tape"}, "storage", "Not a valid choice"),
    ],
)
async def test_what_is_wrong_is_said_at_the_field_and_nothing_is_started(
    fields: dict[str, str | list[str]], field: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await _start(client, **fields)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert not [name for name in world.calls if name.startswith("Egress")]
    assert words in page.main
    assert f"#{field}" in [link["href"] for link in page.all("a")]
    assert field in [element.attributes.get("id") for element in page.elements]
    kept = page.form(NEW).fields
    for name, value in fields.items():
        for text in [value] if isinstance(value, str) else value:
            if name not in SECRETS and text and text not in ("everything", "8K", "tape"):
                text = text.replace('"uri": "x"', '"uri": "$SECRET"')  # Of what LiveKit doesn't know.
                assert (name, text) in kept or (name, text.replace("\r\n", "\n")) in kept, name


async def test_credentials_are_neither_kept_nor_shown(client: httpx.AsyncClient, world: World) -> None:
    answer = await _start(client, **S3 | {"s3_bucket": ""}, **OUTPUTS)
    assert answer.status_code == 422
    page = Page(answer.text)
    for name in S3:
        if name in SECRETS:
            assert SECRETS[name] not in answer.text
            assert dict(page.form(NEW).fields)[name] == ""
    assert "Enter the secrets again." in page.main
    assert page.main.count("Enter it again: secrets are not shown.") == 5
    assert dict(page.form(NEW).fields)["s3_region"] == "eu-1"


@pytest.mark.parametrize("place", OTHERS)
async def test_nor_are_those_of_the_other_storages(
    place: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await _start(client, room_name="", storage=place, **OTHERS[place])
    assert answer.status_code == 422
    assert not [text for text in SECRETS.values() if text in answer.text]


async def test_nothing_has_to_be_entered_again_where_nothing_was(client: httpx.AsyncClient) -> None:
    answer = await _start(client, room_name="", storage="s3")
    assert "Enter the secrets again." not in Page(answer.text).main


async def test_without_a_worker_the_form_says_what_to_check(client: httpx.AsyncClient, world: World) -> None:
    world.recorder.available = False
    answer = await _start(client, **OUTPUTS, **S3)
    page = Page(answer.text)
    assert answer.status_code == 503
    assert "No egress worker accepted this." in page.main
    assert "Check that livekit-egress is running" in page.main
    assert ("room_name", "standup") in page.form(NEW).fields
    assert ("outputs", "segments") in page.form(NEW).fields
    assert not [text for name, text in SECRETS.items() if name in S3 and text in answer.text]


async def test_a_start_may_take_longer_than_other_calls(browse: Browse, world: World) -> None:
    world.faults.add(Fault("delay", match="Egress/Start*", seconds=1.0))
    client = await browse(livekit_timeout=0.3)
    assert (await _start(client)).status_code == 303


async def test_livekits_own_words_reach_the_form(client: httpx.AsyncClient, world: World) -> None:
    answer = await _start(client, room_name="gone")
    assert answer.status_code == 404
    assert "LiveKit says: requested room does not exist" in Page(answer.text).main
    world.faults.add(
        Fault(
            "error",
            match="Egress/Start*",
            code="invalid_argument",
            message="twirp error unknown: no rtmp://a/b/key please",
        )
    )
    answer = await _start(client, outputs="stream", stream_urls="rtmp://a/b/key")
    assert answer.status_code == 422
    assert "LiveKit says: no rtmp://a/b/•••• please" in Page(answer.text).main


async def test_htmx_gets_the_form_into_the_page(client: httpx.AsyncClient, world: World) -> None:
    headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "main#main"}
    answer = await post_form(client, NEW, {"what": "room", "outputs": "file"}, headers=headers)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert not page.all("html")
    assert page.form(NEW)
    assert "Enter a room." in page.text
    data = {"what": "room", "outputs": "file", "room_name": "standup", "layout": "grid-dark"}
    answer = await post_form(client, NEW, data, headers=headers)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, f"/egress/{next(iter(world.egress))}")


async def test_a_preview_asks_livekit_nothing(client: httpx.AsyncClient, world: World) -> None:
    data = {
        "what": "room",
        "room_name": "standup",
        "outputs": "file",
        "file_filepath": "a/{room_name}/{track_id}",
    }
    answer = await post_form(client, "/egress/preview", {**data, **S3})
    page = Page(answer.text)
    assert answer.status_code == 200
    assert not world.calls
    assert "Becomes a/standup/{track_id}.mp4" in page.main
    assert "{track_id} stays as it is" in page.main
    assert '"secret": "$S3_SECRET"' in page.main
    assert "s3-secret" not in answer.text
    assert "Enter the secrets again." in page.main


async def test_htmx_gets_the_help_column_and_the_names_alone(client: httpx.AsyncClient, world: World) -> None:
    data = {"what": "web", "url": "https://x", "outputs": "file", "file_filepath": "{time}/"}
    answer = await post_form(client, "/egress/preview", data, headers={"HX-Request": "true"})
    page = Page(answer.text)
    assert not page.forms
    assert "lk egress start --type web" in page.text
    assert "A worker opens the page" in page.text
    assert page.all("hx-partial")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"what": "nothing", "outputs": "all", "storage": "tape", "quality": "8K", "layout": "x"},
        {"what": "room", "outputs": "segments", "segments_segment_duration": "x", "webhooks": "{"},
        {"what": "track", "outputs": ["stream", "websocket", "file"], "websocket_url": "\0"},
        {"what": "web", "quality": "own", "encoding_width": "9" * 30, "encoding_key_frame_interval": "٣"},
        {"what": "room", "outputs": "stream", "stream_protocol": str(2**64)},
        {"what": "room", "outputs": "file", "file_file_type": "98"},
    ],
)
async def test_a_preview_of_anything_is_a_page(data: dict[str, Any], client: httpx.AsyncClient) -> None:
    assert (await post_form(client, "/egress/preview", data)).status_code == 200


async def test_the_form_offers_who_and_what_is_there(client: httpx.AsyncClient, world: World) -> None:
    page = Page((await client.get(f"{NEW}?room=standup&identity=ada")).text)
    fields = dict(page.form(NEW).fields)
    assert (fields["what"], fields["room_name"], fields["identity"]) == ("participant", "standup", "ada")
    assert "Open now, 1 participant" in page.main
    offered = {option.attributes.get("value") for option in page.all("option")}
    assert {"ada", *(track.sid for track in world.participant("standup", "ada").tracks)} <= offered
    other = Page((await client.get(f"{NEW}?room=gone")).text)
    assert "No room of this name is open" in other.main
    assert "standup" in {
        option.attributes.get("value") for option in Page((await client.get(NEW)).text).all("option")
    }


@pytest.mark.parametrize("path", ["/rooms/standup", "/rooms", "/rooms/standup/participants/ada"])
async def test_a_recording_is_two_clicks_away(path: str, client: httpx.AsyncClient, world: World) -> None:
    page = Page((await client.get(path)).text)
    links = [link.href for link in page.links() if link.href.startswith(NEW)]
    assert links
    for link in links:
        answer = await submit(client, link, NEW)
        assert answer.status_code == 303, Page(answer.text).main


@pytest.mark.parametrize("path", ["/rooms/standup", "/rooms", "/rooms/standup/participants/ada", "/egress"])
async def test_read_only_offers_no_recording(path: str, browse: Browse) -> None:
    client = await browse(read_only=True)
    page = Page((await client.get(path)).text)
    assert not [link for link in page.links() if link.href.startswith(NEW)]
