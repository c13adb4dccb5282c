"""Commands and code about ingresses hold for every address and key."""

import ast
import json

import pytest
from livekit.protocol.ingress import IngressInfo

from livekit_dashboard.services.ingress.ingress import from_proto
from livekit_dashboard.services.snippets.ingress import (
    NEW_PYTHON,
    NEW_REQUEST,
    ffmpeg,
    lk_actions,
    lk_update,
    python_actions,
)
from tests.shell import uncommented, words

KEYS = ["k", "it's; rm -rf /", "$(reboot) `x`", '"', "-x", "\\"]
URLS = ["rtmp://in.example.com/live", "rtmp://in.example.com/live/", "https://x.example/w?a=b&c=$(d)"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("url", URLS)
def test_ffmpeg_gets_address_and_key_as_they_are(url: str, key: str) -> None:
    assert words(ffmpeg("rtmp", url, key))[-3:] == ["-f", "flv", f"{url.rstrip('/')}/{key}"]
    assert words(ffmpeg("whip", url, key))[-4:] == ["whip", "-authorization", key, url]


@pytest.mark.parametrize("kind", ["rtmp", "whip"])
def test_without_the_key_the_shell_has_it(kind: str) -> None:
    command = ffmpeg(kind, URLS[0], None)
    assert '"$STREAM_KEY"' in command
    assert any("$STREAM_KEY" in word for word in words(command))


@pytest.mark.parametrize("enabled", [True, False])
def test_what_can_be_done(enabled: bool) -> None:
    found = from_proto(IngressInfo(ingress_id="IN_1", reusable=True, enabled=enabled, stream_key="secret"))
    _, update, delete = lk_actions(found).splitlines()
    assert json.loads(words(uncommented(update))[-1]) == {"ingress_id": "IN_1", "enabled": not enabled}
    assert words(uncommented(delete)) == ["lk", "ingress", "delete", "IN_1"]
    assert f"enabled={not enabled}" in python_actions(found)
    ast.parse(python_actions(found))


def test_what_cant_be_changed_is_only_looked_at_and_deleted() -> None:
    found = from_proto(IngressInfo(ingress_id="IN_1", input_type=2))  # type: ignore[arg-type]
    assert "update" not in lk_actions(found) + python_actions(found)
    ast.parse(python_actions(found))


def test_the_examples_hold() -> None:
    assert json.loads(NEW_REQUEST)["input_type"] == "RTMP_INPUT"
    assert json.loads(words(lk_update("IN_1"))[-1])["ingress_id"] == "IN_1"
    ast.parse(NEW_PYTHON)
