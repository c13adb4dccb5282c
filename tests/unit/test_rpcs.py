"""docs/rpcs.md names every call of the SDK, and only pages that there are."""

import inspect
import re
from pathlib import Path

import pytest
from livekit import api
from livekit.api.agent_dispatch_service import AgentDispatchService
from livekit.api.connector_service import ConnectorService
from livekit.api.egress_service import EgressService
from livekit.api.ingress_service import IngressService
from livekit.api.room_service import RoomService
from livekit.api.sip_service import SipService

from livekit_dashboard.main import URLS

TABLE = Path(__file__).parents[2] / "docs" / "rpcs.md"
SERVICES = (
    RoomService,
    EgressService,
    IngressService,
    SipService,
    AgentDispatchService,
    ConnectorService,
)
ROWS = re.findall(r"^\| `(\w+\.\w+)` \| (.*) \| (.*)\|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE)


def _calls() -> set[str]:
    return {
        f"{service.__name__}.{name}"
        for service in SERVICES
        for name, _ in inspect.getmembers(service, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }


def test_the_sdk_has_the_services_that_the_table_is_about() -> None:
    """An SDK with a service more would have a property more."""
    properties = inspect.getmembers(api.LiveKitAPI, lambda member: isinstance(member, property))
    assert len(properties) == len(SERVICES)


def test_every_call_is_in_the_table_once_and_no_other() -> None:
    names = [name for name, _, _ in ROWS]
    assert len(names) == len(set(names))
    assert set(names) == _calls()


@pytest.mark.parametrize(("name", "pages", "words"), ROWS, ids=[name for name, _, _ in ROWS])
def test_a_call_is_on_pages_that_there_are_or_says_why_not(name: str, pages: str, words: str) -> None:
    named = re.findall(r"`(\w+)`", pages)
    assert set(named) <= {url.name for url in URLS}
    assert named or words.strip()
    assert bool(named) != (pages == "—")
