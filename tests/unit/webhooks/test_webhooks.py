"""Checking, signing and keeping webhooks."""

import base64
import hashlib
import json
import time
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from livekit import api

from livekit_dashboard.services.webhooks import checks as webhook_checks
from livekit_dashboard.services.webhooks import webhooks as service
from livekit_dashboard.services.webhooks.samples import sample
from livekit_dashboard.services.webhooks.webhooks import EVENTS, KEPT, WebhookRefusedError, Webhooks
from tests.dashboard import FixedSettings

KEY, SECRET = "devkey", "a-secret-that-is-long-enough-for-hs256"


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


@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_of_every_event_passes_livekits_own_receiver(name: str, webhooks: Webhooks) -> None:
    body = sample(name, "a/b <b>", "ana")
    receiver = api.WebhookReceiver(api.TokenVerifier(KEY, SECRET))
    assert receiver.receive(body, webhooks.sign(body.encode())).event == name
    assert webhooks.receive(body.encode(), webhooks.sign(body.encode())).room == "a/b <b>"


def _signed(
    body: bytes, *, key: str = KEY, secret: str = SECRET, ttl: int = 300, hashed: bytes | None = None
) -> str:
    token = api.AccessToken(key, secret).with_ttl(timedelta(seconds=ttl))
    digest = hashlib.sha256(body if hashed is None else hashed).digest()
    return token.with_sha256(base64.b64encode(digest).decode()).to_jwt()


BODY = sample("room_started").encode()


def _claims(**changes: object) -> str:
    """A token as LiveKit signs it for BODY, with changes; None leaves a claim out."""
    now = int(time.time())
    claims = {"iss": KEY, "nbf": now, "exp": now + 300, "sha256": webhook_checks.digest(BODY), **changes}
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, SECRET, "HS256")


@pytest.mark.parametrize(
    ("make_header", "body", "failed"),
    [
        (lambda: "", BODY, "Authorization header: There is none."),
        (lambda: "Bearer " + _signed(BODY), BODY, "Authorization header: LiveKit sends the token alone"),
        (lambda: "nonsense", BODY, "Token: It is not a JWT"),
        (lambda: _signed(BODY, key="other"), BODY, "API key: Another one: other."),
        (
            lambda: _signed(BODY, secret="another-secret-that-is-long-enough-too"),
            BODY,
            "Signature: It was not made",
        ),
        (lambda: _signed(BODY, ttl=-100), BODY, "Time: The token has expired."),
        (lambda: _signed(BODY, hashed=b"other"), BODY, "Hash of the body: The body is not the one"),
        (lambda: api.AccessToken(KEY, SECRET).to_jwt(), BODY, "Hash of the body: The token holds none"),
        (lambda: _signed(b"{}"), b"{}", "Body: It has no event or no id"),
        (lambda: _signed(b"\xff"), b"\xff", "Body: It is no WebhookEvent"),
        (
            lambda: jwt.encode({"iss": KEY}, "", algorithm="none"),
            BODY,
            "Signature: The token is not signed with HS256",
        ),
        (lambda: _claims(exp=None), BODY, "Time: The token has no expiry (exp)"),
        (lambda: _claims(exp="soon"), BODY, "Time: The token’s exp or nbf is not a number"),
        (lambda: _claims(nbf=9_999_999_999, exp=9_999_999_999), BODY, "Time: The token is not valid yet"),
        (
            lambda: _claims(sha256=hashlib.sha256(BODY).hexdigest()),
            BODY,
            "Hash of the body: The body is not the one",
        ),
        (lambda: _claims(sha256=7), BODY, "Hash of the body: The token holds none"),
        (lambda: _claims(iss=None), BODY, "API key: The token names none"),
        (lambda: "Basic dTpw", BODY, "Authorization header: It holds a login"),
        (lambda: _signed(b""), b"", "Body: It is no WebhookEvent in JSON. It is empty."),
    ],
)
def test_what_livekit_did_not_send_is_refused_and_why(
    make_header: Callable[[], str], body: bytes, failed: str, webhooks: Webhooks
) -> None:
    with pytest.raises(WebhookRefusedError) as error:
        webhooks.receive(body, make_header())
    assert str(error.value).startswith(failed)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("seconds", [99999999999999999, 2**63 - 1, -(2**63), 253402300800, 0])
def test_a_time_that_cannot_be_is_none(seconds: int, webhooks: Webhooks) -> None:
    body = json.dumps({"event": "room_started", "id": "EV_1", "createdAt": str(seconds)}).encode()
    assert webhooks.receive(body, webhooks.sign(body)).created is None


def test_secrets_in_a_payload_are_masked(webhooks: Webhooks) -> None:
    body = json.dumps(
        {"event": "room_started", "id": "EV_1", "room": {"name": "a", "turnPassword": "hunter2"}}
    ).encode()
    event = webhooks.receive(body, webhooks.sign(body))
    assert "hunter2" not in event.payload
    assert "••••" in event.payload


def test_a_repeated_event_is_kept_once_and_old_ones_make_room(webhooks: Webhooks) -> None:
    def arrives(number: int) -> bool:
        body = json.dumps({"event": "room_started", "id": f"EV_{number}", "room": {"name": "a"}}).encode()
        return webhooks.feed.add(webhooks.receive(body, webhooks.sign(body)))

    assert arrives(0)
    assert not arrives(0)
    for number in range(1, KEPT + 1):
        arrives(number)
    assert len(webhooks.feed.events()) == KEPT
    assert webhooks.feed.get("EV_0") is None
    assert webhooks.feed.events()[0].id == f"EV_{KEPT}"
    assert webhooks.feed.events(room="b") == []


def test_nobody_but_livekit_makes_it_read_a_body(webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four megabytes of JSON take seconds, and the address is open to everyone."""
    monkeypatch.setattr(webhook_checks, "parsed", lambda *_, **__: pytest.fail("read"))
    monkeypatch.setattr(webhook_checks, "same_but", lambda *_, **__: pytest.fail("searched"))
    for header in ("", "nonsense", _signed(BODY, key="other"), _signed(BODY, hashed=b"other")):
        with pytest.raises(WebhookRefusedError):
            webhooks.receive(BODY, header)


def test_a_token_too_deep_to_read_is_none(webhooks: Webhooks) -> None:
    deep = base64.urlsafe_b64encode(b'{"a":' + b"[" * 20_000).decode().rstrip("=")
    with pytest.raises(WebhookRefusedError, match="It is not a JWT"):
        webhooks.receive(BODY, f"{_signed(BODY).partition('.')[0]}.{deep}.AA")


def test_long_events_push_out_old_ones_sooner(webhooks: Webhooks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Participants choose how long their metadata is."""
    monkeypatch.setattr(service, "KEPT_TEXT", 10_000)
    for number in range(9):
        body = json.dumps({"id": f"EV_{number}", "event": "room_started", "room": {"metadata": "m" * 4_000}})
        webhooks.feed.add(webhooks.receive(body.encode(), _signed(body.encode())))
    assert [event.id for event in webhooks.feed.events()] == ["EV_8", "EV_7"]
    # Pages that list events are compared by their repr.
    assert "mmm" not in repr(webhooks.feed.events())
