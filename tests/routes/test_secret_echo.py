"""A secret that was typed into a form comes back nowhere: not on the page, in the log, or among the recent errors.

Walks every form that any page has, so a new one is covered without a line here.
"""

import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from livekit_dashboard.simulator import World
from tests.dashboard import origin
from tests.html import Form, Page
from tests.routes.site import fill
from tests.routes.test_every_page import _crawl

MARK = "sEcReT-0f-A-Test"
# Boxes whose text is meant to be read by others, and is none of LiveKit's credentials.
OPEN = {"payload", "body", "authorization", "token", "metadata", "participant_metadata"}
SECRETS = ("password", "secret", "access_key", "credentials", "account_key", "session_token")
# Ways to put a secret into a JSON box: in its place, under another name, in a wrong place, and in broken JSON.
SLIPS = {
    "in its place": {"auth_username": "u", "auth_password": MARK, "wrong": 1},
    "in storage": {"file_outputs": [{"s3": {"secret": MARK, "access_key": MARK}}], "wrong": 1},
    "under another name": {
        "file_outputs": [{"gcp": {"credentials_json": json.dumps({"private_key": MARK})}}]
    },
    "in camel case": {"file_outputs": [{"s3": {"secretKey": MARK}}]},
    "unknown": {"pass": MARK},
    "deep in the unknown": {"a": {"b": [{"c": [MARK]}]}},
    "of a wrong type": {"auth_password": {"value": MARK}},
    "object for text": {"name": {"secret": MARK}},
    "list for text": {"name": [MARK]},
    "header": {"headers": {"Authorization": f"Bearer {MARK}"}, "wrong": 1},
    "wrapped": {"trunk": {"auth_password": MARK, "wrong": 1}},
    "wrapped twice": {"trunk": {"trunk": {"auth_password": MARK}}},
    "url": {"stream_outputs": [{"urls": [f"rtmp://a.example/live/{MARK}"]}], "wrong": 1},
    "password in a url": {"custom_base_url": f"https://u:{MARK}@a.example", "wrong": 1},
    "list": [{"secret": MARK}],
    "text": MARK,
}
BROKEN = {
    "missing comma": '{"file": {"filepath": "a.mp4"\n "s3": {"secret": "%s"}}}',
    "trailing comma": '{"auth_password": "%s",}',
    "single quotes": "{'auth_password': '%s'}",
    "no quotes": "{auth_password: %s}",
    "yaml": "auth_password: %s\nname: x",
    "cut in the secret": '{"auth_password": "%s',
    "cut behind it": '{"s3": {"secret": "%s"',
    "quote lost before it": '{"name": "x, "auth_password": "%s"}',
    "quote lost in it": '{"name": "x", "auth_password": %s", "a": 1}',
    "comment": '{"name": "x"} // %s',
    "two": '{"name": "x"} {"auth_password": "%s"}',
    "bare": "%s",
    "as a name": '{"%s": 1, "a" 2}',
}
# Where any name is right, only a name can tell that a value is a secret.
FREE = ("deep in the unknown", "list for text", "as a name")
TEXTS = {name: json.dumps(value) for name, value in SLIPS.items()}
TEXTS |= {name: text % MARK for name, text in BROKEN.items()}


async def _forms(client: httpx.AsyncClient) -> AsyncIterator[tuple[str, Form, str]]:
    """Every form that is sent by POST, with its page and the page's text, each action once."""
    known = set()
    async for path, _, page in _crawl(client):
        for form in page.forms if page else ():
            names = tuple(name for name, _ in form.fields)
            if form.method == "post" and (form.action, names) not in known and "/theme" not in form.action:
                known.add((form.action, names))
                yield path, form, ""


async def _send(client: httpx.AsyncClient, page: str, form: Form, **changes: str) -> httpx.Response:
    fields: dict[str, str | list[str]] = {}
    for name, value in form.fields:
        fields[name] = [*([] if name not in fields else [*fields[name]]), value]
    data = {**fields, **dict(changes.items())}
    return await client.post(form.action or page, data=data, headers={"Origin": origin(client)})


async def _is_map(client: httpx.AsyncClient, path: str, form: Form, name: str) -> bool:
    """Whether a box takes an object of texts with any names, such as a participant's attributes."""
    return '{"role": "host"}' in Page((await _send(client, path, form, **{name: "[]"})).text).main


