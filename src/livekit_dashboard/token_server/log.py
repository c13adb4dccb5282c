"""The log: a line for each token, as documented, and warnings. Contains no token and no secret.

`2024-07-29 12:00:00 - token-server - INFO - Token generated for user user-456 in room appointment-test-123`, in UTC.
A name that is more than a plain word is quoted as in JSON, so it can't be mistaken for another part of the line.
"""

import json
import logging
import time
from typing import Any, Literal

from .errors import Refusal

QUOTED = frozenset(' "\\')
"""Characters that a plain word does not contain."""
LOUD = frozenset({401, 403, 429, 503})
FLOODING = frozenset({"too_many_requests", "origin_not_allowed"})
"""Codes that do not count against an address, logged at most once a second."""

logger = logging.getLogger("token-server")


def quoted(name: str) -> str:
    """The name as it is written into a line."""
    # isprintable() is false for control characters, line ends of every script, and marks that reverse the text.
    if not name.isprintable():
        return json.dumps(name)
    return name if name and not QUOTED.intersection(name) else json.dumps(name, ensure_ascii=False)


def generated(identity: str, room: str, key: str, address: str, expires: str) -> None:
    """Logs that a token was generated."""
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


def refused(refusal: Refusal, address: str, why: str = "") -> None:
    """Logs a refusal: denied access as a warning, an invalid request for debugging. `why` replaces its sentence."""
    level = logging.WARNING if refusal.status in LOUD else logging.DEBUG
    if refusal.code in FLOODING and not _first_this_second(refusal.code):
        level = logging.DEBUG
    if logger.isEnabledFor(level):
        event = {"code": refusal.code, "address": address}
        text = "Refused %s with %d %s: %s"
        logger.log(
            level, text, quoted(address), refusal.status, refusal.code, why or refusal, extra={"event": event}
        )


def preflight_failed(address: str, origin: str, why: str) -> None:
    """Logs that a browser will not send a request, because its headers or its method are not allowed."""
    if _first_this_second("preflight"):
        event = {"code": "preflight", "address": address, "origin": origin}
        logger.warning("Preflight from %s fails: %s", quoted(origin), why, extra={"event": event})


def proxy_not_trusted(address: str) -> None:
    """Logs that all clients of a proxy share one rate limit, and the setting that changes it."""
    logger.warning(
        "A proxy at %s forwards requests, but TRUSTED_PROXIES is not set, so all of its clients share one rate limit."
        " Add to .env: TRUSTED_PROXIES=%s",
        address,
        address,
    )


def _first_this_second(code: str) -> bool:
    """Whether no line with this code was logged in this second: a flood of requests must not flood the log."""
    now = int(time.monotonic())
    first = now != _last_line.get(code)
    _last_line[code] = now
    return first


class TextFormatter(logging.Formatter):
    """The documented format."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0
        self._time = ""

    def format(self, record: logging.LogRecord) -> str:
        """Time, logger, level and message, followed by the traceback of an error."""
        second = int(record.created)
        if second != self._second:
            self._second = second
            self._time = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))
        line = f"{self._time} - {record.name} - {record.levelname} - {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JSONFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """`time`, `logger`, `level`, `message`, and the fields of the event."""
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
    """The configuration for logging.config: everything goes to stderr."""
    formatter = TextFormatter if form == "text" else JSONFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
    }
