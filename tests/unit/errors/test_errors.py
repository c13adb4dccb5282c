"""Every failure becomes one of a few that say what is wrong and what to do."""

import ssl
from typing import Any

import aiohttp
import pytest
from google.protobuf.message import DecodeError
from livekit.api import ServerError

from livekit_dashboard.services.errors import sip, workers
from livekit_dashboard.services.errors import tree as errors
from livekit_dashboard.services.errors.recent import KEPT, RecentErrors
from livekit_dashboard.services.errors.translation import translated
from livekit_dashboard.services.errors.tree import LiveKitError


def _key(host: str = "livekit") -> Any:
    return aiohttp.client_reqrep.ConnectionKey(host, 7880, False, True, None, None, None)


def _server(code: str, status: int, message: str = "") -> ServerError:
    return ServerError(code=code, msg=message, status=status)


CASES = [
    (TimeoutError(), errors.TimedOut, "no answer in time"),
    (DecodeError("wire"), errors.NotLiveKit, "not a LiveKit message"),
    (aiohttp.ServerDisconnectedError(), errors.Unreachable, "closed without an answer"),
    (aiohttp.ClientPayloadError("half"), errors.Unreachable, "in the middle of the answer"),
    (aiohttp.ClientConnectorDNSError(_key(), OSError(-2, "x")), errors.Unreachable, "no host of that name"),
    (
        aiohttp.ClientConnectorError(_key(), OSError(111, "Connection refused")),
        errors.Unreachable,
        "connection refused: nothing listens",
    ),
    (
        aiohttp.ClientConnectorSSLError(_key(), ssl.SSLError(1, "wrong version")),
        errors.Unreachable,
        "TLS failed",
    ),
    (aiohttp.InvalidURL("x"), errors.Unreachable, "LIVEKIT_URL is not an address"),
    (
        _server("not_found", 404, "twirp error unknown: requested room does not exist"),
        errors.NotFound,
        "requested room",
    ),
    (_server("invalid_argument", 400, "name too long"), errors.Invalid, "name too long"),
    (
        _server("failed_precondition", 412, "remote unmute not enabled"),
        errors.RemoteUnmuteOff,
        "remote unmute",
    ),
    (_server("failed_precondition", 412, "not now"), errors.Unsupported, "not now"),
    (_server("internal", 500, "redis required"), errors.NeedsRedis, "redis required"),
    (_server("unknown", 500, "not implemented"), errors.Unsupported, "not implemented"),
    (_server("internal", 500, "not implemented"), errors.Unsupported, "not implemented"),
    (_server("unavailable", 503, "no response from servers"), workers.NoWorker, "no response"),
    (_server("unauthenticated", 401, "permissions denied"), errors.PermissionDenied, "permissions denied"),
    (_server("unknown", 404), errors.NotLiveKit, "HTTP status 404"),
    (_server("bad_route", 404, "no handler"), errors.CallMissing, ""),
    (_server("bad_route", 404, 'unsupported method "GET"'), errors.Altered, "unsupported method"),
    (_server("a_new_code", 418, "teapot"), errors.Failed, "teapot"),
]


@pytest.mark.parametrize(("cause", "kind", "reason"), CASES, ids=lambda value: getattr(value, "code", None))
def test_what_is_raised_below_is_translated(cause: Exception, kind: type[LiveKitError], reason: str) -> None:
    with pytest.raises(LiveKitError) as caught, translated():
        raise cause
    assert type(caught.value) is kind
    assert reason in str(caught.value)
    assert not str(caught.value).startswith("twirp")


@pytest.mark.parametrize("bug", [KeyError("x"), ValueError("x"), RuntimeError("x")])
def test_a_mistake_of_ours_is_not_blamed_on_livekit(bug: Exception) -> None:
    with pytest.raises(type(bug)), translated():
        raise bug


def _tree(kind: type[LiveKitError]) -> list[type[LiveKitError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _tree(child))]


@pytest.mark.parametrize("kind", _tree(LiveKitError))
def test_each_has_words_steps_and_a_status(kind: type[LiveKitError]) -> None:
    assert kind.title[0].isupper()
    assert not kind.title.endswith(".")
    assert len(kind.word) <= 20
    assert kind.steps
    for step in kind.steps:
        assert step.endswith((".", "`"))
        assert step.count("`") % 2 == 0
    assert 400 <= kind.status < 600
    assert kind.status not in (401, 500)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = f"{errors.__doc__} {sip.__doc__}"
    for kind in _tree(LiveKitError):
        assert kind.__name__ in drawn


def _failure(reason: str = "") -> LiveKitError:
    error = errors.Unreachable(reason)
    error.report.call = "RoomService/ListRooms"
    return error


def test_the_same_failure_again_is_counted() -> None:
    recent = RecentErrors()
    for _ in range(3):
        recent.add(_failure("refused"))
    recent.add(_failure("cut"))
    assert [(failure.reason, failure.times) for failure in recent.latest()] == [("cut", 1), ("refused", 3)]


def test_only_the_last_failures_are_kept() -> None:
    recent = RecentErrors()
    for number in range(KEPT + 5):
        recent.add(_failure(str(number)))
    assert len(recent.latest()) == KEPT
    assert [failure.reason for failure in recent.latest(2)] == [str(KEPT + 4), str(KEPT + 3)]
