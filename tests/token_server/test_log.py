"""The log: a line for each token as documented, which no name can forge, and nothing secret."""

import io
import json
import logging
import logging.config
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from livekit_dashboard.token_server import log
from tests.token_server.served import ASK, KEY, OTHER_KEY, bearer, served

LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - token-server - (INFO|WARNING|ERROR) - .+")


@pytest.fixture(params=["text", "json"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lines(form: Any) -> Iterator[Any]:
    """Reads the lines that were logged, with the command's own formatters."""
    written = io.StringIO()
    configuration = log.config("info", form)
    configuration["handlers"]["stderr"]["stream"] = written
    configuration["loggers"] = {"token-server": configuration.pop("root")}
    logger = logging.getLogger("token-server")
    logging.config.dictConfig(configuration)
    yield lambda: written.getvalue().splitlines()
    logger.handlers.clear()
    logger.setLevel(logging.NOTSET)


async def ask(client: httpx.AsyncClient, room: str = "r", identity: str = "i", **headers: str) -> int:
    body = {"room_name": room, "participant_identity": identity}
    return (await client.post("/token", json=body, headers=headers)).status_code


@pytest.mark.parametrize("form", ["text"], indirect=True)
async def test_the_documented_line(lines: Any) -> None:
    async with served() as client:
        assert (await client.post("/token", json=ASK)).status_code == 200
    made = [line for line in lines() if "Token generated" in line]
    assert len(made) == 1
    assert LINE.fullmatch(made[0])
    time, _, rest = made[0].partition(" - ")
    assert rest == "token-server - INFO - Token generated for user user-456 in room appointment-test-123"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", time)


def test_its_time_is_utc() -> None:
    record = logging.LogRecord("token-server", logging.INFO, "", 0, "x", (), None)
    record.created = 1_722_254_400
    assert log.TextFormatter().format(record) == "2024-07-29 12:00:00 - token-server - INFO - x"


NAMES = [
    "a\nb",
    "a\r\n2024-07-29 12:00:00 - token-server - INFO - x",
    "\x1b[2J",
    "a\u2028b",
    "a\u202eb",
    "a\x85b",
    "\x00",
]


@pytest.mark.parametrize("name", NAMES)
async def test_no_name_begins_a_line_or_moves_the_cursor(lines: Any, name: str) -> None:
    async with served(token_server_room_pattern="(?s).+") as client:
        assert await ask(client, room=name, identity=name) == 200
    made = [line for line in lines() if "Token generated" in line]
    assert len(made) == 1
    assert made[0].isprintable()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("user-456", "user-456"),
        ("Zoë", "Zoë"),
        ("", '""'),
        ("x in room secret", '"x in room secret"'),
        ('"', '"\\""'),
        ("Ada Lovelace", '"Ada Lovelace"'),
        ("a\nb", '"a\\nb"'),
    ],
)
def test_a_name_that_is_more_than_a_word_is_quoted(name: str, shown: str) -> None:
    assert log.quoted(name) == shown


@pytest.mark.parametrize("form", ["json"], indirect=True)
async def test_json_lines_say_more(lines: Any) -> None:
    async with served(token_server_keys={"web": {"key": KEY}}) as client:
        assert await ask(client, identity="Zoë\n", **bearer(KEY)) == 200
    [line] = [json.loads(line) for line in lines() if "generated" in line]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line.pop("time"))
    assert line.pop("expires_at").endswith("Z")
    assert line == {
        "logger": "token-server",
        "level": "INFO",
        "message": 'Token generated for user "Zo\\u00eb\\n" in room r',
        "user": "Zoë\n",
        "room": "r",
        "key": "web",
        "address": "127.0.0.1",
    }


async def test_nothing_secret_is_logged(lines: Any) -> None:
    async with served(token_server_keys={"web": {"key": KEY, "rooms": ["r"]}}) as client:
        answer = await client.post(
            "/token", json={"room_name": "r", "participant_name": "i"}, headers=bearer(KEY)
        )
        assert await ask(client, **bearer(OTHER_KEY)) == 401
        assert await ask(client, room="x", **bearer(KEY)) == 403
    text = "\n".join(lines())
    assert "401 unauthenticated" in text
    assert "403 room_not_allowed" in text
    for secret in (KEY, OTHER_KEY, answer.json()["token"], answer.json()["token"].split(".")[2]):
        assert secret not in text


async def test_a_flood_of_refusals_is_no_flood_of_lines(lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_last_line", {})
    async with served(token_server_address_requests_per_minute=1) as client:
        assert [await ask(client) for _ in range(50)] == [200, *[429] * 49]
        for _ in range(50):
            assert await ask(client, Origin="https://evil.example.com") == 403
    text = "\n".join(lines())
    # As many seconds as that can have taken on a busy machine.
    assert 1 <= text.count("too_many_requests") < 20
    assert 1 <= text.count("origin_not_allowed") < 20


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        ({}, "No keys are configured"),
        ({"token_server_auth": "none"}, "TOKEN_SERVER_AUTH is none"),
        ({"livekit_api_secret": "short"}, "LIVEKIT_API_SECRET has fewer than 32"),
        ({"cors_origins": ("*",)}, "CORS_ORIGINS is *"),
    ],
)
async def test_what_is_risky_is_said_at_start(lines: Any, settings: dict[str, Any], warning: str) -> None:
    async with served(**settings):
        pass
    assert any("WARNING" in line and warning in line for line in lines())


async def test_with_keys_there_is_nothing_to_warn_of(lines: Any) -> None:
    async with served(token_server_keys={"web": {"key": KEY}}):
        pass
    assert lines() == []
