"""Reads the commands that pages show as a shell does, without running them."""

import re
import shlex

ESCAPED = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
ESCAPE = re.compile(r"\\(u[0-9a-f]{4}|.)", re.DOTALL)


def words(command: str) -> list[str]:
    """The words of a command, which may go on over several lines; lines that are comments are none of it."""
    run = "\n".join(line for line in command.split("\n") if not line.startswith("# "))
    return shlex.split(ESCAPED.sub(_quoted, run.replace("\\\n", "")))


def uncommented(commands: str) -> str:
    """Commands with those that are commented out."""
    return "\n".join(line.removeprefix("# ") for line in commands.split("\n"))


def _quoted(word: re.Match[str]) -> str:
    return shlex.quote(
        ESCAPE.sub(lambda one: chr(int(one[1][1:], 16)) if len(one[1]) == 5 else one[1], word[1])
    )
