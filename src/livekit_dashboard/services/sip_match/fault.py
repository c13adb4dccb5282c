"""One thing that is wrong with what is stored."""

from dataclasses import dataclass
from typing import Literal, get_args

Breaks = Literal["the server", "every call", "some calls", "itself", "security", "nothing"]
# The worst first.
BREAKS: tuple[Breaks, ...] = get_args(Breaks)


@dataclass(frozen=True)
class Fault:
    """What is wrong, and what to do about it.

    `breaks`: "the server" ends its process; "every call" and "some calls" fail or get silence; "itself" is a trunk or
    rule that no call ever reaches; "security" lets in who should stay out; "nothing" yet. `trunks` and `rules` hold
    the IDs of those that the sentence is about.
    """

    kind: str
    breaks: Breaks
    sentence: str
    remedy: str
    trunks: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()


def empty_entry(
    owner: str, field: str, *, trunks: tuple[str, ...] = (), rules: tuple[str, ...] = ()
) -> Fault:
    """For a list whose only entry is empty."""
    return Fault(
        "empty_entry",
        "itself",
        f"The only entry in {field} of {owner} is empty: it matches calls without a number, not any.",
        "Remove the entry; an empty list matches any number.",
        trunks,
        rules,
    )
