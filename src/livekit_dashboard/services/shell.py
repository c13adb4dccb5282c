"""Words for commands that people paste into a terminal. Names are anybody's, so what a terminal acts on is escaped."""

import json
import re
import shlex
from typing import Any

# Control characters end a line or a pasted text early; the others make it look like something else.
_ACTS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def shell(text: str) -> str:
    """Text as one word of a shell: quoted as POSIX has it, or as `$'…'` where it needs escapes."""
    if not _ACTS.search(text):
        return shlex.quote(text)
    return "$'" + _escaped(text.replace("\\", "\\\\").replace("'", "\\'")) + "'"


def shell_json(value: Any) -> str:
    """The value as JSON over several lines, as one word."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    # Only json.dumps has made these line ends.
    return shlex.quote("\n".join(map(_escaped, text.split("\n"))))


def commented(*lines: str) -> list[str]:
    """Lines of shell or of Python that are not to run when all is pasted, for they destroy something."""
    return [f"# {line}" for line in "\n".join(lines).split("\n")]


def _escaped(text: str) -> str:
    """As `$'…'` and JSON both read it."""
    return _ACTS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
