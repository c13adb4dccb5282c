"""Faults of trunks and rules where a reader meets them: lists, pages, exports, forms and the explainer."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from livekit.protocol import sip

from livekit_dashboard.simulator import World
from tests.dashboard import post_form
from tests.html import Page

OPEN = "takes calls to any number, from any address, without a password"


async def _faults(client: httpx.AsyncClient, path: str) -> list[list[str]]:
    key = "rules" if "rules" in path else "trunks"
    return [row["faults"] for row in (await client.get(path)).json()[key]]


def _inbound(world: World, **fields: Any) -> None:
    world.sip.inbound["ST_a"] = sip.SIPInboundTrunkInfo(sip_trunk_id="ST_a", name="Office", **fields)


def _outbound(world: World, **fields: Any) -> None:
    world.sip.outbound["ST_o"] = sip.SIPOutboundTrunkInfo(sip_trunk_id="ST_o", name="Out", **fields)


def _rule(world: World, **fields: Any) -> None:
    kind = sip.SIPDispatchRule(dispatch_rule_direct=sip.SIPDispatchRuleDirect(room_name="phone-room"))
    world.sip.rules["SDR_a"] = sip.SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_a", rule=kind, **fields)


async def test_what_is_sound_has_no_faults(client: httpx.AsyncClient, world: World) -> None:
    _inbound(world, numbers=["+15550100"], allowed_addresses=["203.0.113.0/24"])
    _outbound(world, address="sip.telnyx.com", numbers=["+15550100"])
    _rule(world, trunk_ids=["ST_a"])
    for path in ("/sip-inbound", "/sip-outbound", "/sip-rules"):
        assert await _faults(client, f"{path}.json") == [[]]
        assert "data-fault" not in (await client.get(path)).text


@pytest.mark.parametrize("addresses", [["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], []])
async def test_a_trunk_open_to_the_internet(
    addresses: list[str], client: httpx.AsyncClient, world: World
) -> None:
    """In the list, on its page and in the explainer alike; and its addresses don't read like a restriction."""
    _inbound(world, allowed_addresses=addresses)
    _rule(world)
    for path in ("/sip-inbound", "/sip-rules", "/sip-inbound/ST_a", "/sip-match?from=1&to=2"):
        main = Page((await client.get(path)).text).main
        assert "Open to strangers" in main
        assert OPEN in main
    listed = Page((await client.get("/sip-inbound")).text).main
    assert "anyone" in listed
    assert "1 address" not in listed
    assert "2 addresses" not in listed
    assert await _faults(client, "/sip-inbound.json") == [["open_to_all"]]


async def test_ones_own_number_as_the_caller(client: httpx.AsyncClient, world: World) -> None:
    _inbound(world, numbers=["+12545550100"], allowed_addresses=["0.0.0.0/1", "128.0.0.0/1"])
    _rule(world, inbound_numbers=["+12545550100"])
    # As it was typed: a bare + in an address stands for a space.
    page = Page((await client.get("/sip-match?from=+15551112222&to=+12545550100")).text)
    assert "No rule" in page.main
    assert "“+12545550100” is the trunk’s own number, which belongs in numbers" in page.main
    assert await _faults(client, "/sip-rules.json") == [["own_number_as_caller"]]
    assert await _faults(client, "/sip-inbound.json") == [["any_address", "own_number_as_caller"]]


async def test_a_rule_in_another_spelling(client: httpx.AsyncClient, world: World) -> None:
    _inbound(world, numbers=["+33155500001", "+33155500002"])
    _rule(world, numbers=["33155500001"])
    page = Page((await client.get("/sip-match?from=+33611112222&to=+33155500001")).text)
    assert "compare numbers character by character" in page.main
    assert await _faults(client, "/sip-rules.json") == [["spelling"]]


