"""The dependencies of the route handlers, as annotated types."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData as StarletteFormData

from livekit_dashboard import config
from livekit_dashboard.addresses.paths import Paths
from livekit_dashboard.app_state import app_state
from livekit_dashboard.services import livekit
from livekit_dashboard.services.rooms import timeline
from livekit_dashboard.services.webhooks import webhooks

from .lists import ListQuery
from .masking import are_shown

__all__ = [
    "AsJson",
    "Config",
    "FormData",
    "ListQuery",
    "LiveKit",
    "ShowNumbers",
    "Timelines",
    "To",
    "Webhooks",
]


def _livekit(request: Request) -> livekit.LiveKit:
    return app_state(request).livekit


def _timelines(request: Request) -> timeline.Timelines:
    return app_state(request).timelines


def _webhooks(request: Request) -> webhooks.Webhooks:
    return app_state(request).webhooks


def _settings(request: Request) -> config.Settings:
    return app_state(request).settings


def _paths(request: Request) -> Paths:
    return app_state(request).paths


def _as_json(request: Request) -> bool:
    return request.query_params.get("as") == "json"


async def _form(request: Request) -> StarletteFormData:
    return await request.form()


# Whether the form is edited as JSON text: `?as=json`.
AsJson = Annotated[bool, Depends(_as_json)]
# Whether phone numbers are whole on this page: `?show=numbers`, or the setting.
ShowNumbers = Annotated[bool, Depends(are_shown)]
LiveKit = Annotated[livekit.LiveKit, Depends(_livekit)]
Timelines = Annotated[timeline.Timelines, Depends(_timelines)]
Webhooks = Annotated[webhooks.Webhooks, Depends(_webhooks)]
Config = Annotated[config.Settings, Depends(_settings)]
To = Annotated[Paths, Depends(_paths)]
FormData = Annotated[StarletteFormData, Depends(_form)]
