"""The command ``livekit-dashboard``.

What a command needs is imported when it runs: help comes at once, and Ctrl-C finds a handler.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from livekit_dashboard import __version__

GRACE = 5
"""Seconds that a request in flight has to finish when the server is told to stop."""
IDLE = 75
"""Seconds that an idle connection stays open: longer than load balancers keep theirs (a minute), or they would send
requests into one that closes."""

FAILED = 1
USAGE = 2
"""As argparse has it for wrong arguments; wrong settings are no different."""
INTERRUPTED = 130
"""As shells have it: 128 and the number of SIGINT."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; gives the exit status: 0, or one of the above."""
    options = _parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except KeyboardInterrupt:
        return INTERRUPTED


def _serve(options: argparse.Namespace) -> int:
    from livekit_dashboard.config import ConfigError, Settings
    from livekit_dashboard.listening import listen, run
    from livekit_dashboard.main import create_app

    try:
        settings = Settings.load(host=options.host, port=options.port)
        listeners = listen(settings.host, settings.port)
    except ConfigError as error:
        return _fail(USAGE, error)
    run(
        create_app(settings),
        listeners,
        settings.host,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=GRACE,
        log_config=_log_config(settings.log_level),
    )
    return 0


def _demo(options: argparse.Namespace) -> int:
    from livekit_dashboard.config import ConfigError
    from livekit_dashboard.demo import command
    from livekit_dashboard.demo.server import ServerStartError

    try:
        command.run(host=options.host, port=options.port, simulate=options.simulator)
    except ConfigError as error:
        return _fail(USAGE, error)
    except ServerStartError as error:
        return _fail(FAILED, error)
    return 0


def _token_server(options: argparse.Namespace) -> int:
    from livekit_dashboard.environment import ConfigError
    from livekit_dashboard.token_server import command

    try:
        return command.run(options)
    except ConfigError as error:
        return _fail(USAGE, error)


COMMANDS = {"serve": _serve, "token-server": _token_server, "demo": _demo}


def _fail(status: int, error: Exception) -> int:
    print(error, file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="livekit-dashboard", description="A console for self-hosted LiveKit."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve the dashboard of the LiveKit that .env or the environment names",
        description="Serves the dashboard. Settings come from the environment and .env; docs/settings.md lists them.",
    )
    demo = commands.add_parser(
        "demo",
        help="serve it with a LiveKit of its own, full of rooms and participants",
        description="Starts a LiveKit on loopback with people in its rooms, and the dashboard beside it.",
    )
    tokens = commands.add_parser(
        "token-server",
        help="serve tokens that applications' users join rooms with",
        description="Serves tokens. Settings come from the environment and .env; docs/token-server.md lists them.",
    )
    tokens.add_argument("--new-key", metavar="NAME", help="make an API key and its entry, show them, and end")
    for command in (serve, tokens, demo):
        command.add_argument("--host", help="address to listen on, instead of the setting's")
        command.add_argument(
            "--port", type=_port, help="port to listen on, instead of the setting's; 0 is any free one"
        )
    demo.add_argument(
        "--simulator", action="store_true", help="simulate a LiveKit even if a real one is here"
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 65535")
    return int(text)


class WithoutQueries(logging.Filter):
    """Cuts the query off every path that is logged: tokens may be in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every record pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(argument) for argument in record.args)
        return True


def _without_query(argument: object) -> object:
    if isinstance(argument, str) and argument.startswith("/"):
        return argument.partition("?")[0]
    return argument


def _log_config(level: str) -> dict[str, Any]:
    """For logging.config: one line a record to stderr, at ``level`` and above."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_queries": {"()": WithoutQueries}},
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["without_queries"],
                "formatter": "line",
            }
        },
        # For debugging it logs the headers of every WebSocket: the password, and cookies.
        "loggers": {"uvicorn.error": {"level": "INFO"}} if level == "debug" else {},
        "root": {"handlers": ["stderr"], "level": level.upper()},
    }
