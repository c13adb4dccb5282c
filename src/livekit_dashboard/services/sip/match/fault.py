"""One fault of the stored trunks and rules: its code, what it breaks, and how to fix it.

The codes are part of the exports, and docs/sip-faults.md documents each of them.
"""

from dataclasses import dataclass
from typing import Literal, get_args

Breaks = Literal["the server", "every call", "some calls", "itself", "security", "nothing"]
# The worst first.
BREAKS: tuple[Breaks, ...] = get_args(Breaks)

Code = Literal[
    "any_address",
    "duplicates",
    "empty_entry",
    "half_a_login",
    "host_names",
    "ignored_addresses",
    "impossible_address",
    "local_address",
    "missing_trunks",
    "no_room",
    "no_rule",
    "no_rules",
    "nobody_to_hide",
    "number_characters",
    "number_list",
    "number_pattern",
    "number_uri",
    "open_to_all",
    "own_number_as_caller",
    "pin",
    "placeholder_address",
    "same_number",
    "shadowed",
    "spelling",
    "two_defaults",
    "unmatched_addresses",
    "unreachable",
    "unreadable_addresses",
    "wide_addresses",
    "without_type",
]
CODES: tuple[Code, ...] = get_args(Code)


@dataclass(frozen=True)
class Fault:
    """What is wrong, and how to fix it.

    `breaks`: "the server" ends its process; "every call" and "some calls" fail or get silence; "itself" is a trunk or
    rule that no call reaches; "security" admits callers who should be kept out; "nothing" is worth a check.
    `trunks` (inbound), `rules` and `outbound` (trunks) hold the IDs of those at fault.
    """

    code: Code
    breaks: Breaks
    sentence: str
    remedy: str
    trunks: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    outbound: tuple[str, ...] = ()

    def concerns(self, own_id: str) -> bool:
        """Whether the trunk or rule with this ID is among those at fault."""
        return own_id in (*self.trunks, *self.rules, *self.outbound)
