"""Outages of LiveKit in the log: a line for each change, whatever is asked meanwhile."""

import logging

import pytest

from livekit_dashboard.services.errors import outages, workers
from livekit_dashboard.services.errors import tree as errors
from livekit_dashboard.services.errors.outages import QUIET, Outages, one_line

LIST, EGRESS = "RoomService/ListRooms", "Egress/ListEgress"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in seconds, which the test moves."""
    now = [100.0]
    monkeypatch.setattr(outages.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def _lines(log: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in log.records]


def test_one_warning_when_it_stops_and_one_line_when_it_is_back(
    clock: list[float], log: pytest.LogCaptureFixture
) -> None:
    watch = Outages("http://livekit:7880")
    for call in (LIST, EGRESS, LIST):
        watch.failed(call, errors.Unreachable("connection refused"))
        clock[0] += 1
    watch.answered(LIST)
    watch.answered(EGRESS)
    assert _lines(log) == [
        (
            "WARNING",
            f"LiveKit can’t be reached: connection refused ({LIST} at http://livekit:7880)",
        ),
        (
            "INFO",
            "LiveKit answers again at http://livekit:7880 after 3 s. It was: LiveKit can’t be reached.",
        ),
    ]


def test_each_outage_is_told_again(clock: list[float], log: pytest.LogCaptureFixture) -> None:
    watch = Outages("http://livekit:7880")
    for _ in range(3):
        watch.failed(LIST, errors.TimedOut("no answer in time"))
        watch.answered(LIST)
    assert [level for level, _ in _lines(log)] == ["WARNING", "INFO"] * 3


def test_each_kind_is_told(clock: list[float], log: pytest.LogCaptureFixture) -> None:
    watch = Outages("http://livekit:7880")
    watch.failed(LIST, errors.Unreachable("connection refused"))
    watch.failed(LIST, errors.WrongSecret("the signature is invalid"))
    watch.failed(LIST, errors.WrongSecret("the signature is invalid"))
    assert [level for level, _ in _lines(log)] == ["WARNING", "WARNING"]
    assert "the secret is wrong" in _lines(log)[1][1]


def test_one_call_that_hangs_while_others_work_is_told_once(
    clock: list[float], log: pytest.LogCaptureFixture
) -> None:
    watch = Outages("http://livekit:7880")
    for _ in range(20):
        watch.failed(EGRESS, errors.TimedOut("no answer in time"))
        watch.answered(LIST)
        clock[0] += 2
    watch.answered(EGRESS)
    assert [level for level, _ in _lines(log)] == ["WARNING", "INFO"]


def test_an_outage_ends_though_the_call_that_failed_is_never_made_again(
    clock: list[float], log: pytest.LogCaptureFixture
) -> None:
    watch = Outages("http://livekit:7880")
    watch.failed("RoomService/CreateRoom", errors.Unreachable("connection refused"))
    clock[0] += QUIET
    watch.answered(LIST)
    assert [level for level, _ in _lines(log)] == ["WARNING", "INFO"]


@pytest.mark.parametrize("kind", [errors.NotFound, errors.Invalid, workers.NoWorker, errors.CallMissing])
def test_what_livekit_refuses_is_no_outage(
    kind: type[errors.LiveKitError], clock: list[float], log: pytest.LogCaptureFixture
) -> None:
    watch = Outages("http://livekit:7880")
    watch.failed(LIST, errors.Unreachable("connection refused"))
    watch.failed(LIST, kind("no"))
    assert [level for level, _ in _lines(log)] == ["WARNING", "INFO"]


def test_no_text_from_elsewhere_makes_lines_of_its_own() -> None:
    assert one_line("a\nWARNING b\x1b[2J\u202e é") == "a\\u000aWARNING b\\u001b[2J\\u202e é"
