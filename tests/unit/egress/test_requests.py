"""Requests for recordings as JSON, for `lk` and in Python: the same request, and no secret in it."""

import ast
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from livekit import api
from livekit.protocol import egress, models

from livekit_dashboard.services.egress.requests import (
    BY_MESSAGE,
    lk_of,
    lk_start,
    python_of,
    python_start,
    request_json,
    unfilled,
    variables,
)

SECRET = 'a"b$c\nd'
S3 = api.S3Upload(
    bucket="takes",
    access_key=SECRET,
    secret=SECRET,
    metadata={"team": "a"},
    proxy=api.ProxyConfig(url="http://p", username="u", password=SECRET),
)
WHOLE = api.RoomCompositeEgressRequest(
    room_name='it\'s a "room"',
    layout="grid-dark",
    file_outputs=[api.EncodedFileOutput(filepath="$a/{time}.mp4", file_type=api.EncodedFileType.MP4, s3=S3)],
    stream_outputs=[api.StreamOutput(urls=["rtmp://h/app/one", "rtmp://h/app/two"])],
    segment_outputs=[api.SegmentedFileOutput(gcp=api.GCPUpload(bucket="b", credentials=SECRET))],
    image_outputs=[
        api.ImageOutput(azure=api.AzureBlobUpload(account_name="n", account_key=SECRET, container_name="c"))
    ],
    advanced=api.EncodingOptions(width=1280, audio_codec=api.AudioCodec.AAC, key_frame_interval=2.5),
    webhooks=[api.WebhookConfig(url="https://hook", signing_key="APIkey")],
)
TRACK = api.TrackEgressRequest(room_name="r", track_id="TR_1", websocket_url="wss://h?token=" + "t" * 8)
PLAIN = api.WebEgressRequest(url="https://page", audio_only=True)
ANYTHING = egress.StartEgressRequest(
    room_name="r",
    media=egress.MediaSource(
        participant_video=egress.ParticipantVideo(identity="ada"),
        audio=egress.AudioConfig(
            routes=[
                egress.AudioRoute(
                    participant_kind=models.ParticipantInfo.AGENT,
                    channel=egress.AudioChannel.AUDIO_CHANNEL_LEFT,
                )
            ]
        ),
    ),
    outputs=[
        egress.Output(file=egress.FileOutput(filepath="a"), storage=egress.StorageConfig(s3=S3)),
        egress.Output(stream=egress.StreamOutput(urls=["rtmp://h/app/one"])),
    ],
)
REQUESTS = pytest.mark.parametrize(
    "request_", [WHOLE, TRACK, PLAIN, ANYTHING], ids=["whole", "track", "plain", "anything"]
)
VALUES = {
    **dict.fromkeys(("S3_ACCESS_KEY", "S3_SECRET", "PROXY_PASSWORD", "GCP_CREDENTIALS", "AZURE_KEY"), SECRET),
    "STREAM_URL": "rtmp://h/app/one",
    "STREAM_URL_2": "rtmp://h/app/two",
    "WEBSOCKET_URL": TRACK.websocket_url,
}


@REQUESTS
def test_no_text_holds_a_secret(request_: Any) -> None:
    for text in (request_json(request_), lk_start(request_), python_start(request_)):
        assert not [value for value in VALUES.values() if value in text or json.dumps(value)[1:-1] in text]


def test_every_secret_has_a_variable() -> None:
    assert set(variables(WHOLE)) | set(variables(TRACK)) == set(VALUES)
    assert variables(PLAIN) == []


@REQUESTS
def test_the_json_is_what_livekit_reads(request_: Any) -> None:
    read = ParseDict(json.loads(request_json(request_)), type(request_)())
    assert [field.name for field, _ in read.ListFields()] == [
        field.name for field, _ in request_.ListFields()
    ]


@REQUESTS
async def test_the_python_makes_the_same_request(request_: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    code = python_start(request_)
    start = BY_MESSAGE[type(request_)]
    made = code.partition(f"lk.egress.{start.method}(")[2].rpartition(")\n        print(")[0]
    assert eval(made, {"api": api, "os": os}) == request_
    assert ("import os" in code) == bool(variables(request_))
    ast.parse(code)


def test_a_number_that_no_enum_has_stays_one() -> None:
    tampered = api.WebEgressRequest(url="https://page", preset=99)  # type: ignore[arg-type]
    assert "preset=99," in python_start(tampered)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_terminal_fills_the_secrets_in(tmp_path: Path) -> None:
    """Whatever characters they have: what reaches `lk` is the request itself."""
    (tmp_path / "request.json").write_text(request_json(WHOLE), encoding="utf-8")
    (tmp_path / "lk").write_text("#!/bin/sh\ncat\n", encoding="utf-8")
    (tmp_path / "lk").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        lk_start(WHOLE),
        shell=True,
        cwd=tmp_path,
        env={**VALUES, "PATH": path},
        capture_output=True,
        check=True,
    )
    assert ParseDict(json.loads(done.stdout), type(WHOLE)()) == WHOLE


def test_lk_has_no_command_for_the_second_generation() -> None:
    assert lk_start(ANYTHING) == ""


def test_what_is_still_a_variable_is_found() -> None:
    assert unfilled(WHOLE) == []
    left = ParseDict(json.loads(request_json(WHOLE)), type(WHOLE)())
    assert {text[1:] for text in unfilled(left)} == set(variables(WHOLE))
    assert unfilled(ParseDict(json.loads(request_json(TRACK)), type(TRACK)())) == ["$WEBSOCKET_URL"]


def test_without_secrets_the_terminal_needs_lk_alone() -> None:
    assert lk_start(PLAIN) == "lk egress start --type web \\\n  request.json"


@pytest.mark.parametrize("running", [True, False])
def test_what_can_be_done_is_what_is_offered(running: bool) -> None:
    lk = lk_of("EG_1", running=running, composed=True, streams=True)
    assert ("stop" in lk, "update-layout" in lk, "update-stream" in lk) == (running,) * 3
    code = python_of("EG_1", running=running, composed=False, streams=False)
    assert ("stop_egress" in code, "update_layout" in code) == (running, False)
    ast.parse(python_of("EG_1", running=running, composed=True, streams=True))
