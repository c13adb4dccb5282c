"""Webhooks that operators could not verify, and what the verifier says of each."""

import base64
import gzip
import hashlib
import json
import logging
import time
from collections.abc import Mapping
from urllib.parse import quote_plus

import jwt
import pytest

from livekit_dashboard.services.webhooks import losses as webhook_losses
from livekit_dashboard.services.webhooks.checks import BODY, HASH, HEADER, SIGNATURE, TIME, TOKEN
from livekit_dashboard.services.webhooks.webhooks import WebhookRefusedError, Webhooks
from tests.dashboard import FixedSettings

KEY, SECRET = "devkey", "a-secret-that-is-long-enough-for-hs256"
SIGNED = '{"event":"participant_left","id":"EV_1","room":{"name":"café"},"createdAt":"1736317932"}'


@pytest.fixture
def webhooks() -> Webhooks:
    return Webhooks(
        FixedSettings(
            livekit_url="ws://127.0.0.1:7880",
            livekit_api_key=KEY,
            livekit_api_secret=SECRET,
            admin_username="admin",
            admin_password="password",
        )
    )


def _results(webhooks: Webhooks, body: str | bytes, header: str) -> Mapping[str, tuple[bool | None, str]]:
    body = body.encode() if isinstance(body, str) else body
    return {check.what: (check.passed, check.why) for check in webhooks.check(body, header)}


def _expired(body: str) -> str:
    digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
    return jwt.encode({"iss": KEY, "exp": int(time.time()) - 999, "sha256": digest}, SECRET)


SPACED = SIGNED.replace('":', '": ')
CHANGED = {
    "case 14: parsed and written again by a load balancer's target": (SPACED, "parsed and written again"),
    "written again with escapes": (json.dumps(json.loads(SIGNED)), "parsed and written again"),
    "a line end after it": (SIGNED + "\n", "White space was added"),
    "a CRLF after it": (SIGNED + "\r\n", "White space was added"),
    "a byte order mark": ("\ufeff" + SIGNED, "A byte order mark"),
    "base64 of an API gateway": (base64.b64encode(SIGNED.encode()).decode(), "base64"),
    "base64 in lines": (base64.encodebytes(SIGNED.encode()).decode(), "base64"),
    "a JSON string": (json.dumps(SIGNED), "encoded twice"),
    "a web form": (quote_plus(SIGNED), "web form"),
    "a web form's first name": (quote_plus(SIGNED) + "=", "web form"),
    "a form field": ("payload=" + quote_plus(SIGNED), "web form"),
    "gzip": (gzip.compress(SIGNED.encode()), "gzip"),
    "gzip in base64": (base64.b64encode(gzip.compress(SIGNED.encode())).decode(), "gzip"),
    "a Lambda event": (json.dumps({"headers": {}, "body": SIGNED}), "serverless function"),
    "a Lambda event with base64": (
        json.dumps({"isBase64Encoded": True, "body": base64.b64encode(SIGNED.encode()).decode()}),
        "serverless function",
    ),
    "a Buffer of Node.js": (json.dumps({"type": "Buffer", "data": list(SIGNED.encode())}), "another object"),
    "Python's repr of bytes": (repr(SIGNED.encode()), "Python literal"),
}


@pytest.mark.parametrize(("body", "why"), CHANGED.values(), ids=CHANGED)
def test_a_changed_body_is_told_from_a_wrong_signature(
    webhooks: Webhooks, body: str | bytes, why: str
) -> None:
    results = _results(webhooks, body, webhooks.sign(SIGNED.encode()))
    assert results[SIGNATURE][0] is True
    assert results[HASH][0] is False
    assert why in results[HASH][1]
    assert "not the one that was signed" in results[HASH][1]


def test_line_ends_that_were_changed(webhooks: Webhooks) -> None:
    pretty = json.dumps(json.loads(SIGNED), indent=2)
    for signed, came in ((pretty, pretty.replace("\n", "\r\n")), (pretty.replace("\n", "\r\n"), pretty)):
        assert "line ends" in _results(webhooks, came, webhooks.sign(signed.encode()))[HASH][1]


