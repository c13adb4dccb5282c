"""Fixtures of the token server's tests."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.token_server.served import served


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a server as the documented three variables start it."""
    async with served() as client:
        yield client
