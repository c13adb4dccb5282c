"""The dashboard as its tests talk to it: served on a loopback port, asked over HTTP."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic_settings import PydanticBaseSettingsSource

from livekit_dashboard.config import Settings
from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.main import create_app
from livekit_dashboard.simulator import running
from tests.html import Page
from tests.livekit_server import Simulator

USERNAME = "admin"
PASSWORD = "a-pässword: with a colon"


class FixedSettings(Settings):
    """Settings from arguments alone, whatever the environment and `.env` of this machine say."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: PydanticBaseSettingsSource, **others: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def settings_for(server: Simulator | LiveKitServer, **changes: Any) -> Settings:
    """Settings of a dashboard for this server; a test's `changes` come first."""
    given = {
        "livekit_url": server.url,
        "livekit_api_key": server.api_key,
        "livekit_api_secret": server.api_secret,
        "admin_username": USERNAME,
        "admin_password": PASSWORD,
        "livekit_timeout": 5.0,
        "enable_sip": True,
    }
    return FixedSettings(**{**given, **changes})


@dataclass(frozen=True)
class Dashboard:
    """A dashboard that is being served."""

    app: FastAPI
    settings: Settings
    url: str

    @property
    def auth(self) -> tuple[bytes, bytes]:
        """The admin's credentials, in UTF-8 as browsers send them."""
        password = self.settings.admin_password.get_secret_value()
        return self.settings.admin_username.encode(), password.encode()

    def client(self, *, anonymous: bool = False, **options: Any) -> httpx.AsyncClient:
        """A browser of the admin's, or of a stranger; it keeps cookies and follows no redirect."""
        auth = None if anonymous else httpx.BasicAuth(*self.auth)
        # Nothing here speaks TLS, and loading certificates would take twice as long as serving a dashboard.
        return httpx.AsyncClient(base_url=self.url, auth=auth, trust_env=False, verify=False, **options)


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Dashboard]:
    """A dashboard of the test's own."""
    app = create_app(settings)
    async with app.router.lifespan_context(app), running(app) as url:
        yield Dashboard(app, settings, url)


async def csrf_token(client: httpx.AsyncClient, page: str = "/settings") -> str:
    """The token that every page carries; the page asked for makes no call of LiveKit."""
    return Page((await client.get(page)).text).value_of("csrf_token")


async def post_form(
    client: httpx.AsyncClient,
    path: str,
    data: Mapping[str, str | list[str]] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """What a browser sends when a form of ours is filled in so: with its token and its origin."""
    sent = {"csrf_token": await csrf_token(client), **(data or {})}
    return await client.post(path, data=sent, headers={"Origin": origin(client), **(headers or {})})


async def submit(
    client: httpx.AsyncClient, page: str, action: str, **changes: str | list[str] | None
) -> httpx.Response:
    """Opens a page and sends one of its forms as it stands there, but for `changes`; None leaves a field out."""
    form = Page((await client.get(page)).text).form(action)
    fields: dict[str, str | list[str]] = {}
    for name, value in form.fields:
        fields.setdefault(name, [])
        fields[name].append(value)  # type: ignore[union-attr]
    wanted = {name: value for name, value in {**fields, **changes}.items() if value is not None}
    return await client.post(form.action or page, data=wanted, headers={"Origin": origin(client)})


async def get_as_written(dashboard: Dashboard, target: str) -> tuple[int, str]:
    """Status and text for a path that clients would tidy up before they sent it. Nobody is logged in."""
    url = httpx.URL(dashboard.url)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(
        f"GET {target} HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nConnection: close\r\n\r\n".encode()
    )
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), body.decode()


def origin(client: httpx.AsyncClient) -> str:
    """Scheme, host and port of the dashboard that a client talks to."""
    return str(client.base_url).rstrip("/")
