"""Quotes text for commands that an operator pastes into a shell, and escapes what a terminal would act on.

Names of rooms and participants may hold any characters, control sequences included.
"""

import json
import re
import shlex
from typing import Any

# Control characters end a line or a pasted text early; the others make it look like something else.
_ACTS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def shell(text: str) -> str:
    """The text as one shell word: in POSIX quotes, or as `$'…'` if it needs escapes."""
    if not _ACTS.search(text):
        return shlex.quote(text)
    return "$'" + _escaped(text.replace("\\", "\\\\").replace("'", "\\'")) + "'"


def shell_json(value: Any) -> str:
    """The value as JSON over several lines, as one shell word."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # The only line ends here are those that json.dumps wrote.
    return shlex.quote("\n".join(map(_escaped, text.split("\n"))))


def commented(*lines: str) -> list[str]:
    """The lines as comments, for commands that destroy something: they must not run when all is pasted."""
    return [f"# {line}" for line in "\n".join(lines).split("\n")]


def _escaped(text: str) -> str:
    """With \\uXXXX escapes, which `$'…'` and JSON both understand."""
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
