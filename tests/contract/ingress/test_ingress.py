"""Ingress where there is no worker: RTMP and WHIP can be prepared, nothing can be pulled."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api
from livekit.protocol import ingress, models

from tests.contract.backends import Backend, failure

NO_INGRESS = (404, "not_found", "twirp error unknown: ingress does not exist")
NO_WORKER = (503, "unavailable", "twirp error unknown: no response from servers")
RTMP, WHIP, URL = ingress.RTMP_INPUT, ingress.WHIP_INPUT, ingress.URL_INPUT


@pytest.fixture
async def lk(backend: Backend) -> AsyncIterator[api.LiveKitAPI]:
    """The server without any ingress, before and after."""
    yield backend.api
    for info in (await backend.api.ingress.list_ingress(api.ListIngressRequest())).items:
        await backend.api.ingress.delete_ingress(api.DeleteIngressRequest(ingress_id=info.ingress_id))


async def create(lk: api.LiveKitAPI, **fields: Any) -> ingress.IngressInfo:
    """An RTMP ingress for ann, but for ``fields``."""
    wanted = {"input_type": RTMP, "participant_identity": "ann", **fields}
    return await lk.ingress.create_ingress(api.CreateIngressRequest(**wanted))


async def update(lk: api.LiveKitAPI, info: ingress.IngressInfo, **fields: Any) -> ingress.IngressInfo:
    return await lk.ingress.update_ingress(api.UpdateIngressRequest(ingress_id=info.ingress_id, **fields))


def bad(text: str) -> tuple[int, str, str]:
    return (400, "invalid_argument", f"twirp error unknown: {text}")


async def test_an_rtmp_ingress(lk: api.LiveKitAPI) -> None:
    video = ingress.IngressVideoOptions(
        name="v", source=models.SCREEN_SHARE, preset="H264_1080P_30FPS_1_LAYER"
    )
    made = await create(
        lk,
        name="N",
        room_name="r",
        participant_name="Ann",
        participant_metadata="m",
        enabled=True,
        video=video,
    )
    assert made.ingress_id.startswith("IN_")
    assert len(made.stream_key) == 12
    assert made == ingress.IngressInfo(
        ingress_id=made.ingress_id,
        name="N",
        stream_key=made.stream_key,
        input_type=RTMP,
        room_name="r",
        participant_identity="ann",
        participant_name="Ann",
        participant_metadata="m",
        reusable=True,
        state=ingress.IngressState(),
        enable_transcoding=True,
        enabled=True,
        video=video,
    )
    assert list((await lk.ingress.list_ingress(api.ListIngressRequest())).items) == [made]


async def test_a_whip_ingress(lk: api.LiveKitAPI) -> None:
    """It is not encoded again, unless one asks for it."""
    plain = await create(lk, input_type=WHIP)
    assert (plain.enable_transcoding, plain.bypass_transcoding, plain.reusable) == (False, True, True)
    encoded = await create(lk, input_type=WHIP, enable_transcoding=True)
    assert (encoded.enable_transcoding, encoded.bypass_transcoding) == (True, False)
    assert not plain.HasField("enabled")


async def test_a_url_needs_a_worker(lk: api.LiveKitAPI) -> None:
    call = create(lk, input_type=URL, url="https://example.com/a.mp4", room_name="r")
    assert await failure(call) == NO_WORKER
    assert list((await lk.ingress.list_ingress(api.ListIngressRequest())).items) == []


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"participant_identity": ""}, "no participant identity"),
        ({"input_type": URL}, "missing URL parameter"),
        ({"input_type": URL, "url": "ftp://x"}, "invalid url scheme ftp"),
        ({"input_type": URL, "url": "nothing"}, "invalid url scheme "),
        ({"input_type": URL, "url": "http://x"}, "no room name"),
        (
            {"input_type": URL, "url": "http://x", "room_name": "r", "enabled": False},
            "disabled non reusable ingress",
        ),
        (
            {"input_type": URL, "url": "srt://x", "room_name": "r", "participant_identity": ""},
            "no participant identity",
        ),
        ({"video": {"options": {"layers": [{"width": 3, "height": 2}]}}}, "layer width must be even"),
        ({"video": {"options": {"layers": [{"width": 2, "height": 3}]}}}, "layer height must be even"),
    ],
)
async def test_what_makes_no_ingress(lk: api.LiveKitAPI, fields: Any, text: str) -> None:
    assert await failure(create(lk, **fields)) == bad(f"invalid ingress: {text}")


BYPASS = "invalid transcoding bypass configuration: "
SMALL, LARGE = {"width": 2, "height": 2, "quality": 0}, {"width": 4, "height": 4, "quality": 2}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"input_type": 9}, "invalid ingress type"),
        ({"input_type": URL, "url": "http://[x"}, "parse \"http://[x\": missing ']' in host"),
        (
            {"enable_transcoding": False},
            BYPASS + "bypassing transcoding impossible with selected input type",
        ),
        (
            {"input_type": WHIP, "video": {"preset": 0}},
            BYPASS + "video encoding options must be empty if transcoding is disabled",
        ),
        (
            {"input_type": WHIP, "audio": {"options": {}}},
            BYPASS + "audio encoding options must be empty if transcoding is disabled",
        ),
        ({"video": {"source": models.MICROPHONE}}, "invalid video parameters: invalid track source"),
        ({"audio": {"source": models.CAMERA}}, "invalid audio parameters: invalid track source"),
        ({"video": {"preset": 99}}, "invalid video parameters: invalid preset"),
        ({"audio": {"preset": 99}}, "invalid audio parameters: invalid preset"),
        ({"video": {"options": {"frame_rate": -1}}}, "invalid video parameters: invalid framerate"),
        (
            {"video": {"options": {"video_codec": models.H264_HIGH}}},
            "invalid video parameters: video codec unsupported",
        ),
        (
            {"video": {"options": {"layers": [{}]}}},
            "invalid video parameters: invalid output media dimensions",
        ),
        (
            {"video": {"options": {"layers": [SMALL, SMALL]}}},
            "invalid video parameters: more than one layer with the same quality level",
        ),
        (
            {"video": {"options": {"layers": [LARGE, {**LARGE, "quality": 0, "height": 6}]}}},
            "invalid video parameters: video layers do not have increasing height with increasing quality",
        ),
        (
            {"video": {"options": {"layers": [LARGE, {**LARGE, "quality": 1, "width": 6}]}}},
            "invalid video parameters: video layers do not have increasing width with increasing quality",
        ),
        (
            {"audio": {"options": {"audio_codec": models.AAC}}},
            "invalid audio parameters: audio codec unsupported",
        ),
        ({"audio": {"options": {"channels": 3}}}, "invalid audio parameters: invalid audio channel count"),
    ],
)
async def test_settings_that_are_refused(lk: api.LiveKitAPI, fields: Any, text: str) -> None:
    assert await failure(create(lk, **fields)) == bad(text)


async def test_lists_are_filtered(lk: api.LiveKitAPI) -> None:
    one, two = await create(lk, room_name="a"), await create(lk, room_name="b")

    async def listed(**wanted: str) -> list[ingress.IngressInfo]:
        return list((await lk.ingress.list_ingress(api.ListIngressRequest(**wanted))).items)

    assert await listed(room_name="a") == [one]
    assert await listed(room_name="c") == []
    assert await listed(ingress_id=two.ingress_id) == [two]
    assert await listed(ingress_id=two.ingress_id, room_name="a") == [two]
    assert await failure(listed(ingress_id="IN_none")) == NO_INGRESS


async def test_an_update_changes_what_is_given(lk: api.LiveKitAPI) -> None:
    made = await create(lk, name="A", room_name="a", participant_name="Ann", enabled=True)
    changed = await update(
        lk, made, room_name="b", enabled=False, audio=ingress.IngressAudioOptions(name="x")
    )
    made.room_name = "b"
    made.enabled = False
    made.audio.name = "x"
    assert changed == made
    assert list((await lk.ingress.list_ingress(api.ListIngressRequest(room_name="b"))).items) == [made]


async def test_an_update_cannot_empty_a_field(lk: api.LiveKitAPI) -> None:
    made = await create(lk, name="A", room_name="a")
    assert await update(lk, made, name="", room_name="") == made


async def test_switching_transcoding_on_and_off(lk: api.LiveKitAPI) -> None:
    made = await create(lk, input_type=WHIP)
    preset = ingress.IngressVideoOptions(preset="H264_1080P_30FPS_1_LAYER")
    selected = BYPASS + "video encoding options must be empty if transcoding bypass is selected"
    assert await failure(update(lk, made, enable_transcoding=True, video=preset)) == bad(selected)
    on = await update(lk, made, enable_transcoding=True)
    assert (on.enable_transcoding, on.bypass_transcoding) == (True, False)
    assert (await update(lk, made, video=preset)).video == preset
    disabled = BYPASS + "video encoding options must be empty if transcoding is disabled"
    assert await failure(update(lk, made, enable_transcoding=False)) == bad(disabled)


async def test_what_is_missing(lk: api.LiveKitAPI) -> None:
    missing = ingress.IngressInfo(ingress_id="IN_none")
    assert await failure(update(lk, missing)) == NO_INGRESS
    request = api.DeleteIngressRequest(ingress_id="IN_none")
    assert await failure(lk.ingress.delete_ingress(request)) == NO_INGRESS


async def test_deleting(lk: api.LiveKitAPI) -> None:
    made = await create(lk, room_name="a")
    request = api.DeleteIngressRequest(ingress_id=made.ingress_id)
    assert await lk.ingress.delete_ingress(request) == made
    assert await failure(lk.ingress.delete_ingress(request)) == NO_INGRESS


async def test_the_grant(backend: Backend) -> None:
    token = backend.token({"roomAdmin": True, "roomCreate": True})
    status, _, body = await backend.post("Ingress/ListIngress", "{}", token=token)
    assert (status, body) == (401, b'{"code":"unauthenticated","msg":"permissions denied"}')


async def test_without_redis(plain_backend: Backend) -> None:
    text = "twirp error unknown: ingress not connected (redis required)"
    assert await failure(create(plain_backend.api)) == (500, "internal", text)
    call = plain_backend.api.ingress.list_ingress(api.ListIngressRequest())
    assert await failure(call) == (500, "internal", text)
