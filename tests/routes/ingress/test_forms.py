"""Ingresses are created and changed by forms."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from livekit.protocol import ingress, models
from livekit.protocol.ingress import CreateIngressRequest

from livekit_dashboard.forms.ingress.ingress import IngressForm
from livekit_dashboard.forms.proto import Placed
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import submit
from tests.html import Page
from tests.protobufs import filled, unset
from tests.routes.ingress.test_ingress import KEY, add

LEAST = {"participant_identity": "stage"}
OWN = {
    "audio_encoding": "own",
    "audio_codec": "1",
    "audio_bitrate": "96",
    "channels": "2",
    "disable_dtx": "y",
    "video_encoding": "own",
    "video_codec": str(models.VP8),
    "frame_rate": "29.97",
    "high_size": "1280x720",
    "high_rate": "1700",
    "medium_size": "",
    "medium_rate": "",
    "low_size": " 320 × 180 ",
    "low_rate": "",
}
ALL = {
    "input_type": "1",
    "url": "",
    "name": "Studio",
    "room_name": "studio",
    "participant_identity": "studio-1",
    "participant_name": "The studio",
    "participant_metadata": '{"a": 1}\r\ntwo',
    "enable_transcoding": "1",
    "enabled": "y",
    "audio_name": "voice",
    "audio_source": "4",
    "video_name": "picture",
    "video_source": "3",
    **OWN,
}


def _sent(world: World) -> CreateIngressRequest:
    name, request = world.requests[-1]
    assert name == "Ingress/CreateIngress"
    assert isinstance(request, CreateIngressRequest)
    return request


async def _create(client: httpx.AsyncClient, **fields: str | None) -> httpx.Response:
    return await submit(client, "/ingress/new", "/ingress", **fields)


async def test_an_identity_is_enough(client: httpx.AsyncClient, world: World) -> None:
    answer = await _create(client, **LEAST)
    (made,) = world.ingresses.items
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/ingress/{made}")
    assert _sent(world) == CreateIngressRequest(participant_identity="stage")


async def test_every_field_reaches_livekit(client: httpx.AsyncClient, world: World) -> None:
    assert (await _create(client, **ALL)).status_code == 303
    assert _sent(world) == CreateIngressRequest(
        input_type=ingress.WHIP_INPUT,
        name="Studio",
        room_name="studio",
        participant_identity="studio-1",
        participant_name="The studio",
        participant_metadata='{"a": 1}\ntwo',
        enable_transcoding=True,
        audio=ingress.IngressAudioOptions(
            name="voice",
            source=models.SCREEN_SHARE_AUDIO,
            options=ingress.IngressAudioEncodingOptions(
                audio_codec=models.OPUS, bitrate=96_000, channels=2, disable_dtx=True
            ),
        ),
        video=ingress.IngressVideoOptions(
            name="picture",
            source=models.SCREEN_SHARE,
            options=ingress.IngressVideoEncodingOptions(
                video_codec=models.VP8,
                frame_rate=29.97,
                layers=[
                    models.VideoLayer(quality=models.HIGH, width=1280, height=720, bitrate=1_700_000),
                    models.VideoLayer(quality=models.LOW, width=320, height=180),
                ],
            ),
        ),
    )


async def test_presets_and_a_disabled_one(client: httpx.AsyncClient, world: World) -> None:
    await _create(client, **LEAST, audio_encoding="1", video_encoding="9", enabled=None)
    sent = _sent(world)
    assert (sent.audio.preset, sent.video.preset) == (1, 9)
    assert sent.HasField("enabled")  # type: ignore[no-untyped-call]
    assert not sent.enabled


async def test_own_settings_that_leave_all_to_livekit_are_settings_too(
    client: httpx.AsyncClient, world: World
) -> None:
    await _create(client, **LEAST, audio_encoding="own")
    assert _sent(world).audio.WhichOneof("encoding_options") == "options"


async def test_what_is_hidden_counts_for_nothing(client: httpx.AsyncClient, world: World) -> None:
    """A URL of another input, and settings behind a preset, however wrong."""
    answer = await _create(
        client,
        **LEAST,
        url="https://example.com/x.mp4",
        video_encoding="3",
        high_size="huge",
        frame_rate="fast",
        audio_bitrate="-1",
    )
    assert answer.status_code == 303
    assert _sent(world).url == ""
    assert _sent(world).video == ingress.IngressVideoOptions(preset=ingress.H264_720P_30FPS_1_LAYER)


async def test_a_url_is_fetched_by_a_worker(client: httpx.AsyncClient, world: World) -> None:
    world.ingresses.available = True
    url = {"input_type": "2", "url": "https://example.com/x.mp4", "room_name": "cinema"}
    assert (await _create(client, **LEAST, **url)).status_code == 303
    assert _sent(world).url == url["url"]


async def test_a_url_without_a_worker_says_what_to_check(client: httpx.AsyncClient, world: World) -> None:
    url = {"input_type": "2", "url": "srt://example.com:9000", "room_name": "cinema"}
    answer = await _create(client, **LEAST, **url)
    page = Page(answer.text)
    assert answer.status_code == 503
    assert "No ingress worker accepted this. Nothing was created." in page.main
    assert "Check that livekit-ingress is running" in page.main
    assert "LiveKit says: no response from servers" in page.main
    assert dict(page.form("/ingress").fields)["url"] == url["url"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"participant_identity": ""}, "participant_identity", "Enter an identity"),
        ({"participant_identity": "ä" * 129}, "participant_identity", "allows 256 bytes"),
        ({"room_name": "r" * 257}, "room_name", "allows 256 bytes"),
        ({"participant_metadata": "m" * (512 * 1024 + 1)}, "participant_metadata", "allows 512 KiB"),
        ({"input_type": "7"}, "input_type", "valid choice"),
        ({"input_type": "2"}, "url", "URL to fetch"),
        ({"input_type": "2", "url": "ftp://x.example/a"}, "url", "http://, https:// or srt://"),
        ({"input_type": "2", "url": "https://"}, "url", "http://, https:// or srt://"),
        ({"input_type": "2", "url": "https://[::1"}, "url", "not a valid"),
        ({"input_type": "2", "url": "https://x.example", "room_name": ""}, "room_name", "Enter a room"),
        ({"input_type": "2", "url": "https://x.example", "enabled": None}, "enabled", "created disabled"),
        ({"input_type": "0", "enable_transcoding": "0"}, "enable_transcoding", "for WHIP only"),
        ({"enable_transcoding": "0"}, "audio_encoding", "is not encoded"),
        ({"enable_transcoding": "-1"}, "video_encoding", "is not encoded"),
        ({"audio_bitrate": "loud"}, "audio_bitrate", "whole number"),
        ({"audio_bitrate": "1001"}, "audio_bitrate", "from 0 to 1000"),
        ({"channels": "6"}, "channels", "valid choice"),
        ({"video_encoding": "99"}, "video_encoding", "valid choice"),
        ({"frame_rate": "fast"}, "frame_rate", "such as 30"),
        ({"high_size": "720p"}, "high_size", "such as 1280x720"),
        ({"high_size": "1281x720"}, "high_size", "even"),
        ({"low_size": "0x0"}, "low_size", "even width and height, above 0"),
        ({"high_size": "160x90"}, "high_size", "smaller than the low layer"),
        ({"medium_rate": "500"}, "medium_rate", "Enter the size too"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_is_wrong_is_said_at_the_field_and_nothing_is_sent(
    changes: dict[str, str | None], field: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    entries = {key: value for key, value in {**ALL, **changes}.items() if value is not None}
    answer = await _create(client, **{**ALL, **changes})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert f"#{field}" in [link.href for link in page.links()]
    kept = dict(page.form("/ingress").fields)
    # A choice that isn't offered can't be shown as chosen.
    unheard = {field} if "valid choice" in words else set()
    text = {"csrf_token", "seen", "participant_metadata"}
    assert {key: value for key, value in kept.items() if key not in unheard | text} == {
        key: value for key, value in entries.items() if key not in unheard | text
    }
    assert not world.calls


async def test_livekits_own_words_are_shown_without_the_noise(
    client: httpx.AsyncClient, world: World
) -> None:
    words = "twirp error unknown: invalid ingress: the moon is in the wrong phase"
    world.faults.add(Fault("error", code="invalid_argument", message=words))
    answer = await _create(client, **ALL)
    assert answer.status_code == 422
    assert "LiveKit says: invalid ingress: the moon is in the wrong phase" in Page(answer.text).main
    assert "twirp" not in answer.text
    assert dict(Page(answer.text).form("/ingress").fields)["high_size"] == "1280x720"


@pytest.mark.parametrize("kind", ["refuse", "cut", "html", "garbage"])
async def test_an_outage_keeps_the_entries(kind: str, client: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault(kind))  # type: ignore[arg-type]
    answer = await _create(client, **ALL)
    assert answer.status_code == 502
    assert dict(Page(answer.text).form("/ingress").fields)["participant_identity"] == "studio-1"


# -- changes ---------------------------------------------------------------------------------------------

Change = tuple[str | None, Callable[[Any], object]]
SHARED: Mapping[str, Change] = {
    "name": ("Other", lambda m: setattr(m, "name", "Other")),
    "room_name": ("other", lambda m: setattr(m, "room_name", "other")),
    "participant_identity": ("other", lambda m: setattr(m, "participant_identity", "other")),
    "participant_name": ("Other", lambda m: setattr(m, "participant_name", "Other")),
    "participant_metadata": ("a\r\nb", lambda m: setattr(m, "participant_metadata", "a\nb")),
    "enabled": (None, lambda m: setattr(m, "enabled", False)),
    "audio_name": ("", lambda m: setattr(m.audio, "name", "")),
    "audio_source": ("0", lambda m: setattr(m.audio, "source", models.UNKNOWN)),
    "video_name": ("Other", lambda m: setattr(m.video, "name", "Other")),
    "video_source": ("3", lambda m: setattr(m.video, "source", models.SCREEN_SHARE)),
}
PRESETS: Mapping[str, Change] = {
    **SHARED,
    "audio_encoding": ("", lambda m: m.audio.ClearField("preset")),
    "video_encoding": ("3", lambda m: setattr(m.video, "preset", 3)),
}
SETTINGS: Mapping[str, Change] = {
    **SHARED,
    "audio_codec": ("0", lambda m: setattr(m.audio.options, "audio_codec", 0)),
    "audio_bitrate": ("64", lambda m: setattr(m.audio.options, "bitrate", 64_000)),
    "channels": ("1", lambda m: setattr(m.audio.options, "channels", 1)),
    "disable_dtx": (None, lambda m: setattr(m.audio.options, "disable_dtx", False)),
    "audio_encoding": ("1", lambda m: setattr(m.audio, "preset", 1)),
    "video_codec": ("1", lambda m: setattr(m.video.options, "video_codec", 1)),
    "frame_rate": ("", lambda m: setattr(m.video.options, "frame_rate", 0)),
    "high_size": ("1920x720", lambda m: setattr(m.video.options.layers[0], "width", 1920)),
    "high_rate": ("900", lambda m: setattr(m.video.options.layers[0], "bitrate", 900_000)),
    "medium_size": (
        "640x360",
        lambda m: m.video.options.layers.add(quality=models.MEDIUM, width=640, height=360),
    ),
    "video_encoding": ("", lambda m: m.video.ClearField("options")),
}
CHANGES = [
    *(("presets", field, *change) for field, change in PRESETS.items()),
    *(("settings", field, *change) for field, change in SETTINGS.items()),
]


def _stored(world: World, kind: str) -> ingress.IngressInfo:
    """An ingress in which everything is set; by presets, or by settings of its own."""
    info = filled(ingress.IngressInfo(), input_type=1, metadata="two\nlines", status=0)
    info.ingress_id, info.stream_key = "IN_1", KEY
    info.bypass_transcoding = False
    info.audio.source, info.video.source = models.MICROPHONE, models.CAMERA
    if kind == "settings":
        # What bitrates and layers hold that the form rounds or doesn't show has to stay.
        filled(info.audio.options, audio_codec=1, channels=2, bitrate=96_500)
        filled(
            info.video.options, video_codec=models.VP8, quality=2, width=1280, height=720, bitrate=1_700_400
        )
    world.ingresses.items["IN_1"] = info
    return info


def _copy(info: ingress.IngressInfo) -> ingress.IngressInfo:
    copy = ingress.IngressInfo()
    copy.CopyFrom(info)
    return copy


@pytest.mark.parametrize("kind", ["presets", "settings"])
def test_everything_is_set(kind: str) -> None:
    """But for the older field about transcoding, which LiveKit keeps the opposite of the newer one."""
    assert set(unset(_stored(World(), kind))) == {"bypass_transcoding", "state.status"}


def test_the_form_has_every_field() -> None:
    """But for what LiveKit sets itself, and what it can't change."""
    shown = {field.path[0] for field in IngressForm() if isinstance(field, Placed)}
    own = {"ingress_id", "stream_key", "url", "input_type", "reusable", "state", "bypass_transcoding"}
    assert shown == {field.name for field in ingress.IngressInfo.DESCRIPTOR.fields} - own
    for part, options in (("audio", ingress.IngressAudioOptions), ("video", ingress.IngressVideoOptions)):
        paths = {
            tuple(field.path)
            for field in IngressForm()
            if isinstance(field, Placed) and field.path[0] == part
        }
        own_options = options.DESCRIPTOR.fields_by_name["options"].message_type
        assert paths == {(part, "name"), (part, "source"), (part, "encoding_options")} | {
            (part, "options", field.name) for field in own_options.fields
        }


