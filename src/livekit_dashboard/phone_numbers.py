"""Phone numbers in text: found by their shape, and partly masked.

Enough of a number is left to recognize it, too little to call it. `mask_numbers` is the one rule for text of any kind:
pages, exports and logs go through it.
"""

import logging
import re
from collections.abc import Iterable

DOTS = "••••"
# Begins with one set of characters, which makes the scan of a page fast.
_MARKED = re.compile(
    r"[+＋%_: ](?:"
    # With a plus: digits with up to two separators between them, as they are often written, or none.
    r"(?<=[+＋])(?<![A-Za-z0-9].)(?:\d(?:[ \u00a0().\-/]{0,2}\d){8,17}|\d{6,17})"
    # Glued to a word, where a shorter one may be part of an encoded text.
    r"|(?<=[+＋])\d{10,17}"
    r"|(?<=%)2[Bb]\d{6,17}"
    # In the identity that LiveKit makes of a number, the name of its phone, and SIP and tel addresses.
    r"|(?:(?<=(?<![A-Za-z0-9])(?:sip_|sip:|tel:))|(?<=(?<![A-Za-z0-9])(?:sips:))|(?<=(?<![A-Za-z0-9])[Pp]hone ))"
    r"\d{3,17}(?![\d•])"
    r")"
)
# A room that a dispatch rule made of a number without a plus, and something random.
_ROOM = re.compile(
    r"[0-9](?<![A-Za-z0-9][0-9])[0-9]{8,14}(?=_(?=[A-Za-z]+[A-Z0-9]|[0-9])[A-Za-z0-9]{12}(?![A-Za-z0-9]))"
)
# The attributes of a phone in a room, in JSON, in HTML or in a line of their own: any digits there are a number.
ATTRIBUTES = ("sip.phoneNumber", "sip.trunkPhoneNumber")
_ATTRIBUTE = re.compile(r"sip\.(?:trunkP|p)honeNumber(?:&#34;|[^0-9+&]){1,80}?([+＋]?\d{3,17})")


def numbers_in(text: str) -> list[tuple[int, int]]:
    """Where there are phone numbers in a text, by their shape alone: start and end of each, in order.

    Other things made of digits (dates, ids, counters) are none.
    """
    spans = [found.span() for found in _ROOM.finditer(text)]
    for found in _MARKED.finditer(text):
        start, end = found.span()
        spans.append((start + (text[start] in "_: "), end))
    told = [found.span(1) for found in _ATTRIBUTE.finditer(text)]
    # One without a plus is a number wherever else it stands, such as in a name, unless it is short.
    plain = {text[start:end] for start, end in told if end - start > 5 and text[start] not in "+＋"}
    if plain:
        again = re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(sorted(plain))})(?![0-9])")
        told += [found.span() for found in again.finditer(text)]
    spans += told
    return _without_overlaps(spans)


def _without_overlaps(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, and of those that overlap the first and longest."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept


def mask_numbers(text: str, known: Iterable[str] = ()) -> str:
    """A text with every phone number in it partly masked: what looks like one, and those that are `known`."""
    text = hide_in(text, known)
    for start, end in reversed(numbers_in(text)):
        text = text[:start] + hide(text[start:end]) + text[end:]
    return text


def has_number(text: object) -> bool:
    """Whether a value holds something that `mask_numbers` would mask."""
    return isinstance(text, str) and bool(numbers_in(text))


def hide(text: str) -> str:
    """`+4930901820` becomes `+4930••••20`; short ones lose nearly everything, and a lone wildcard stays."""
    if not re.search(r"\w", text):
        return text
    start, end = (5, 2) if len(text) >= 10 else (1, 1) if len(text) >= 6 else (0, 0)
    return text[:start] + DOTS + text[len(text) - end :]


def hide_in(text: str, numbers: Iterable[str]) -> str:
    """A text with these numbers partly masked, wherever they occur in it. Those of three characters or fewer stay."""
    known = sorted((number for number in numbers if len(number) > 3), key=len, reverse=True)
    if not known:
        return text
    return re.sub("|".join(map(re.escape, known)), lambda found: hide(found.group()), text)


class MaskingFormatter(logging.Formatter):
    """Masks phone numbers in log lines, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return mask_numbers(super().format(record))
