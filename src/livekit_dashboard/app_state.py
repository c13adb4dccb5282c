"""What one dashboard process is made of, typed. `app_state(request)` gives it to whatever holds a request."""

from dataclasses import dataclass

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from livekit_dashboard.addresses.paths import Paths
from livekit_dashboard.live.hub import Hub
from livekit_dashboard.services.livekit import LiveKit
from livekit_dashboard.services.rooms.timeline import Timelines
from livekit_dashboard.services.webhooks.webhooks import Webhooks

from .config import Settings


@dataclass(frozen=True)
class AppState:
    """Made once by `create_app`; the lifespan opens and closes what needs a running event loop."""

    settings: Settings
    paths: Paths
    livekit: LiveKit
    hub: Hub
    webhooks: Webhooks
    timelines: Timelines


def keep(app: FastAPI, state: AppState) -> None:
    """Hangs the state on the app, where `app_state` finds it."""
    app.state.dashboard = state


def app_state(connection: HTTPConnection) -> AppState:
    """The state of the app that serves this request or WebSocket."""
    state: AppState = connection.app.state.dashboard
    return state
