"""Claims of tokens whose times are written as distances: a test's parameters are made long before it runs."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any


def dated(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims with each ``timedelta`` as seconds since the epoch, counted from now; those that are None left out."""
    now = int(time.time())
    return {
        name: now + int(value.total_seconds()) if isinstance(value, timedelta) else value
        for name, value in claims.items()
        if value is not None
    }
