"""The match explainer's page; what it explains is tested in tests/unit/sip/test_match.py."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from livekit.protocol import sip

from livekit_dashboard.simulator import World
from tests.html import Page


def _fill(world: World, pin: str = "") -> None:
    world.sip.inbound["ST_a"] = sip.SIPInboundTrunkInfo(
        sip_trunk_id="ST_a",
        name="Office",
        numbers=["+15550100"],
        auth_username="u",
        auth_password="the secret",
    )
    world.sip.inbound["ST_b"] = sip.SIPInboundTrunkInfo(
        sip_trunk_id="ST_b", numbers=["+15550100"], allowed_addresses=["10.0.0.0/8"], allowed_numbers=["+1"]
    )
    individual = sip.SIPDispatchRuleIndividual(room_prefix="call", pin=pin)
    world.sip.rules["SDR_a"] = sip.SIPDispatchRuleInfo(
        sip_dispatch_rule_id="SDR_a",
        name="Reception",
        trunk_ids=["ST_a"],
        rule=sip.SIPDispatchRule(dispatch_rule_individual=individual),
        attributes={"desk": "front"},
        room_config={"agents": [{"agent_name": "receptionist"}]},
    )


async def _explained(client: httpx.AsyncClient, **call: str) -> Page:
    asked = {"from": "+15557777", "to": "+15550100", **call}
    answer = await client.get(f"/sip-match?{urlencode(asked)}")
    assert answer.status_code == 200
    return Page(answer.text)


def _way(page: Page) -> list[str]:
    """The classes of the four steps."""
    steps = [element.attributes.get("class", "") for element in page.all("li")]
    return [step for step in steps if step in ("here", "stop")]


async def test_an_accepted_call(client: httpx.AsyncClient, world: World) -> None:
    _fill(world)
    page = await _explained(client, source="203.0.113.9", host="sip.example.com")
    assert sorted(world.calls) == ["SIP/ListSIPDispatchRule", "SIP/ListSIPInboundTrunk"]
    for text in (
        "Accepted",
        "sends it to “call_+15557777_<random>”",
        "407 for user name and password",
        "sip_+15557777",
        "Phone +15557777",
        "deskfront",
        "sip.hostnamesip.example.com",
        "receptionist",
        "203.0.113.9 is not covered by “10.0.0.0/8”",
    ):
        assert text in page.main
    assert {"/sip-inbound/ST_a", "/sip-inbound/ST_b", "/sip-rules/SDR_a"} <= set(page.addresses)
    assert "the secret" not in page.text
    assert _way(page) == ["here"]


@pytest.mark.parametrize(
    ("call", "words", "way"),
    [
        ({}, "Asks for a PIN", ["here"]),
        ({"pin": "4711"}, "Accepted", ["here"]),
        ({"pin": "4711#"}, "Accepted", ["here"]),
        ({"pin": "1"}, "Wrong PIN", ["stop"]),
        ({"pin": "#"}, "Wrong PIN", ["stop"]),
        ({"to": "+1999"}, "No rule", ["stop"]),
    ],
    ids=str,
)
async def test_verdicts(
    call: dict[str, str], words: str, way: list[str], client: httpx.AsyncClient, world: World
) -> None:
    _fill(world, pin="4711")
    page = await _explained(client, **call)
    assert words in page.main
    assert _way(page) == way


async def test_a_conflict_of_trunks(client: httpx.AsyncClient, world: World) -> None:
    _fill(world)
    page = await _explained(client, **{"from": "+1", "source": "10.0.0.1"})
    assert "Failed by LiveKit" in page.main
    assert "Conflict" in page.main
    assert "LiveKit fails the call before it considers any rule" in page.main
    assert _way(page) == ["stop"]


async def test_nothing_is_stored(client: httpx.AsyncClient) -> None:
    page = await _explained(client)
    assert "There is no inbound trunk." in page.main
    assert "There is no dispatch rule, so the call gets nowhere" in page.main


async def test_before_anything_is_asked(client: httpx.AsyncClient, world: World) -> None:
    """A link may fill in one of the two: that is no question yet."""
    for query in ("", "?to=%2B15550100"):
        answer = await client.get(f"/sip-match{query}")
        assert answer.status_code == 200
        assert "Which room would a call get to?" in Page(answer.text).main
    assert dict(Page(answer.text).form("/sip-match").fields)["to"] == "+15550100"
    assert not world.calls


@pytest.mark.parametrize(
    ("call", "field", "sentence"),
    [
        ({"from": ""}, "from", "Enter the caller’s number"),
        ({"to": ""}, "to", "Enter the called number"),
        ({"source": "sip.example.com"}, "source", "LiveKit doesn’t resolve names"),
        ({"source": "10.0.0.0/8"}, "source", "Enter an IP address"),
        ({"pin": "1" * 257}, "pin", "256 bytes"),
    ],
    ids=str,
)
async def test_what_can_not_be_explained(
    call: dict[str, Any], field: str, sentence: str, client: httpx.AsyncClient, world: World
) -> None:
    asked = {"from": "+1", "to": "+2", **call}
    answer = await client.get(f"/sip-match?{urlencode(asked)}")
    page = Page(answer.text)
    assert answer.status_code == 422
    assert sentence in page.main
    assert f"{field}-error" in [element.attributes.get("id") for element in page.elements]
    assert dict(page.form("/sip-match").fields).items() >= asked.items()
    assert not world.calls


async def test_faults_of_the_set_are_told_too(client: httpx.AsyncClient, world: World) -> None:
    _fill(world)
    world.sip.rules["SDR_b"] = sip.SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_b")
    page = await _explained(client)
    assert "Faults of the stored trunks and rules" in page.main
    assert "has no type" in page.main
