"""Entries in lists of numbers that match no call, or not the calls that they look like.

LiveKit compares numbers literally: it knows no wildcards, patterns, ranges or SIP URIs.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .call import listing, quoted
from .fault import Code, Fault

# A star code such as *98 is a number that phones can dial.
_STAR_CODE = re.compile(r"[*#][0-9][0-9*#]*")
_URI = re.compile(r"\s*<?\s*(sips?|tel):|.*[@<>]", re.IGNORECASE | re.DOTALL)
_LIST = re.compile(r".*[0-9a-z][,;|]\s*\+?[0-9a-z]|.*[0-9]\s+\+[0-9]", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"\+?[0-9]{4,}\s*(-|–|—|\.\.+|to)\s*\+?[0-9]{4,}", re.IGNORECASE)
_PATTERN = re.compile(r"[*?%^$\[\]{}|\\]|\.\*|\.\.\.|…|_[NXZ0-9]")
# Placeholder digits as in +1555XXXXXXX, at the end of a number.
_PLACEHOLDER = re.compile(r"[+0-9][0-9\- ()]*[xXnN#]{2,}[xXnN#\- ()]*")
_PHONE = re.compile(r"\+?[0-9\- ()]+")
_HAS_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Oddity:
    """Why an entry doesn't match what it seems to, as the end of "“entry” …"."""

    code: Code
    why: str
    remedy: str


def oddity_of(entry: str) -> Oddity | None:
    """What is odd about a number in a list; None for numbers, and for names such as `alice` or `anonymous`."""
    if not entry or _STAR_CODE.fullmatch(entry):
        return None
    if _URI.match(entry):
        return Oddity(
            "number_uri",
            "is a URI, and LiveKit compares only its user part with a call",
            "Enter the number alone, such as +15550100.",
        )
    if _RANGE.fullmatch(entry) or _PATTERN.search(entry) or _PLACEHOLDER.fullmatch(entry):
        return Oddity(
            "number_pattern",
            "is compared character by character: LiveKit has no wildcards, patterns or ranges of numbers",
            "List each number, or empty the list to match any.",
        )
    if _LIST.match(entry):
        return Oddity(
            "number_list",
            "is one entry, and no call has several numbers",
            "Enter each number as an entry of its own.",
        )
    return _characters(entry)


def _characters(entry: str) -> Oddity | None:
    if _PHONE.fullmatch(entry) and _HAS_DIGIT.search(entry):
        # `12+34` and the like are no numbers, but `_PHONE` excludes them.
        return None
    if not re.search(r"\w", entry):
        return Oddity("number_characters", "has no digit", "Enter a number, such as +15550100.")
    # Users of a PBX have names such as alice, user1001 or john.doe: those begin with a letter.
    if entry.isascii() and entry[0].isalpha():
        return None
    strange = sorted(set(re.sub(r"[0-9\- ()+]", "", entry))) or ["+"]
    return Oddity(
        "number_characters",
        f"contains {listing(map(_visible, strange))}, which LiveKit keeps: only ASCII digits, a leading +, "
        "spaces, hyphens and parentheses make a phone number",
        "Enter + and digits, such as +15550100.",
    )


def _visible(character: str) -> str:
    """A space that isn't an ASCII space looks like one, so its code is named."""
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"


def odd_entries(
    owner: str,
    field: str,
    entries: Sequence[str],
    *,
    trunks: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
    outbound: tuple[str, ...] = (),
) -> Iterator[Fault]:
    """A fault for each kind of odd entry in one list. `owner` begins a sentence: `Trunk “Office” (ST_1)`."""
    found: dict[Code, list[tuple[str, Oddity]]] = {}
    for entry in entries:
        oddity = oddity_of(entry)
        # An outbound trunk whose calls always name their number may list a lone asterisk.
        if oddity and not (outbound and entry == "*"):
            found.setdefault(oddity.code, []).append((entry, oddity))
    odd = sum(map(len, found.values()))
    useless = odd == len(entries) and not outbound
    for code, several in found.items():
        oddity = several[0][1]
        consequence = "" if outbound else ", so no call matches" if not useless else ", so no call reaches it"
        yield Fault(
            code,
            "itself" if useless else "some calls" if outbound else "nothing",
            f"{owner}: {quoted(several[0][0])}{_and_more(len(several))} in {field} {oddity.why}{consequence}.",
            oddity.remedy,
            trunks,
            rules,
            outbound,
        )
    if "" in entries:
        yield empty_entry(
            owner, field, alone=len(entries) == 1, trunks=trunks, rules=rules, outbound=outbound
        )


def empty_entry(
    owner: str,
    field: str,
    *,
    alone: bool,
    lacks: str = "number",
    trunks: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
    outbound: tuple[str, ...] = (),
) -> Fault:
    """For an entry that is the empty string. `alone`: the list has no other."""
    return Fault(
        "empty_entry",
        "itself" if alone and not outbound else "nothing",
        f"{owner}: {'the only' if alone else 'an'} entry in {field} is empty. "
        f"It matches calls without a {lacks}, not any {lacks}.",
        f"Remove the entry; an empty list matches any {lacks}.",
        trunks,
        rules,
        outbound,
    )


def _and_more(count: int) -> str:
    return f" and {count - 1} more" if count > 1 else ""
