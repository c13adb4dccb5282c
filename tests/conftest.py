"""Fixtures for all tests."""

from collections.abc import AsyncIterator, Iterator

import pytest
from livekit.rtc._ffi_client import FfiClient

from livekit_dashboard.demo.server import LiveKitServer
from tests.livekit_server import Simulator, real_server, simulated_server


@pytest.fixture(scope="session", autouse=True)
def _rtc_ends_before_python() -> Iterator[None]:
    """LiveKit's client calls back from threads of its own; one that finds Python gone aborts the process."""
    yield
    if FfiClient._instance is not None:
        FfiClient._instance._dispose()


@pytest.fixture(scope="session")
async def livekit_server() -> AsyncIterator[LiveKitServer]:
    """The real LiveKit server with a redis, shared by all tests."""
    async with real_server() as server:
        yield server


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """A simulated LiveKit server with an empty world of its own."""
    async with simulated_server() as server:
        yield server
