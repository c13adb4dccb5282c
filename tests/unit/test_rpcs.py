"""docs/rpcs.md lists every call of livekit-api and of livekit-protocol, and only pages that exist."""

import inspect
import pkgutil
import re
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest
from livekit import api, protocol
from livekit.api.agent_dispatch_service import AgentDispatchService
from livekit.api.connector_service import ConnectorService
from livekit.api.egress_service import EgressService
from livekit.api.ingress_service import IngressService
from livekit.api.room_service import RoomService
from livekit.api.sip_service import SipService

from livekit_dashboard.urls import URLS

TABLE = Path(__file__).parents[2] / "docs" / "rpcs.md"
SERVICES = (
    RoomService,
    EgressService,
    IngressService,
    SipService,
    AgentDispatchService,
    ConnectorService,
)
TEXT = TABLE.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w+\.\w+)` \| (.*) \| (.*)\|$", TEXT, re.MULTILINE)
UNWRAPPED = re.findall(r"^\| `(\w+/\w+)` \| (.*) \| (.*)\|$", TEXT, re.MULTILINE)


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


def _protocol_calls() -> set[str]:
    """Service and method of every call that the installed livekit-protocol declares."""
    modules = [
        import_module(f"livekit.protocol.{module.name}") for module in pkgutil.iter_modules(protocol.__path__)
    ]
    return {
        f"{name}/{method.name}"
        for module in modules
        if hasattr(module, "DESCRIPTOR")
        for name, service in module.DESCRIPTOR.services_by_name.items()
        for method in service.methods
    }


def _wrapped_calls() -> set[str]:
    """Those that livekit-api sends: each of its services has its Twirp name in SVC, and its methods as strings."""
    wrapped = set()
    for service in SERVICES:
        source = inspect.getsource(service)
        name = inspect.getmodule(service).SVC  # type: ignore[union-attr]
        wrapped |= {f"{name}/{method}" for method in re.findall(r'"([A-Z]\w+)"', source)}
    return wrapped


def test_every_call_that_the_sdk_lacks_is_listed_once_and_no_other() -> None:
    names = [name for name, _, _ in UNWRAPPED]
    assert len(names) == len(set(names))
    assert set(names) == _protocol_calls() - _wrapped_calls()
    assert len(_protocol_calls() & _wrapped_calls()) > 40


@pytest.mark.parametrize("package", ["livekit-api", "livekit-protocol"])
def test_the_document_is_about_the_installed_version(package: str) -> None:
    assert f"{package} {version(package)}" in TEXT


@pytest.mark.parametrize(
    ("name", "pages", "words"), ROWS + UNWRAPPED, ids=[name for name, _, _ in ROWS + UNWRAPPED]
)
def test_a_call_is_on_pages_that_there_are_or_says_why_not(name: str, pages: str, words: str) -> None:
    named = re.findall(r"`(\w+)`", pages)
    assert set(named) <= {url.name for url in URLS}
    assert named or words.strip()
    assert bool(named) != (pages == "—")
