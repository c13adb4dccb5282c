"""The command ``livekit-dashboard``, with its subcommands.

Each imports what it needs when it runs, so that --help is fast.
"""

import argparse
import logging
import sys
from collections.abc import Sequence
from typing import Any

from . import __version__

FAILED = 1
USAGE = 2
"""argparse's status for invalid arguments, used for invalid settings too."""
INTERRUPTED = 130
"""128 plus the number of SIGINT, as shells report it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand. Returns the exit status: 0, or one of the constants above."""
    options = _parser().parse_args(arguments)
    try:
        return COMMANDS[options.command](options)
    except KeyboardInterrupt:
        return INTERRUPTED


def token_server(arguments: Sequence[str] | None = None) -> int:
    """`livekit-token-server`: the same as `livekit-dashboard token-server`."""
    return main(["token-server", *(sys.argv[1:] if arguments is None else arguments)])


def _serve(options: argparse.Namespace) -> int:
    from .config import ConfigError, Settings
    from .listening import GRACE, IDLE, listen, run
    from .main import create_app

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
    from livekit_dashboard.demo.server import ServerStartError

    from .config import ConfigError
    from .demo import command

    try:
        command.run(host=options.host, port=options.port, simulate=options.simulator)
    except ConfigError as error:
        return _fail(USAGE, error)
    except ServerStartError as error:
        return _fail(FAILED, error)
    return 0


def _token_server(options: argparse.Namespace) -> int:
    from .environment import ConfigError
    from .token_server import command

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
        prog="livekit-dashboard", description="See and operate a self-hosted LiveKit server."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve the dashboard for your LiveKit server",
        description="Serves the dashboard. Reads its settings from the environment and .env; docs/settings.md lists them.",
    )
    demo = commands.add_parser(
        "demo",
        help="serve the dashboard with a demo LiveKit server",
        description="Starts a LiveKit server on loopback, with rooms and participants, and the dashboard for it.",
    )
    tokens = commands.add_parser(
        "token-server",
        help="serve access tokens to your applications",
        description="Serves access tokens. Reads its settings from the environment and .env; docs/token-server.md lists them.",
    )
    tokens.add_argument(
        "--new-key",
        metavar="NAME",
        help="create an API key, print it with its TOKEN_SERVER_KEYS entry, and exit",
    )
    for command in (serve, tokens, demo):
        command.add_argument("--host", help="address to listen on; overrides the setting")
        command.add_argument(
            "--port", type=_port, help="port to listen on; overrides the setting; 0 takes any free port"
        )
    demo.add_argument(
        "--simulator", action="store_true", help="use the simulator even if livekit-server is installed"
    )
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError("must be a whole number from 0 to 65535")
    return int(text)


class WithoutQueries(logging.Filter):
    """Removes the query from each path in the log, because it may hold a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keeps every record."""
        if isinstance(record.args, tuple):
            record.args = tuple(_without_query(argument) for argument in record.args)
        return True


def _without_query(argument: object) -> object:
    if isinstance(argument, str) and argument.startswith("/"):
        return argument.partition("?")[0]
    return argument


def _log_config(level: str) -> dict[str, Any]:
    """The configuration for logging.config: one line per record to stderr, from ``level`` up."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_queries": {"()": WithoutQueries}},
        "formatters": {
            "line": {
                "()": "livekit_dashboard.phone_numbers.MaskingFormatter",
                "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            }
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["without_queries"],
                "formatter": "line",
            }
        },
        # At debug level, uvicorn logs the headers of every WebSocket: the password and cookies.
        "loggers": {"uvicorn.error": {"level": "INFO"}} if level == "debug" else {},
        "root": {"handlers": ["stderr"], "level": level.upper()},
    }