def test_a_body_that_is_simply_another_one(webhooks: Webhooks) -> None:
    results = _results(webhooks, SIGNED.replace("EV_1", "EV_2"), webhooks.sign(SIGNED.encode()))
    assert results[HASH] == (
        False,
        "The body is not the one that was signed. Pass the receiver the body as it came, byte for byte.",
    )


def test_case_15_bearer_and_an_undefined_body_are_both_named(webhooks: Webhooks) -> None:
    results = _results(webhooks, "undefined", "Bearer " + webhooks.sign(SIGNED.encode()))
    assert results[HEADER][0] is False
    assert "without “Bearer”" in results[HEADER][1]
    assert results[SIGNATURE][0] is True
    assert results[BODY][0] is False
    assert "“undefined”" in results[BODY][1]


NOT_JSON = {
    "case 17: a number of MongoDB": (
        '{"id":"EV_8","event":"egress_started","createdAt":{"$numberLong":"1736317932"}}',
        "“createdAt” is spelled as MongoDB stores it",
    ),
    "an oneof of an SDK": (
        '{"id":"EV_8","event":"egress_started","egressInfo":{"request":{"case":"roomComposite","value":{}}}}',
        "“request” is spelled as an SDK’s object",
    ),
    "a type name of an SDK": (
        '{"$typeName":"livekit.WebhookEvent","id":"EV_8","event":"x"}',
        "an SDK’s object",
    ),
    "a field of the wrong type": (
        '{"id":"EV_8","event":"room_started","room":{"numParticipants":"many"}}',
        "room.numParticipants is of the wrong type",
    ),
    "nothing": ("   ", "It is empty"),
    "an object's name": ("[object Object]", "“[object Object]”"),
    "None": ("None", "the word “None”"),
    "a byte order mark": ("\ufeff{}", "byte order mark"),
    "not UTF-8": (b'{"event": "\xff"}', "Its byte 12 is not UTF-8"),
    "gzip": (gzip.compress(b"{}"), "compressed with gzip"),
    "gzip in base64": (base64.b64encode(gzip.compress(b"{}")).decode(), "compressed with gzip"),
    "base64": (base64.b64encode(SIGNED.encode()).decode(), "encoded in base64"),
    "a string": (json.dumps(SIGNED), "encoded twice"),
    "a form": (quote_plus(SIGNED), "web form"),
    "a form field": ("payload=" + SIGNED, "form field"),
    "a Python dictionary": ("{'event': 'room_started'}", "Python dictionary"),
    "Python bytes": ("b'{}'", "Python bytes"),
    "a page": ("<html>", "HTML or XML"),
    "two bodies": (SIGNED + SIGNED, "something after it"),
    "a list": ("[]", "not an object"),
    "a Lambda event": (json.dumps({"body": SIGNED}), "serverless function"),
    "too deep to read": ("[" * 100_000, "no WebhookEvent in JSON"),
    "a number too long to read": ('{"createdAt":' + "9" * 5000 + "}", "no WebhookEvent in JSON"),
}