@pytest.fixture
async def boxes(client: httpx.AsyncClient, world: World) -> list[tuple[str, Form, str]]:
    """Every box for JSON: what is no JSON is refused in it as such."""
    fill(world)
    found = []
    for path, form, _ in [found async for found in _forms(client)]:
        answer_fields = {name for name, value in form.fields if value.startswith(("{", "[")) or value == ""}
        for name in sorted(answer_fields - OPEN):
            answer = await _send(client, path, form, **{name: "{"})
            if answer.status_code == 422 and "This is not JSON" in answer.text:
                found.append((path, form, name))
    return found


async def test_no_secret_comes_back_from_a_json_box(
    boxes: list[tuple[str, Form, str]], client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    assert len({name for _, _, name in boxes}) >= 8, {name for _, _, name in boxes}
    caplog.set_level(logging.DEBUG)
    for path, form, name in boxes:
        for slip, text in TEXTS.items():
            if slip in FREE and await _is_map(client, path, form, name):
                continue
            answer = await _send(client, path, form, **{name: text})
            assert MARK not in answer.text, (form.action, name, slip)
            assert MARK not in str(answer.headers), (form.action, name, slip)
    assert MARK not in (await client.get("/")).text
    # The log of the HTTP client, which the test is, holds no bodies.
    assert MARK not in caplog.text


async def test_no_field_for_a_secret_comes_back(client: httpx.AsyncClient, world: World) -> None:
    """Fields that browsers hide, or that hold credentials of a storage: everything else in the form is wrong."""
    fill(world)
    sent = 0
    for path, form, _ in [found async for found in _forms(client)]:
        secrets = [name for name, _ in form.fields if any(part in name for part in SECRETS)]
        if not secrets:
            continue
        sent += 1
        empty = ("name", "address", "numbers", "room_name", "bucket")
        wrong = {name: "" for name, _ in form.fields if name in empty}
        answer = await _send(client, path, form, **{**wrong, **dict.fromkeys(secrets, MARK)})
        assert MARK not in answer.text, (form.action, secrets)
    assert sent >= 3


async def test_a_room_without_a_name_keeps_its_recording_but_not_the_secret(
    client: httpx.AsyncClient, world: World
) -> None:
    """Settings of automatic recording, with a slip in another field."""
    egress = {
        "room": {
            "fileOutputs": [{"filepath": "r.mp4", "s3": {"accessKey": "AK", "secret": MARK, "bucket": "b"}}]
        }
    }
    page = Page((await client.get("/rooms/new")).text)
    answer = await _send(client, "/rooms/new", page.form("/rooms"), name="", egress=json.dumps(egress))
    again = dict(Page(answer.text).form("/rooms").fields)["egress"]
    assert answer.status_code == 422
    assert MARK not in answer.text
    assert json.loads(again)["room"]["fileOutputs"][0] == {
        "filepath": "r.mp4",
        "s3": {"accessKey": "$SECRET", "secret": "$SECRET", "bucket": "b"},
    }
    # What stands in for a secret is never sent to LiveKit.
    answer = await _send(client, "/rooms/new", page.form("/rooms"), name="with one", egress=again)
    assert answer.status_code == 422
    assert "Enter the secret again in place of $SECRET" in Page(answer.text).text
    assert "with one" not in world.rooms


@pytest.mark.parametrize(
    ("page", "texts", "words"),
    [
        (
            "/sip-outbound/new?as=json",
            {
                "trunk": {
                    "name": "sbc",
                    "address": "sbc.example.net",
                    "transport": "tls",
                    "auth_password": MARK,
                }
            },
            "transport must be one of",
        ),
        (
            "/egress/new?as=json",
            f'{{\n "file": {{\n  "filepath": "a.mp4"\n  "s3": {{"secret": "{MARK}"}}\n }}\n}}',
            "line 4",
        ),
        (
            "/egress/new?as=json",
            {
                "file_outputs": [
                    {"gcp": {"bucket": "b", "credentials_json": json.dumps({"private_key": MARK})}}
                ]
            },
            "file_outputs[0].gcp.credentials_json. Did you mean credentials?",
        ),
        (
            "/egress/new?as=json",
            {"file_outputs": [{"filepath": "a.mp4", "s3": {"access_key": "AK", "secretKey": MARK}}]},
            "file_outputs[0].s3.secretKey. Did you mean secret?",
        ),
    ],
    ids=["SIP trunk", "missing comma", "name of egress.yaml", "another name"],
)
async def test_the_field_is_named_and_the_secret_is_not(
    page: str, texts: object, words: str, client: httpx.AsyncClient, world: World
) -> None:
    form = next(form for form in Page((await client.get(page)).text).forms if "json" in dict(form.fields))
    text = texts if isinstance(texts, str) else json.dumps(texts)
    answer = await _send(client, page, form, json=text)
    assert answer.status_code == 422
    assert words in Page(answer.text).main
    assert MARK not in answer.text
