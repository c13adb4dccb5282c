"""A recording as one text: what reaches LiveKit, what is wrong with it, and that no secret comes back."""

import json
from typing import Any

import httpx
import pytest
from google.protobuf.json_format import MessageToJson, ParseDict
from livekit import api
from livekit.protocol import egress

from livekit_dashboard.services.egress.requests import ANY, STARTS
from livekit_dashboard.simulator import World
from tests.dashboard import submit
from tests.html import Page
from tests.routes.conftest import Browse

NEW = "/egress/new?as=json"
FILE = {
    "filepath": "a.mp4",
    "s3": {"bucket": "b", "accessKey": "AKIA-x", "secret": 'hu\\"sh', "session_token": "tok"},
}
ANYTHING = egress.StartEgressRequest(
    room_name="standup",
    media=egress.MediaSource(audio=egress.AudioConfig(capture_all=True)),
    outputs=[egress.Output(file=egress.FileOutput(filepath="a.ogg"))],
)


@pytest.fixture(autouse=True)
def _worker(world: World) -> None:
    world.recorder.available = True
    world.join("standup", "ada")
    world.publish("standup", "ada", "microphone")


async def _start(client: httpx.AsyncClient, text: Any, what: str = "room") -> httpx.Response:
    return await submit(client, NEW, NEW, what=what, json=text if isinstance(text, str) else json.dumps(text))


async def test_it_begins_with_what_the_form_would_send(client: httpx.AsyncClient, world: World) -> None:
    page = Page((await client.get(f"{NEW}&room=standup&identity=ada")).text)
    fields = dict(page.form(NEW).fields)
    assert fields["what"] == "participant"
    assert json.loads(fields["json"])["identity"] == "ada"
    assert not world.calls
    assert (await submit(client, f"{NEW}&room=standup&identity=ada", NEW)).status_code == 303


async def test_the_request_reaches_livekit_as_it_is(client: httpx.AsyncClient, world: World) -> None:
    text = {"room_name": "standup", "fileOutputs": [FILE]}
    answer = await _start(client, text)
    assert answer.status_code == 303, Page(answer.text).main
    (request,) = [sent for name, sent in world.requests if name.startswith("Egress/Start")]
    assert request == ParseDict(text, api.RoomCompositeEgressRequest())
    assert request.file_outputs[0].s3.secret == FILE["s3"]["secret"]  # type: ignore[index]


async def test_so_does_one_of_the_second_generation(client: httpx.AsyncClient, world: World) -> None:
    answer = await _start(client, MessageToJson(ANYTHING), "any")
    assert answer.status_code == 303, Page(answer.text).main
    assert ("Egress/StartEgress", ANYTHING) in world.requests


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Give the request."),
        (" ", "Give the request."),
        ("{", "This is not JSON in line 1"),
        ("[]", "look like {…}"),
        ("null", "look like {…}"),
        ('{"room": "x"}', "no such field"),
        ('{"room_name": 5}', "room_name must be text, in quotes, not this number."),
        ('{"file_outputs": null, "layout": []}', "layout must be text, in quotes, not a list."),
        ('{"file_outputs": [{"s3": {"secret": "$S3_SECRET"}}]}', "in place of $S3_SECRET"),
        ('{"stream_outputs": [{"urls": ["$STREAM_URL"]}]}', "in place of $STREAM_URL"),
        ('{"room_name": "\\ud800"}', "UTF-8"),
        ("[" * 100_000, "64 KiB"),
    ],
)
async def test_what_is_wrong_is_said_at_the_field(
    text: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await _start(client, text)
    assert answer.status_code == 422
    assert words in Page(answer.text).main
    # What nothing is known of may be a secret.
    assert dict(Page(answer.text).form(NEW).fields)["json"] == text.replace(
        '"room": "x"', '"room": "$SECRET"'
    )
    assert not [name for name in world.calls if name.startswith("Egress")]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"room_name": "gone", "file_outputs": [FILE]}),
        json.dumps({"room_name": "x", "wrong": 1, "file_outputs": [FILE]}),
        json.dumps({"file_outputs": [FILE]}, indent=4)[:-20],
        '{"file_outputs": [{"s3": {"secret": "hu\\"sh',
    ],
    ids=["refused", "no such field", "cut", "cut in the secret"],
)
async def test_no_secret_comes_back(text: str, client: httpx.AsyncClient) -> None:
    answer = await _start(client, text)
    assert answer.status_code in (404, 422)
    again = dict(Page(answer.text).form(NEW).fields)["json"]
    for secret in ("AKIA-x", 'sh"', 'tok"'):
        assert secret not in again
    assert '"$SECRET"' in again
    assert "Enter the secrets again." in Page(answer.text).main
    # Sent as it is now, nothing happens by mistake.
    assert (await _start(client, again)).status_code == 422


@pytest.mark.parametrize("kind", [*STARTS, "any"])
async def test_every_kind_is_taken(kind: str, client: httpx.AsyncClient, world: World) -> None:
    await _start(client, {"room_name": "gone"} if kind != "web" else {"url": "x"}, kind)
    start = STARTS.get(kind, ANY)
    assert f"Egress/{start.rpc}" in world.calls


async def test_read_only_starts_nothing(browse: Browse) -> None:
    client = await browse(read_only=True)
    assert (await client.get(NEW)).status_code == 403
