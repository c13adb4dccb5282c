"""The message that a form's redirect leaves behind."""

import random

import pytest
from itsdangerous import URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from livekit_dashboard.config import Settings
from livekit_dashboard.web import flash
from livekit_dashboard.web.flash import Message
from tests.dashboard import FixedSettings

COOKIE_LIMIT = 4096
"""Bytes of name, value and attributes that browsers keep."""


@pytest.fixture
def settings() -> Settings:
    return FixedSettings(
        livekit_url="http://127.0.0.1:7880",
        livekit_api_key="APIkey",
        livekit_api_secret="secret",
        admin_username="admin",
        admin_password="password",
    )


def _request(cookie: str = "") -> Request:
    headers = [(b"cookie", f"{flash.COOKIE}={cookie}".encode())] if cookie else []
    return Request({"type": "http", "scheme": "http", "path": "/", "query_string": b"", "headers": headers})


def _left(settings: Settings, message: Message) -> str:
    response = Response()
    flash.leave(response, _request(), settings, message)
    return response.headers["set-cookie"]


def _value(cookie: str) -> str:
    return cookie.partition("=")[2].partition(";")[0].strip('"')


def test_it_is_found_by_the_next_page(settings: Settings) -> None:
    message = Message("Closed <b>", "2 were gone", "warn")
    assert flash.found(_request(_value(_left(settings, message))), settings) == message


@pytest.mark.parametrize("value", ["", "x", "a.b.c", "é".encode().decode("latin-1")])
def test_a_forged_one_is_none(value: str, settings: Settings) -> None:
    assert flash.found(_request(value), settings) is None


def test_one_of_another_dashboard_is_none(settings: Settings) -> None:
    other = settings.model_copy(update={"livekit_api_key": "x", "secret_key": settings.admin_password})
    assert flash.found(_request(_value(_left(other, Message("x")))), settings) is None


def test_one_that_says_something_else_is_none(settings: Settings) -> None:
    """Signed by us, as an older version of the dashboard may have done."""
    signed = URLSafeTimedSerializer(settings.signing_key("flash"), salt="flash").dumps({"words": "x"})
    assert flash.found(_request(signed), settings) is None


@pytest.mark.parametrize(("low", "high"), [(0x20, 0x7E), (0x4E00, 0x9FFF), (0x10000, 0x10FFFF)])
def test_it_fits_into_a_cookie_whatever_it_says(low: int, high: int, settings: Settings) -> None:
    """Names are as long and as wild as people make them, and do not compress."""
    chance = random.Random(7)
    text, detail = ("".join(chr(chance.randint(low, high)) for _ in range(3000)) for _ in range(2))
    cookie = _left(settings, Message(text, detail))
    assert len(cookie) <= COOKIE_LIMIT
    found = flash.found(_request(_value(cookie)), settings)
    assert found is not None
    assert text.startswith(found.text[:100])
