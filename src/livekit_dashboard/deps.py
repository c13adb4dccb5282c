"""The dependencies of the route handlers, as annotated types."""

from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData as StarletteFormData

from . import config
from .listing import ListQuery
from .masking import are_shown
from .services import livekit, timeline, webhooks
from .urls import Paths

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
    service: livekit.LiveKit = request.app.state.livekit
    return service


def _timelines(request: Request) -> timeline.Timelines:
    service: timeline.Timelines = request.app.state.timelines
    return service


def _webhooks(request: Request) -> webhooks.Webhooks:
    service: webhooks.Webhooks = request.app.state.webhooks
    return service


def _settings(request: Request) -> config.Settings:
    settings: config.Settings = request.app.state.settings
    return settings


def _paths(request: Request) -> Paths:
    paths: Paths = request.app.state.paths
    return paths


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
