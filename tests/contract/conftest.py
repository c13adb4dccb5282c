"""The servers the contract holds for: the simulator and the real one."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.backends import Backend, started

BOTH = ["simulator", "real"]


@pytest.fixture(scope="session", params=BOTH)
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    """A server with redis and LiveKit's default settings, shared by the tests."""
    async with started(request.param) as backend:
        yield backend


@pytest.fixture(scope="session", params=BOTH)
async def plain_backend(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    """A server without redis that allows remote unmute."""
    async with started(request.param, redis=False, remote_unmute=True) as backend:
        yield backend


@pytest.fixture
def room(backend: Backend) -> str:
    """A room name of the test's own; nobody has made the room."""
    return backend.new_room()