@pytest.mark.parametrize(
    ("kind", "field", "sent", "change"), CHANGES, ids=[f"{kind} {field}" for kind, field, *_ in CHANGES]
)
async def test_one_field_is_edited_and_the_rest_stays(
    kind: str,
    field: str,
    sent: str | None,
    change: Callable[[Any], object],
    client: httpx.AsyncClient,
    world: World,
) -> None:
    wanted = _copy(_stored(world, kind))
    change(wanted)
    answer = await submit(client, "/ingress/IN_1/edit", "/ingress/IN_1/edit", **{field: sent})
    assert answer.status_code == 303, Page(answer.text).main
    assert world.ingresses.items["IN_1"] == wanted


async def test_a_layer_is_taken_away(client: httpx.AsyncClient, world: World) -> None:
    _stored(world, "settings")
    path = "/ingress/IN_1/edit"
    assert (await submit(client, path, path, high_size="", high_rate="")).status_code == 303
    options = world.ingresses.items["IN_1"].video.options
    assert (list(options.layers), options.video_codec) == ([], models.VP8)


@pytest.mark.parametrize("kind", ["presets", "settings"])
async def test_nothing_changed_is_nothing_sent(kind: str, client: httpx.AsyncClient, world: World) -> None:
    before = _copy(_stored(world, kind))
    assert (await submit(client, "/ingress/IN_1/edit", "/ingress/IN_1/edit")).status_code == 303
    assert world.ingresses.items["IN_1"] == before
    assert "Ingress/UpdateIngress" not in world.calls


