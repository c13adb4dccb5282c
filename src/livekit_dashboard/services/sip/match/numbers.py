"""How LiveKit compares phone numbers: trunks in any spelling, rules character by character."""

import re
from collections.abc import Iterable, Sequence

from .call import Check, listing, quoted
from .entries import oddity_of

# Go's `\d`, unlike Python's, is ASCII only.
_NUMBER = re.compile(r"\+?[0-9\- ()]+")
_SEPARATORS = str.maketrans("", "", "- ()")


def normalize(number: str) -> str:
    """`+` and digits for text written as a phone number; any other text unchanged."""
    if not _NUMBER.fullmatch(number):
        return number
    return "+" + number.translate(_SEPARATORS).removeprefix("+")


def normalized(numbers: Iterable[str]) -> set[str]:
    return {normalize(number) for number in numbers}


def check_spellings(number: str, entries: Sequence[str]) -> Check:
    """As trunks compare: any spelling of a listed number passes."""
    for entry in entries:
        if normalize(entry) == normalize(number):
            same = entry == number
            return Check(
                True,
                f"{quoted(number)} is listed."
                if same
                else f"{quoted(number)} is listed, spelled {quoted(entry)}.",
            )
    return _not_among(number, entries)


def check_exactly(number: str, entries: Sequence[str]) -> Check:
    """As rules compare: character by character."""
    if number in entries:
        return Check(True, f"{quoted(number)} is listed.")
    for entry in entries:
        if normalize(entry) == normalize(number):
            return Check(
                False,
                f"{quoted(entry)} is listed, but the call has {quoted(number)}: "
                "rules, unlike trunks, compare numbers character by character.",
            )
    return _not_among(number, entries)


def belongs_in_numbers(check: Check, called: str, entries: Sequence[str]) -> Check:
    """A failed check of the caller, with a word on a list of callers that holds the number that is called."""
    if check.passed or normalize(called) not in normalized(entries):
        return check
    return Check(
        False,
        f"{check.why} {quoted(called)} is the trunk’s own number, which belongs in numbers: "
        "this list is of callers.",
    )


def _not_among(number: str, entries: Sequence[str]) -> Check:
    why = f"{quoted(number)} is not among {listing(entries)}."
    return Check(False, f"{why} {_hint(number, entries)}".rstrip())


def _hint(number: str, entries: Sequence[str]) -> str:
    """The likely mistake in the list; empty where none suggests itself."""
    if number and any(_digits(entry) == _digits(number) != "" for entry in entries):
        return "The digits agree, but only digits, a leading +, spaces, hyphens and parentheses make a phone number."
    for entry in entries:
        oddity = oddity_of(entry)
        if oddity:
            return f"{quoted(entry)} {oddity.why}."
    if "" in entries:
        return "An empty entry matches calls without a number, not any number."
    return ""


def _digits(number: str) -> str:
    return re.sub(r"[^0-9]", "", number)