async def test_a_rule_for_a_trunks_name(client: httpx.AsyncClient, world: World) -> None:
    _inbound(world, numbers=["+15550100"])
    wanted = {
        "name": "dyn",
        "trunk_ids": ["Office"],
        "rule": {"dispatchRuleIndividual": {"roomPrefix": "call-"}},
        "metadata": {"allowed_from": "PBX"},
    }
    answer = await post_form(client, "/sip-rules?as=json", {"json": json.dumps(wanted)})
    assert answer.status_code == 422
    assert "metadata" in Page(answer.text).main
    wanted["metadata"] = '{"allowed_from": "PBX"}'
    answer = await post_form(client, "/sip-rules?as=json", {"json": json.dumps(wanted)})
    assert answer.status_code == 303
    page = Page((await client.get(answer.headers["location"])).text)
    assert "no such inbound trunk exists" in page.main
    assert "enter the ID, ST_a" in page.main
    assert await _faults(client, "/sip-rules.json") == [["missing_trunks"]]


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": "r1", "rule": {"dispatchRuleIndividual": {"roomPrefix": "call-"}}, "trunk_ids": ["ST_a"]},
        {
            "dispatch_rule": {
                "name": "r2",
                "rule": {"dispatchRuleIndividual": {"roomPrefix": "call-"}},
                "trunkIds": ["ST_b"],
            }
        },
        {
            "dispatchRule": {
                "name": "r3",
                "rule": {"dispatch_rule_individual": {"room_prefix": "call-"}},
                "trunk_ids": ["ST_c"],
                "room_config": {"agents": [{"agent_name": "desk"}]},
            }
        },
    ],
    ids=["bare", "snake", "camel"],
)
async def test_a_rule_with_and_without_wrapper(
    wanted: dict[str, Any], client: httpx.AsyncClient, world: World
) -> None:
    data = {"json": json.dumps(wanted)}
    answer = await post_form(client, "/sip-rules?as=json", data)
    assert answer.status_code == 303
    [rule] = world.sip.rules.values()
    assert rule.rule.dispatch_rule_individual.room_prefix == "call-"


async def test_a_rules_kind_at_the_top(client: httpx.AsyncClient, world: World) -> None:
    wanted = {
        "name": "Pets",
        "trunk_ids": ["ST_x"],
        "dispatchRuleIndividual": {"roomPrefix": "pets-"},
    }
    data = {"json": json.dumps(wanted)}
    answer = await post_form(client, "/sip-rules?as=json", data)
    assert answer.status_code == 422
    assert "dispatchRuleIndividual" in Page(answer.text).main
    assert not world.sip.rules


@pytest.mark.parametrize("address", ["${EXTERNAL_IP}:5062", "<my-trunk>.pstn.twilio.com", "{{host}}"])
async def test_an_address_that_was_never_filled_in(
    address: str, client: httpx.AsyncClient, world: World
) -> None:
    """Refused at the field, with the entries kept; where it is stored already, it is a fault."""
    data = {"name": "Out", "address": address, "numbers": "*"}
    answer = await post_form(client, "/sip-outbound", data)
    page = Page(answer.text)
    assert answer.status_code == 422
    assert "no host has such characters" in page.main
    assert dict(page.form("/sip-outbound").fields)["address"] == address
    assert not world.sip.outbound
    _outbound(world, address=address, numbers=["*"])
    assert await _faults(client, "/sip-outbound.json") == [["impossible_address"]]
    for path in ("/sip-outbound", "/sip-outbound/ST_o"):
        assert "which is no host" in Page((await client.get(path)).text).main


async def test_what_livekit_takes_is_not_refused_but_marked(client: httpx.AsyncClient, world: World) -> None:
    data = {"address": "sip.example.com", "numbers": "sip:+15550100@host"}
    answer = await post_form(client, "/sip-outbound", data)
    assert answer.status_code == 303
    main = Page((await client.get(answer.headers["location"])).text).main
    assert "reserved for documentation" in main
    assert "is a URI" in main
    data = {"numbers": "+1555*", "allowed_addresses": "0.0.0.0/0"}
    answer = await post_form(client, "/sip-inbound", data)
    assert answer.status_code == 303
    assert await _faults(client, "/sip-inbound.json") == [["any_address", "no_rules", "number_pattern"]]


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("/sip-inbound/check", {"allowed_addresses": "0.0.0.0/1\n128.0.0.0/1"}, OPEN),
        ("/sip-inbound/check", {"numbers": "+1555*"}, "no wildcards"),
        ("/sip-inbound/check", {"numbers": "+1", "allowed_addresses": "10.0.0.0/33"}, "can’t be read"),
        ("/sip-inbound/check", {"numbers": "+15550100", "allowed_numbers": "15550100"}, "its own number"),
        ("/sip-outbound/check", {"address": "<my-trunk>.pstn.twilio.com"}, "no host has such characters"),
        ("/sip-outbound/check", {"address": "sip.example.com"}, "reserved for documentation"),
        ("/sip-rules/check", {"kind": "direct", "numbers": "sip:+1@host"}, "is a URI"),
        ("/sip-rules/check", {"kind": "direct", "pin": "abc"}, "Enter up to 16 digits"),
        ("/sip-rules/check?as=json", {"json": '{"trunk_ids": ["Office"]}'}, "no such inbound trunk"),
    ],
)
async def test_a_form_is_checked_while_it_is_typed(
    path: str, data: dict[str, str], words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await post_form(client, path, data)
    assert answer.status_code == 200
    assert words in answer.text
    assert not [call for call in world.calls if "List" not in call]


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/sip-inbound/check", {}),
        ("/sip-inbound/check", {"name": "Office"}),
        ("/sip-inbound/check", {"numbers": "+15550100", "allowed_addresses": "203.0.113.7"}),
        ("/sip-outbound/check", {"address": "sip.telnyx.com", "numbers": "*"}),
        ("/sip-rules/check", {"kind": "individual", "room_prefix": "call"}),
    ],
)
async def test_nothing_is_said_of_what_is_sound(
    path: str, data: dict[str, str], client: httpx.AsyncClient
) -> None:
    assert not (await post_form(client, path, data)).text.strip()