async def test_transcoding_and_encodings_are_switched_on_together(
    client: httpx.AsyncClient, world: World
) -> None:
    """LiveKit would refuse both in one call: it looks at the transcoding of before."""
    add(world, input_type=ingress.WHIP_INPUT, enable_transcoding=False, bypass_transcoding=True)
    path = "/ingress/IN_1/edit"
    answer = await submit(client, path, path, enable_transcoding="1", audio_encoding="1")
    assert answer.status_code == 303
    info = world.ingresses.items["IN_1"]
    assert (info.enable_transcoding, info.bypass_transcoding, info.audio.preset) == (True, False, 1)
    assert world.calls.count("Ingress/UpdateIngress") == 2
    await submit(client, path, path, enable_transcoding="0", audio_encoding="")
    info = world.ingresses.items["IN_1"]
    assert not info.enable_transcoding
    assert info.audio.WhichOneof("encoding_options") is None


@pytest.mark.parametrize("field", ["name", "room_name", "participant_name", "participant_metadata"])
async def test_what_livekit_cant_empty_is_said_at_the_field(
    field: str, client: httpx.AsyncClient, world: World
) -> None:
    before = _copy(_stored(world, "presets"))
    answer = await submit(client, "/ingress/IN_1/edit", "/ingress/IN_1/edit", **{field: ""})
    assert answer.status_code == 422
    assert "LiveKit can’t clear this" in Page(answer.text).main
    assert world.ingresses.items["IN_1"] == before


