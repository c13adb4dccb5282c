"""The command ``livekit-dashboard token-server``, also installed as ``livekit-token-server``."""

import argparse
import hashlib
import json
import secrets


def run(options: argparse.Namespace) -> int:
    """Serves until SIGINT or SIGTERM. Raises ConfigError."""
    if options.new_key:
        return _new_key(options.new_key)

    # Imported when needed, so that --help is fast.
    from livekit_dashboard import listening

    from . import log
    from .app import create_app
    from .settings import Settings

    settings = Settings.load(token_server_host=options.host, token_server_port=options.port)
    host, port = settings.token_server_host, settings.token_server_port
    listeners = listening.listen(host, port, "TOKEN_SERVER_")
    listening.run(
        create_app(settings),
        listeners,
        host,
        # Every token has a line of its own.
        access_log=False,
        ws="none",
        timeout_keep_alive=listening.IDLE,
        timeout_graceful_shutdown=listening.GRACE,
        log_config=log.config(settings.log_level, settings.token_server_log_format),
    )
    return 0


def _new_key(name: str) -> int:
    key = f"lkts_{secrets.token_urlsafe(32)}"
    entry = {name: {"sha256": hashlib.sha256(key.encode()).hexdigest()}}
    print(f"Key (not shown again): {key}\nLine for .env: TOKEN_SERVER_KEYS={json.dumps(entry)}")
    return 0