async def test_the_check_of_a_stored_trunk_is_of_its_new_entries(
    client: httpx.AsyncClient, world: World
) -> None:
    _inbound(world, numbers=["+15550100"], auth_username="u", auth_password="the secret")
    _rule(world)
    data = {"numbers": "", "auth_username": "u", "allowed_addresses": "0.0.0.0/0"}
    answer = await post_form(client, "/sip-inbound/check?trunk=ST_a", data)
    assert "the list is no restriction" in answer.text
    assert "Open to strangers" not in answer.text
    assert "the secret" not in answer.text
    assert list(world.sip.inbound["ST_a"].numbers) == ["+15550100"]


@pytest.mark.parametrize(
    ("pasted", "read"),
    [
        ("sip:+15557777@sip.provider.net", "+15557777"),
        ("sips:+15557777@sip.provider.net:5061;transport=tls", "+15557777"),
        ('"Ann" <sip:+15557777@sip.provider.net>;tag=a1b2', "+15557777"),
        ("From: <sip:%2B15557777;phone-context=x@sip.provider.net>", "+15557777"),
        ("+15557777@sip.provider.net", "+15557777"),
        ("tel:+1-555-7777", "+1-555-7777"),
        ("<tel:+15557777>", "+15557777"),
        ("  +1 555 7777 ", "+15557777"),
        ("\t15557777\n", "15557777"),
    ],
)
async def test_what_is_pasted_is_understood(
    pasted: str, read: str, client: httpx.AsyncClient, world: World
) -> None:
    _rule(world, inbound_numbers=[read])
    answer = await client.get(f"/sip-match?{urlencode({'from': pasted, 'to': ' sip:+15550100@host '})}")
    page = Page(answer.text)
    assert "Accepted" in page.main
    assert f"From read as {read}" in page.main
    assert "To read as +15550100" in page.main
    if "provider" in pasted:
        assert "From host read as sip.provider.net" in page.main
        assert "sip.hostnamesip.provider.net" in page.main


async def test_a_number_is_read_as_it_is(client: httpx.AsyncClient, world: World) -> None:
    """Hyphens and parentheses stay, since rules compare them."""
    _rule(world, inbound_numbers=["(1)555-7777"])
    answer = await client.get(f"/sip-match?{urlencode({'from': '(1)555-7777', 'to': '+15550100'})}")
    page = Page(answer.text)
    assert "Accepted" in page.main
    assert "read as" not in page.main


@pytest.mark.parametrize("source", ["203.0.113.7:5060", " 203.0.113.7 ", "udp:203.0.113.7:5060"])
async def test_a_source_with_a_port_is_understood(
    source: str, client: httpx.AsyncClient, world: World
) -> None:
    _inbound(world, numbers=["+15550100"], allowed_addresses=["203.0.113.7"])
    asked = {"from": "+15557777", "to": "+15550100", "source": source}
    page = Page((await client.get(f"/sip-match?{urlencode(asked)}")).text)
    assert "203.0.113.7 is listed" in page.main
    assert "Source address read as 203.0.113.7" in page.main


def test_the_document_says_where_the_codes_are() -> None:
    document = Path(__file__).parents[3] / "docs" / "sip-faults.md"
    assert "/sip-rules.json" in document.read_text(encoding="utf-8")