@pytest.mark.parametrize(("body", "why"), NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_webhook_is_named(webhooks: Webhooks, body: str | bytes, why: str) -> None:
    raw = body.encode() if isinstance(body, str) else body
    results = _results(webhooks, body, webhooks.sign(raw))
    assert results[BODY][0] is False
    assert "no WebhookEvent in JSON" in results[BODY][1]
    assert why in results[BODY][1]
    assert results[HASH][0] is True
    # Nothing of a library's own words.
    assert not any(word in results[BODY][1] for word in ("Failed to", "Expecting", "codec", "protobuf"))


def test_a_hash_in_another_encoding(webhooks: Webhooks) -> None:
    raw = hashlib.sha256(SIGNED.encode()).digest()
    for value in (raw.hex(), raw.hex().upper(), base64.urlsafe_b64encode(raw).decode().rstrip("=")):
        token = jwt.encode({"iss": KEY, "exp": int(time.time()) + 300, "sha256": value}, SECRET)
        results = _results(webhooks, SIGNED, token)
        assert results[HASH] == (
            False,
            "The token holds it in another encoding. LiveKit writes SHA-256 in base64.",
        )


def test_an_old_webhook_is_checked_to_the_end(webhooks: Webhooks) -> None:
    results = _results(webhooks, SIGNED, _expired(SIGNED))
    assert (results[SIGNATURE][0], results[TIME][0], results[HASH][0]) == (True, False, True)
    assert "expired" in results[TIME][1]


@pytest.mark.parametrize("header", ["Authorization: {}", "authorization:{}", '"{}"', " {}\n"])
def test_a_header_is_understood_as_it_gets_pasted(webhooks: Webhooks, header: str) -> None:
    results = _results(webhooks, SIGNED, header.format(webhooks.sign(SIGNED.encode())))
    assert all(passed for passed, _ in results.values())


def test_a_header_broken_over_lines(webhooks: Webhooks) -> None:
    token = webhooks.sign(SIGNED.encode())
    results = _results(webhooks, SIGNED, f"{token[:70]}\n  {token[70:]}")
    assert all(passed for passed, _ in results.values())


def test_a_header_that_was_not_read(webhooks: Webhooks) -> None:
    assert "the header was not read" in _results(webhooks, SIGNED, "undefined")[TOKEN][1]


@pytest.mark.parametrize("header", ["\ud800", "..", "e30.e30.", "a" * 16_000, "é.é.é", "\x00"])
def test_no_header_is_too_odd(webhooks: Webhooks, header: str) -> None:
    assert any(passed is False for passed, _ in _results(webhooks, SIGNED, header).values())


# --- The log


def _lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [
        (line.levelname, line.getMessage()) for line in caplog.records if line.name == webhook_losses.__name__
    ]


def test_lost_webhooks_are_logged_once_for_each_kind(
    webhooks: Webhooks, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(webhook_losses.time, "monotonic", lambda: now)
    caplog.set_level(logging.INFO)
    good = webhooks.sign(SIGNED.encode())
    wrong = Webhooks(
        FixedSettings(
            livekit_url="ws://127.0.0.1:7880",
            livekit_api_key=KEY,
            livekit_api_secret="another-secret-that-is-long-enough-too",
            admin_username="admin",
            admin_password="password",
        )
    ).sign(SIGNED.encode())
    for header in [wrong, "\x1b[31mnonsense\n"] * 50:
        with pytest.raises(WebhookRefusedError):
            webhooks.receive(SIGNED.encode(), header)
    webhooks.receive(SIGNED.encode(), good)
    assert [level for level, _ in _lines(caplog)] == ["WARNING", "WARNING"]
    assert "Signature: It was not made with LIVEKIT_API_SECRET" in _lines(caplog)[0][1]
    now += webhook_losses.QUIET
    webhooks.receive(SIGNED.encode(), good)
    assert [line for line in _lines(caplog) if line[0] == "INFO"] == [
        ("INFO", "Webhooks arrive again. Lost in 60 s: 50 (refused: Signature)."),
        ("INFO", "Webhooks arrive again. Lost in 60 s: 50 (refused: Token)."),
    ]
    assert not any(part in line for _, line in _lines(caplog) for part in (SECRET, wrong, good, "\x1b"))


def test_webhooks_that_livekit_dropped_are_logged(
    webhooks: Webhooks, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for number in range(3):
        body = json.dumps({"event": "room_started", "id": f"EV_{number}", "numDropped": 7}).encode()
        assert webhooks.receive(body, webhooks.sign(body)).dropped == 7
    [(level, line)] = _lines(caplog)
    assert level == "WARNING"
    assert "LiveKit dropped 7 webhooks before EV_0" in line
