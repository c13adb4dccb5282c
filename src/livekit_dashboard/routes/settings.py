"""The configuration as this process runs with it, secrets masked."""

from fastapi import Request
from pydantic import SecretStr
from starlette.responses import Response

from livekit_dashboard.config import SECRETS, Settings
from livekit_dashboard.web.dependencies import Config, LiveKit
from livekit_dashboard.web.filters import mask
from livekit_dashboard.web.render import page

HIDDEN = {"simulated"}


async def index(request: Request, livekit: LiveKit, settings: Config) -> Response:
    """No call: the server's version is what the probe knows."""
    return page(
        request, "server/settings.html.j2", live=True, rows=rows(settings), server_error=livekit.server.error
    )


def rows(settings: Settings) -> list[tuple[str, str, str, bool]]:
    """Name, value, meaning, and whether it is the default."""
    return [
        (
            name.upper(),
            shown(name, getattr(settings, name)),
            field.description or "",
            name not in settings.model_fields_set,
        )
        for name, field in Settings.model_fields.items()
        if name not in HIDDEN
    ]


def shown(name: str, value: object) -> str:
    """A value for display; of a secret, never more than its ends."""
    if value in (None, "", ()):
        return ""
    if isinstance(value, SecretStr):
        # A password may be short or a word, where ends would tell too much.
        return "••••" if name == "admin_password" else mask(value.get_secret_value())
    if name in SECRETS:
        return mask(str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, tuple) else str(value)
