"""The token server as its tests talk to it: served on a loopback port, asked over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic_settings import PydanticBaseSettingsSource

from livekit_dashboard.demo.serving import listen, serving
from livekit_dashboard.token_server.app import create_app
from livekit_dashboard.token_server.settings import Settings

API_KEY = "APItokens"
API_SECRET = "a-secret-that-is-long-enough-for-hs256"
URL = "wss://livekit.example.com"
KEY = "lkts_a-key-that-only-the-tests-of-this-file-know"
OTHER_KEY = "lkts_another-key-of-thirty-two-characters-or-more"
ORIGIN = "http://localhost:3000"
ASK = {"room_name": "appointment-test-123", "participant_name": "user-456"}


class FixedSettings(Settings):
    """Settings from arguments alone, whatever the environment and `.env` of this machine say."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: Any, init_settings: PydanticBaseSettingsSource, **others: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def settings(**changes: Any) -> Settings:
    """A server for this machine only, without limits; a test's `changes` come first."""
    given = {
        "livekit_api_key": API_KEY,
        "livekit_api_secret": API_SECRET,
        "livekit_url": URL,
        "token_server_address_requests_per_minute": 0,
        "token_server_key_requests_per_minute": 0,
    }
    return FixedSettings(**{**given, **changes})


@asynccontextmanager
async def served(**changes: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server with these settings, behind a real uvicorn."""
    with listen("127.0.0.1", 0) as listener:
        async with (
            serving(create_app(settings(**changes)), listener),
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False
            ) as client,
        ):
            yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def needs(found: object, what: str) -> None:
    """Skips the test if `found` is nothing, and fails in CI, where everything has to be there."""
    if not found:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(what)


@contextmanager
def process(directory: Path, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """The installed command in a directory without .env, with these settings alone; killed if still there."""
    required = {"LIVEKIT_API_KEY": API_KEY, "LIVEKIT_API_SECRET": API_SECRET, "LIVEKIT_URL": URL}
    started = subprocess.Popen(
        [Path(sys.executable).with_name("livekit-token-server"), *arguments],
        cwd=directory,
        env={"PATH": os.environ["PATH"], **required, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.kill()


def wait_until_healthy(url: str, *processes: subprocess.Popen[str], seconds: float = 30) -> None:
    """Returns when GET /health answers; fails if that takes long or a process ends."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        try:
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"no answer from {url}")
