"""The app for other ASGI servers: `hypercorn livekit_dashboard.token_server.asgi:app`, settings from the environment.

The ASGI server decides where to listen, so without keys this app needs TOKEN_SERVER_AUTH=none, even on loopback.
"""

import logging.config

from . import log
from .app import create_app
from .settings import Settings

settings = Settings.load(token_server_host="")
logging.config.dictConfig(log.config(settings.log_level, settings.token_server_log_format))
app = create_app(settings)
