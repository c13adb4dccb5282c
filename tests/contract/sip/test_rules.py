"""SIP dispatch rules: creating, changing, finding, deleting, and what is refused."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api
from livekit.protocol import models, sip

from tests.contract.backends import Backend, failure
from tests.livekit_server import forget_telephony

NO_RULE = (404, "not_found", "requested sip dispatch rule does not exist")

Rule = sip.SIPDispatchRuleInfo


@pytest.fixture
async def lk(backend: Backend) -> AsyncIterator[api.LiveKitAPI]:
    """The server without any trunk or rule, before and after."""
    yield backend.api
    await forget_telephony(backend.api)


def direct(room: str = "r", pin: str = "") -> sip.SIPDispatchRule:
    return sip.SIPDispatchRule(dispatch_rule_direct=sip.SIPDispatchRuleDirect(room_name=room, pin=pin))


async def create(lk: api.LiveKitAPI, **fields: Any) -> Rule:
    request = api.CreateSIPDispatchRuleRequest(dispatch_rule=Rule(**fields))
    return await lk.sip.create_dispatch_rule(request)


def bad(text: str) -> tuple[int, str, str]:
    return (400, "invalid_argument", text)


def taken(rule: Rule) -> str:
    claim = "Dispatch rule for the same trunk, inbound number, number, and PIN combination already exists"
    return f'{claim} in dispatch rule "{rule.sip_dispatch_rule_id}" "{rule.name}"'


async def test_a_rule_is_kept_as_it_was_sent(lk: api.LiveKitAPI) -> None:
    sent = Rule(
        rule=sip.SIPDispatchRule(
            dispatch_rule_individual=sip.SIPDispatchRuleIndividual(room_prefix="call", pin="12")
        ),
        trunk_ids=["ST_none"],
        hide_phone_number=True,
        inbound_numbers=["+1"],
        numbers=["+2"],
        name="R",
        metadata="m",
        attributes={"a": "b"},
        room_preset="p",
        room_config=api.RoomConfiguration(agents=[api.RoomAgentDispatch(agent_name="bot")]),
        krisp_enabled=True,
        media_encryption=sip.SIP_MEDIA_ENCRYPT_REQUIRE,
    )
    made = await lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=sent))
    assert made.sip_dispatch_rule_id.startswith("SDR_")
    assert len(made.sip_dispatch_rule_id) == 16
    sent.sip_dispatch_rule_id = made.sip_dispatch_rule_id
    sent.media.encryption = sip.SIP_MEDIA_ENCRYPT_REQUIRE
    assert made == sent
    assert list((await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items) == [sent]


async def test_the_older_fields(lk: api.LiveKitAPI) -> None:
    request = api.CreateSIPDispatchRuleRequest(
        rule=direct(), trunk_ids=["ST_a"], name="R", attributes={"a": "b"}, hide_phone_number=True
    )
    made = await lk.sip.create_dispatch_rule(request)
    assert made == Rule(
        sip_dispatch_rule_id=made.sip_dispatch_rule_id,
        rule=direct(),
        trunk_ids=["ST_a"],
        name="R",
        attributes={"a": "b"},
        hide_phone_number=True,
    )


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "missing rule"),
        ({"sip_dispatch_rule_id": "SDR_x", "rule": direct()}, "rule id must not be set"),
        ({"rule": {}}, "twirp error unknown: unsupported SIP Dispatch Rule: <nil>"),
        ({"rule": direct(), "media": {"codecs": [{}]}}, "missing codec name"),
    ],
)
async def test_rules_that_are_refused(lk: api.LiveKitAPI, fields: Any, text: str) -> None:
    assert await failure(create(lk, **fields)) == bad(text)


async def test_no_rule_at_all(lk: api.LiveKitAPI) -> None:
    assert await failure(lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest())) == bad(
        "missing rule"
    )


async def test_rules_that_claim_the_same_calls(lk: api.LiveKitAPI) -> None:
    one = await create(lk, rule=direct(pin="1"), name="one", trunk_ids=["ST_a", "ST_b"], numbers=["+1"])
    again: dict[str, Any] = {"rule": direct("q", "1"), "trunk_ids": ["ST_b"], "numbers": ["1"]}
    assert await failure(create(lk, **again)) == bad(taken(one))
    for different in ({"rule": direct("q", "2")}, {"trunk_ids": []}, {"inbound_numbers": ["+9"]}):
        await create(lk, **{**again, **different})


async def test_a_rule_that_claims_the_same_calls_twice(lk: api.LiveKitAPI) -> None:
    itself = Rule(sip_dispatch_rule_id="<new>", name="<blank name>")
    assert await failure(create(lk, rule=direct(), numbers=["+1", "1"])) == bad(taken(itself))


async def test_lists_are_filtered(lk: api.LiveKitAPI) -> None:
    one = await create(lk, rule=direct(), trunk_ids=["ST_a"])
    two = await create(lk, rule=direct(), trunk_ids=["ST_b"])
    every = await create(lk, rule=direct())

    async def ids(**wanted: Any) -> list[str]:
        items = (await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest(**wanted))).items
        return [rule.sip_dispatch_rule_id for rule in items]

    in_order = sorted(rule.sip_dispatch_rule_id for rule in (one, two, every))
    assert await ids() == in_order
    assert await ids(page=models.Pagination(limit=1)) == in_order
    assert set(await ids(trunk_ids=["ST_a"])) == {one.sip_dispatch_rule_id, every.sip_dispatch_rule_id}
    assert await ids(dispatch_rule_ids=[two.sip_dispatch_rule_id, "SDR_x"]) == [two.sip_dispatch_rule_id]


async def test_replacing_a_rule(lk: api.LiveKitAPI) -> None:
    made = await create(lk, rule=direct(), name="A", metadata="m", trunk_ids=["ST_a"])
    replaced = await lk.sip.update_dispatch_rule(made.sip_dispatch_rule_id, Rule(rule=direct("q")))
    assert replaced == Rule(sip_dispatch_rule_id=made.sip_dispatch_rule_id, rule=direct("q"))


async def test_changing_fields(lk: api.LiveKitAPI) -> None:
    made = await create(
        lk, rule=direct(), name="A", numbers=["1"], attributes={"a": "b", "c": "d"}, trunk_ids=["ST_a"]
    )
    changed = await lk.sip.update_dispatch_rule_fields(
        made.sip_dispatch_rule_id,
        name="B",
        rule=direct("q", "1"),
        attributes={"a": "", "e": "f"},
        trunk_ids=models.ListUpdate(add=["ST_b"]),
    )
    made.name = "B"
    made.rule.CopyFrom(direct("q", "1"))
    del made.attributes["a"]
    made.attributes["e"] = "f"
    made.trunk_ids.append("ST_b")
    assert changed == made


async def test_updates_that_are_refused(lk: api.LiveKitAPI) -> None:
    one = (await create(lk, rule=direct())).sip_dispatch_rule_id
    update = lk.sip.update_dispatch_rule
    assert await failure(update("SDR_none", Rule(rule=direct()))) == NO_RULE
    assert await failure(update("", Rule(rule=direct()))) == bad("rule id must be set")
    assert await failure(update(one, Rule(name="x"))) == bad("missing rule")
    other = "rule id in the info must be empty or match the id in the update"
    assert await failure(update(one, Rule(sip_dispatch_rule_id="SDR_x", rule=direct()))) == bad(other)
    fields = lk.sip.update_dispatch_rule_fields(one, trunk_ids=models.ListUpdate())
    assert await failure(fields) == bad("unsupported list update operation")


async def test_an_update_into_a_conflict(lk: api.LiveKitAPI) -> None:
    """It is noticed only where the rule had one of its new trunks, or none, before."""
    await create(lk, rule=direct(), trunk_ids=["ST_a"])
    two = (await create(lk, rule=direct(), trunk_ids=["ST_b"])).sip_dispatch_rule_id
    call = lk.sip.update_dispatch_rule_fields(two, trunk_ids=["ST_a", "ST_b"])
    assert (await failure(call))[2].startswith("Dispatch rule for the same trunk")
    moved = await lk.sip.update_dispatch_rule_fields(two, trunk_ids=["ST_a"])
    assert list(moved.trunk_ids) == ["ST_a"]


async def test_deleting(lk: api.LiveKitAPI) -> None:
    made = await create(lk, rule=direct(), name="A")
    request = api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=made.sip_dispatch_rule_id)
    assert await lk.sip.delete_dispatch_rule(request) == made
    assert await failure(lk.sip.delete_dispatch_rule(request)) == NO_RULE
    nothing = api.DeleteSIPDispatchRuleRequest()
    assert await failure(lk.sip.delete_dispatch_rule(nothing)) == bad("dispatch rule ID is required")


async def test_without_redis(plain_backend: Backend) -> None:
    call = plain_backend.api.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())
    text = "twirp error unknown: sip not connected (redis required)"
    assert await failure(call) == (500, "internal", text)
