"""When two phone numbers are the same to LiveKit."""

import re
from collections.abc import Iterable, Sequence

from .call import Check, listing, quoted

# Go's `\d`, unlike Python's, is ASCII only.
_NUMBER = re.compile(r"\+?[0-9\- ()]+")
_SEPARATORS = str.maketrans("", "", "- ()")


def normalize(number: str) -> str:
    """`+` and digits for what is written as a phone number; all else is taken literally."""
    if not _NUMBER.fullmatch(number):
        return number
    return "+" + number.translate(_SEPARATORS).removeprefix("+")


def normalized(numbers: Iterable[str]) -> set[str]:
    return {normalize(number) for number in numbers}


def check_spellings(number: str, entries: Sequence[str]) -> Check:
    """A trunk's way: any spelling of a listed number passes."""
    for entry in entries:
        if normalize(entry) == normalize(number):
            same = entry == number
            return Check(
                True,
                f"{quoted(number)} is listed."
                if same
                else f"{quoted(number)} is listed, spelt {quoted(entry)}.",
            )
    why = f"{quoted(number)} is not among {listing(entries)}."
    return Check(False, f"{why} {_hint(number, entries)}".rstrip())


def check_exactly(number: str, entries: Sequence[str]) -> Check:
    """A rule's way: character by character."""
    if number in entries:
        return Check(True, f"{quoted(number)} is listed.")
    why = f"{quoted(number)} is not among {listing(entries)}."
    for entry in entries:
        if normalize(entry) == normalize(number):
            return Check(
                False,
                f"{quoted(entry)} is listed, but the call says {quoted(number)}: "
                "rules, unlike trunks, compare numbers character by character.",
            )
    return Check(False, f"{why} {_hint(number, entries)}".rstrip())


def _hint(number: str, entries: Sequence[str]) -> str:
    """What most likely was meant; empty where nothing suggests itself."""
    if number and any(_digits(entry) == _digits(number) != "" for entry in entries):
        return "The digits agree, but besides digits only a leading +, blanks, hyphens and brackets may be there."
    if any("*" in entry for entry in entries):
        return "An asterisk is an ordinary character, not a wildcard."
    if "" in entries:
        return "An empty entry means a call without a number, not any number."
    return ""


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)