async def test_what_someone_else_changed_meanwhile_is_noticed(
    client: httpx.AsyncClient, world: World
) -> None:
    """Once: whoever sends it again has been told. What they did not touch stays as the other made it."""
    info = _stored(world, "presets")
    page = Page((await client.get("/ingress/IN_1/edit")).text)
    fields = dict(page.form("/ingress/IN_1/edit").fields) | {"name": "mine"}
    info.participant_name = "theirs"
    info.state.updated_at += 1
    headers = {"Origin": str(client.base_url).rstrip("/")}
    answer = await client.post("/ingress/IN_1/edit", data=fields, headers=headers)
    again = Page(answer.text)
    assert answer.status_code == 409
    assert "Someone else changed this meanwhile" in again.main
    kept = dict(again.form("/ingress/IN_1/edit").fields)
    assert kept["name"] == "mine"
    assert world.ingresses.items["IN_1"].name != "mine"
    answer = await client.post("/ingress/IN_1/edit", data=kept, headers=headers)
    assert answer.status_code == 303
    assert world.ingresses.items["IN_1"].name == "mine"


async def test_a_stream_that_goes_on_is_no_change(client: httpx.AsyncClient, world: World) -> None:
    info = _stored(world, "presets")
    page = Page((await client.get("/ingress/IN_1/edit")).text)
    fields = dict(page.form("/ingress/IN_1/edit").fields) | {"name": "mine"}
    info.state.updated_at += 1
    headers = {"Origin": str(client.base_url).rstrip("/")}
    assert (await client.post("/ingress/IN_1/edit", data=fields, headers=headers)).status_code == 303


async def test_case_37_a_url_in_the_private_network_and_a_name_beyond_ascii_are_sent_as_typed(
    client: httpx.AsyncClient, world: World
) -> None:
    fields = {
        "input_type": "2",
        "name": "player",
        "room_name": "town-hall",
        "participant_identity": "player",
        "participant_name": "播放者",
        "enable_transcoding": "1",
        "enabled": "y",
        "url": "http://192.168.31.47:8080/a.mp4",
    }
    world.ingresses.available = True
    answer = await submit(client, "/ingress/new", "/ingress", **fields)
    assert answer.status_code == 303
    sent = _sent(world)
    assert (sent.url, sent.participant_name) == ("http://192.168.31.47:8080/a.mp4", "播放者")
    page = Page((await client.get(answer.headers["Location"])).text)
    assert "播放者" in page.main
    assert "http://192.168.31.47:8080/a.mp4" in page.main
