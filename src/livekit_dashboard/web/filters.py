"""How templates show time, size and text. All of it with units, none of it invented."""

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

from livekit_dashboard.phone_numbers import has_number, mask_numbers
from livekit_dashboard.services.snippets.shell import shell

SIZES = ("B", "KiB", "MiB", "GiB", "TiB")
STEPS = ((60, 1, "s"), (3600, 60, "min"), (48 * 3600, 3600, "h"), (float("inf"), 86400, "d"))


def duration(seconds: float) -> str:
    """Seconds in the largest unit that keeps a number below a hundred or so: `34 s`, `5 min`, `3 h`, `4 d`."""
    seconds = max(seconds, 0)
    for limit, unit, word in STEPS:
        if seconds < limit:
            return f"{int(seconds // unit)} {word}"
    raise AssertionError("the last step has no limit")


def span(seconds: float) -> str:
    """Seconds as they were set, in two units at most: `30 s`, `1 min 30 s`, `6 h`, `1 d 12 h`."""
    parts, rest = [], int(max(seconds, 0))
    for unit, word in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count} {word}")
    return " ".join(parts[:2]) or "0 s"


def clock(seconds: float) -> str:
    """How long a recording is, as players show it: `0:07`, `41:07`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def ago(moment: datetime, suffix: str = " ago") -> Markup:
    """A `<time>` that reads `41 min ago`, has the moment in UTC as its title, and is kept up to date by live.js."""
    moment = moment.astimezone(UTC)
    passed = (datetime.now(UTC) - moment).total_seconds()
    return Markup('<time datetime="{}" title="{}" data-ago="{}">{}{}</time>').format(
        moment.isoformat(timespec="seconds"),
        utc(moment),
        suffix,
        duration(passed),
        suffix,
    )


def utc(moment: datetime) -> str:
    """`2026-11-21 01:04:12 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def timestamp(moment: datetime) -> Markup:
    """A `<time>` with `utc(moment)` as its text and its title; live.js adds the local time to the title."""
    text = utc(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.astimezone(UTC).isoformat(timespec="seconds"), text, text
    )


def size(count: int) -> str:
    """Bytes in units of 1024, as LiveKit's limits count: `812 B`, `1.2 KiB`, `15 KiB` if exactly so, `3.4 MiB`."""
    value = float(count)
    for unit in SIZES:
        # 1023.96 would read 1024.0.
        if round(value, 1) < 1024 or unit == SIZES[-1]:
            return f"{value:.0f} {unit}" if value.is_integer() else f"{value:.1f} {unit}"
        value /= 1024
    raise AssertionError("the last unit has no limit")


def byte_length(text: str) -> int:
    """Length in UTF-8, which is what LiveKit's limits count."""
    return len(text.encode("utf-8", "surrogatepass"))


def ms(value: float | None) -> str:
    """Milliseconds with three figures at most, or what to show when there are none."""
    if value is None:
        return "–"
    return f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def bitrate(bps: int) -> str:
    """Bits a second: `180 kbit/s`, `1.7 Mbit/s`."""
    return f"{bps / 1e6:.1f} Mbit/s" if bps >= 1e6 else f"{bps / 1e3:.0f} kbit/s"


def mask(text: str) -> str:
    """First and last characters of a secret; of a short one, nothing."""
    return f"{text[:4]}…{text[-2:]}" if len(text) >= 12 else "••••"


def whole_number(text: str) -> str:
    """What the label of a Copy button adds where it copies a phone number that the page masks."""
    return " (whole number)" if has_number(text) else ""


def prose(text: str) -> Markup:
    """Escaped text in which `backticks` mark code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    )


def linked(text: str, links: Iterable[tuple[str, str]]) -> Markup:
    """Escaped text in which certain words lead somewhere: pairs of word and address."""
    addresses = dict(links)
    if not addresses:
        return escape(text)
    words = re.split("(" + "|".join(map(re.escape, addresses)) + ")", text)
    return Markup("").join(
        Markup('<a class="mono" href="{}">{}</a>').format(addresses[word], word)
        if word in addresses
        else escape(word)
        for word in words
    )


def pretty(value: Any) -> str:
    """A value as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def plural(count: int, one: str, many: str = "") -> str:
    """`1 room`, `3 rooms`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def spark(values: Sequence[float | None], height: int = 16, bars: int = 24) -> Markup:
    """The level meter: bars from zero to the window's highest, the last one in the accent color; None, and what is missing at the start, leaves a gap."""
    shown = [*[None] * (bars - len(values)), *values][-bars:]
    top = max((value for value in shown if value is not None), default=0) or 1
    strokes = [
        f"M{index * 3 + 1} {height}v-{max(1, round(value / top * height))}" if value is not None else ""
        for index, value in enumerate(shown)
    ]
    return Markup(
        '<svg class="spark" width="{0}" height="{1}" viewBox="0 0 {0} {1}" fill="none" aria-hidden="true">'
        '<path d="{2}"/><path class="now" d="{3}"/></svg>'
    ).format(bars * 3, height, "".join(strokes[:-1]), strokes[-1])


FILTERS = {
    function.__name__: function
    for function in (
        ago,
        bitrate,
        byte_length,
        clock,
        duration,
        linked,
        mask,
        mask_numbers,
        ms,
        plural,
        pretty,
        prose,
        shell,
        size,
        span,
        spark,
        timestamp,
        whole_number,
    )
}
