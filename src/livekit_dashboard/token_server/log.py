"""What is logged: a line for each token, as documented, and warnings. Never a token, never a secret.

`2024-07-29 12:00:00 - token-server - INFO - Token generated for user user-456 in room appointment-test-123`, in UTC.
A name that is more than a plain word is quoted as JSON has it, so that it can't pass for another part of the line.
"""

import json
import logging
import time
from typing import Any, Literal

from .errors import Refusal

QUOTED = frozenset(' "\\')
"""Characters that a plain word doesn't have."""
LOUD = frozenset({401, 403, 429, 503})
FLOODING = frozenset({"too_many_requests", "origin_not_allowed"})
"""Codes of what is not counted against an address."""

logger = logging.getLogger("token-server")


def quoted(name: str) -> str:
    """The name as it may stand in a line."""
    # isprintable() is false of control characters, of line ends in every script, and of marks that turn the text round.
    if not name.isprintable():
        return json.dumps(name)
    return name if name and not QUOTED.intersection(name) else json.dumps(name, ensure_ascii=False)


def generated(identity: str, room: str, key: str, address: str, expires: str) -> None:
    """Logs that a token was made."""
    if logger.isEnabledFor(logging.INFO):
        logger.info(
            "Token generated for user %s in room %s",
            quoted(identity),
            quoted(room),
            extra={
                "event": {
                    "user": identity,
                    "room": room,
                    "key": key,
                    "address": address,
                    "expires_at": expires,
                }
            },
        )


_last_line: dict[str, int] = {}


def refused(refusal: Refusal, address: str) -> None:
    """Logs a refusal: who is kept out as a warning, what is just wrong for debugging."""
    level = logging.WARNING if refusal.status in LOUD else logging.DEBUG
    if refusal.code in FLOODING and not _first_this_second(refusal.code):
        level = logging.DEBUG
    if logger.isEnabledFor(level):
        event = {"code": refusal.code, "address": address}
        text = "Refused %s with %d %s: %s"
        logger.log(
            level, text, quoted(address), refusal.status, refusal.code, refusal, extra={"event": event}
        )


def _first_this_second(code: str) -> bool:
    """One line a second is enough: whoever floods the server must not flood its log."""
    now = int(time.monotonic())
    first = now != _last_line.get(code)
    _last_line[code] = now
    return first


class TextFormatter(logging.Formatter):
    """The documented line."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0
        self._time = ""

    def format(self, record: logging.LogRecord) -> str:
        """Time, logger, level, message; under it the traceback of an error."""
        second = int(record.created)
        if second != self._second:
            self._second = second
            self._time = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))
        line = f"{self._time} - {record.name} - {record.levelname} - {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JSONFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """`time`, `logger`, `level`, `message`, and what the event adds."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "logger": record.name,
            "level": record.levelname,
            "message": record.getMessage(),
            **getattr(record, "event", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def config(level: str, form: Literal["text", "json"]) -> dict[str, Any]:
    """For logging.config: all that is logged goes to stderr, a line a record."""
    formatter = TextFormatter if form == "text" else JSONFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
    }
