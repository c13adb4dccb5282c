"""How templates show time, size and text."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from markupsafe import Markup

from livekit_dashboard.web import filters
from tests.shell import words


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (172799, "47 h"),
        (172800, "2 d"),
        (1e7, "115 d"),
    ],
)
def test_a_duration_is_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert filters.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0.4, "0 s"),
        (30, "30 s"),
        (90, "1 min 30 s"),
        (7199.6, "1 h 59 min"),
        (21600, "6 h"),
        (86400 + 43200 + 61, "1 d 12 h"),
    ],
)
def test_what_was_set_is_told_in_two_units_at_most(seconds: float, text: str) -> None:
    assert filters.span(seconds) == text


def test_an_age_tells_the_moment_too() -> None:
    moment = datetime.now(UTC) - timedelta(minutes=41, seconds=5)
    text = filters.ago(moment.astimezone(timezone(timedelta(hours=5))))
    assert isinstance(text, Markup)
    assert ">41 min ago<" in text
    assert f'datetime="{moment.isoformat(timespec="seconds")}"' in text
    assert f'title="{moment:%Y-%m-%d %H:%M:%S} UTC"' in text


def test_a_moment_is_shown_in_utc() -> None:
    moment = datetime(2026, 11, 21, 2, 4, 12, tzinfo=timezone(timedelta(hours=1)))
    assert filters.utc(moment) == "2026-11-21 01:04:12 UTC"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (15 * 1024, "15 KiB"),
        (15 * 1024 + 1, "15.0 KiB"),
        (524288, "512 KiB"),
        (1_000_000, "976.6 KiB"),
        ((1 << 20) - 1, "1.0 MiB"),
        (1 << 20, "1 MiB"),
        (5_000_000, "4.8 MiB"),
        ((1 << 30) - 1, "1.0 GiB"),
        (5 << 30, "5 GiB"),
        (5 << 40, "5 TiB"),
        (5 << 50, "5120 TiB"),
    ],
)
def test_a_size_has_a_unit(count: int, text: str) -> None:
    assert filters.size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.04, "0.0 ms"), (3.14, "3.1 ms"), (99.94, "99.9 ms"), (1234.5, "1234 ms")],
)
def test_milliseconds(value: float | None, text: str) -> None:
    assert filters.ms(value) == text


@pytest.mark.parametrize(
    ("bps", "text"), [(0, "0 kbit/s"), (180_000, "180 kbit/s"), (1_700_000, "1.7 Mbit/s")]
)
def test_a_bitrate_has_a_unit(bps: int, text: str) -> None:
    assert filters.bitrate(bps) == text


@pytest.mark.parametrize(("text", "length"), [("", 0), ("é", 2), ("🎧", 4), ("\ud800", 3)])
def test_length_is_in_bytes(text: str, length: int) -> None:
    assert filters.byte_length(text) == length


@pytest.mark.parametrize(
    ("secret", "shown"),
    [("", "••••"), ("short", "••••"), ("eleven-char", "••••"), ("APIabcdefghXY", "APIa…XY")],
)
def test_of_a_secret_the_ends_are_shown_if_there_is_enough_between(secret: str, shown: str) -> None:
    assert filters.mask(secret) == shown


def test_backticks_mark_code_and_nothing_else_is_markup() -> None:
    assert filters.prose("set `A<B` & go") == Markup("set <code>A&lt;B</code> &amp; go")
    assert filters.prose("`open") == Markup("<code>open</code>")


@pytest.mark.parametrize(("count", "text"), [(0, "0 rooms"), (1, "1 room"), (1234, "1,234 rooms")])
def test_plurals(count: int, text: str) -> None:
    assert filters.plural(count, "room") == text


def test_a_plural_that_is_no_s() -> None:
    assert filters.plural(2, "participant is", "participants are") == "2 participants are"


def test_json_is_indented_and_readable() -> None:
    assert filters.pretty({"a": "ü"}) == '{\n  "a": "ü"\n}'


@pytest.mark.parametrize("text", ["a b", "it's", "$(rm)", "", "a\nb", "\\"])
def test_a_word_for_the_shell(text: str) -> None:
    assert words(filters.shell(text)) == [text]


@pytest.mark.parametrize(
    "values", [(), (None,), (1.0,), (0.0, 0.0), (None, 5.0, None), tuple(map(float, range(100)))]
)
def test_a_meter_has_a_bar_for_each_known_value(values: tuple[float | None, ...]) -> None:
    drawn = filters.spark(values, bars=24)
    known = [value for value in values[-24:] if value is not None]
    assert drawn.count("v-") == len(known)
    assert 'width="72"' in drawn


def test_the_highest_bar_fills_the_meter_and_the_lowest_is_seen() -> None:
    drawn = filters.spark([0, 5, 10], height=16)
    assert drawn.count("v-16") == 1
    assert drawn.count("v-8") == 1
    assert drawn.count("v-1M") + drawn.count('v-1"') == 1
