"""Trunks and dispatch rules: created, changed and deleted from the browser, proven by asking the server."""

from collections.abc import AsyncIterator

import pytest
from livekit import api
from livekit.protocol import sip
from playwright.async_api import Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.faults import Faults
from tests.browser.tab import Tab
from tests.livekit_server import forget_telephony

NUMBER = "+4930901820"
ASTERISKS = "+4930••••20"


@pytest.fixture
async def lk(livekit_server: LiveKitServer) -> AsyncIterator[api.LiveKitAPI]:
    """LiveKit's own SDK, to ask the server what it holds. All trunks and rules are gone when the test ends."""
    server = livekit_server
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lk:
        yield lk
        await forget_telephony(lk)


async def _inbound(lk: api.LiveKitAPI) -> list[sip.SIPInboundTrunkInfo]:
    return list((await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items)


async def _outbound(lk: api.LiveKitAPI) -> list[sip.SIPOutboundTrunkInfo]:
    return list((await lk.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())).items)


async def _rules(lk: api.LiveKitAPI) -> list[sip.SIPDispatchRuleInfo]:
    return list((await lk.sip.list_dispatch_rule(api.ListSIPDispatchRuleRequest())).items)


async def _new_trunk(lk: api.LiveKitAPI, name: str = "Office") -> sip.SIPInboundTrunkInfo:
    trunk = sip.SIPInboundTrunkInfo(
        name=name, numbers=[NUMBER], auth_username="user", auth_password="the old password"
    )
    return await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=trunk))


async def _heading(page: Page, text: str) -> None:
    await expect(page.get_by_role("heading", level=1, name=text)).to_be_visible()


async def test_an_inbound_trunk_from_nothing_to_nothing(tab: Tab, lk: api.LiveKitAPI) -> None:
    page = tab.page
    await page.goto("/sip-inbound")
    await expect(page.get_by_role("heading", name="No inbound trunk yet")).to_be_visible()
    await page.locator("main .head").get_by_role("link", name="New inbound trunk").click()
    await page.get_by_label("Name", exact=True).fill("Office Berlin")
    await page.get_by_label("Your numbers").fill(f"{NUMBER}\n\n +49 30 901821 ")
    await page.get_by_label("Allowed addresses").fill("203.0.113.0/24")
    await page.get_by_label("User name").fill("office")
    await page.get_by_label("Password").fill("a secret word")
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_label("Ring for at most").fill("45")
    await page.get_by_label("Codecs", exact=True).fill("PCMU/8000")
    await page.get_by_role("button", name="Create trunk").click()
    await tab.told("Trunk Office Berlin created")
    await _heading(page, "Office Berlin")

    (trunk,) = await _inbound(lk)
    assert (trunk.name, list(trunk.numbers)) == ("Office Berlin", [NUMBER, "+49 30 901821"])
    assert (trunk.auth_username, trunk.auth_password) == ("office", "a secret word")
    assert (list(trunk.allowed_addresses), trunk.ringing_timeout.seconds) == (["203.0.113.0/24"], 45)
    assert [(codec.name, codec.rate) for codec in trunk.media.codecs] == [("PCMU", 8000)]

    main = page.locator("main")
    await expect(main).to_contain_text(ASTERISKS)
    await expect(main).not_to_contain_text(NUMBER)
    await page.get_by_role("link", name="Show numbers").click()
    await expect(main).to_contain_text(NUMBER)
    await expect(main).not_to_contain_text("a secret word")

    await page.get_by_role("link", name="Edit", exact=True).click()
    await expect(page.get_by_label("Password")).to_have_value("")
    await page.get_by_label("Name", exact=True).fill("Office Paris")
    await page.get_by_role("button", name="Save").click()
    await tab.told("Trunk Office Paris saved")
    trunk.name = "Office Paris"
    assert await _inbound(lk) == [trunk]

    await page.get_by_role("link", name="Delete", exact=True).click()
    question = await tab.question("Delete Office Paris?")
    await question.get_by_role("button", name="Delete trunk").click()
    await tab.told("deleted")
    await expect(page.get_by_role("heading", name="No inbound trunk yet")).to_be_visible()
    assert await _inbound(lk) == []


async def test_an_outbound_trunk_by_json(tab: Tab, lk: api.LiveKitAPI) -> None:
    page = tab.page
    await page.goto("/sip-outbound/new")
    await page.get_by_role("link", name="As JSON").click()
    text = '{"trunk": {"name": "Out", "address": "sip.example.com", "numbers": ["+1"], "auth_username": "u", "auth_password": "p"}}'
    await page.get_by_label("Trunk as JSON").fill(text)
    await page.get_by_role("button", name="Create trunk").click()
    await tab.told("Trunk Out created")
    (trunk,) = await _outbound(lk)

    await page.get_by_role("link", name="Edit", exact=True).click()
    await page.get_by_role("link", name="As JSON").click()
    area = page.get_by_label("Trunk as JSON")
    shown = await area.input_value()
    assert '"auth_password": "••••"' in shown
    await area.fill(shown.replace("sip.example.com", "other.example.com"))
    await page.get_by_role("button", name="Save").click()
    await tab.told("Trunk Out saved")
    trunk.address = "other.example.com"
    assert await _outbound(lk) == [trunk]


async def test_a_conflict_is_told_in_livekits_words(tab: Tab, lk: api.LiveKitAPI, faults: Faults) -> None:
    faults.expect_status(422)
    page = tab.page
    await _new_trunk(lk)
    await page.goto("/sip-inbound/new")
    await page.get_by_label("Name", exact=True).fill("Second")
    await page.get_by_label("Your numbers").fill(NUMBER)
    await page.get_by_role("button", name="Create trunk").click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("LiveKit says: Conflicting inbound SIP Trunks")
    await expect(alert).not_to_contain_text("twirp")
    await expect(page.get_by_label("Name", exact=True)).to_have_value("Second")
    assert len(await _inbound(lk)) == 1


async def test_a_change_made_meanwhile_is_noticed(tab: Tab, lk: api.LiveKitAPI, faults: Faults) -> None:
    faults.expect_status(409)
    page = tab.page
    trunk = await _new_trunk(lk)
    await page.goto(f"/sip-inbound/{trunk.sip_trunk_id}/edit")
    await page.get_by_label("Name", exact=True).fill("Mine")
    trunk.name = "Theirs"
    await lk.sip.update_inbound_trunk(trunk.sip_trunk_id, trunk)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("Someone else changed this meanwhile")
    assert (await _inbound(lk))[0].name == "Theirs"
    await page.get_by_role("button", name="Save").click()
    await tab.told("Trunk Mine saved")
    trunk.name = "Mine"
    assert await _inbound(lk) == [trunk]


async def test_a_rule_for_a_trunk_and_where_a_call_lands(tab: Tab, lk: api.LiveKitAPI) -> None:
    page = tab.page
    trunk = await _new_trunk(lk)
    await page.goto(f"/sip-inbound/{trunk.sip_trunk_id}")
    await expect(page.locator("main")).to_contain_text("No rule takes its calls")
    await page.get_by_role("link", name="New rule for this trunk").click()
    await expect(page.get_by_label("Office")).to_be_checked()
    # The parts of the form follow the kind, without a script.
    room, prefix = page.get_by_label("Room", exact=True), page.get_by_label("Room prefix")
    await expect(room).to_be_visible()
    await expect(prefix).to_be_hidden()
    await page.locator("label", has_text="Individual").click()
    await expect(room).to_be_hidden()
    await prefix.fill("call")
    await page.get_by_label("Name", exact=True).fill("Reception")
    await page.get_by_label("PIN").fill("4711")
    await page.get_by_label("Room configuration").fill('{"agents": [{"agent_name": "receptionist"}]}')
    await page.get_by_role("button", name="Create rule").click()
    await tab.told("Rule Reception created")

    (rule,) = await _rules(lk)
    assert list(rule.trunk_ids) == [trunk.sip_trunk_id]
    assert (rule.rule.dispatch_rule_individual.room_prefix, rule.rule.dispatch_rule_individual.pin) == (
        "call",
        "4711",
    )
    assert rule.room_config.agents[0].agent_name == "receptionist"

    await page.get_by_role("link", name="Explain a call").last.click()
    await page.get_by_label("From", exact=True).fill("+15557777")
    await page.get_by_label("To", exact=True).fill("0049 30 901820")
    await page.get_by_role("button", name="Explain").click()
    await expect(page.locator("main")).to_contain_text("No rule")
    await page.get_by_label("To", exact=True).fill("49 (30) 901820")
    await page.get_by_role("button", name="Explain").click()
    await expect(page.locator("main")).to_contain_text("asks for its PIN")
    await page.get_by_label("PIN").fill("4711")
    await page.get_by_role("button", name="Explain").click()
    await expect(page.locator("main")).to_contain_text("call_+15557777_<random>")
    assert "pin=4711" in page.url

    await page.locator(".verdicts").get_by_role("link", name="Reception").click()
    await page.get_by_role("link", name="Edit", exact=True).click()
    await page.locator("label", has_text="Direct").first.click()
    await room.fill("board")
    await page.get_by_role("button", name="Save").click()
    await tab.told("Rule Reception saved")
    (saved,) = await _rules(lk)
    assert (saved.rule.dispatch_rule_direct.room_name, saved.rule.dispatch_rule_direct.pin) == (
        "board",
        "4711",
    )
    assert saved.room_config == rule.room_config


async def test_several_rules_are_deleted(tab: Tab, lk: api.LiveKitAPI) -> None:
    page = tab.page
    for name in ("one", "two", "three"):
        direct = sip.SIPDispatchRuleDirect(room_name=name)
        rule = sip.SIPDispatchRuleInfo(
            name=name, numbers=[f"+{name}"], rule=sip.SIPDispatchRule(dispatch_rule_direct=direct)
        )
        await lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=rule))
    await page.goto("/sip-rules")
    for name in ("one", "three"):
        await page.get_by_label(f"Select {name}", exact=True).check()
    await page.get_by_role("button", name="Delete rules").click()
    question = await tab.question("Delete 2 rules?")
    await question.get_by_role("button", name="Delete 2 rules").click()
    await tab.told("Deleted 2 rules")
    assert [rule.name for rule in await _rules(lk)] == ["two"]


async def test_a_trunk_is_checked_while_it_is_typed(page: Page, lk: api.LiveKitAPI) -> None:
    """Nothing is stored before the button is pressed."""
    await page.goto("/sip-inbound/new")
    checks = page.locator("#checks")
    await page.get_by_label("Allowed addresses").press_sequentially("0.0.0.0/1\n128.0.0.0/1")
    await expect(checks).to_contain_text("from any address, without a password")
    await page.get_by_label("Your numbers").press_sequentially("+1555*")
    await expect(checks).to_contain_text("no wildcards, patterns or ranges")
    await page.get_by_label("Your numbers").fill(NUMBER)
    await page.get_by_label("Allowed addresses").fill("203.0.113.0/24")
    await expect(checks.locator("li")).to_have_count(0)
    assert not await _inbound(lk)


async def test_a_stored_rule_is_checked_with_and_without_script(tab: Tab, lk: api.LiveKitAPI) -> None:
    """On its page always; in its form, as soon as it opens, where there is script."""
    await _new_trunk(lk)
    kind = sip.SIPDispatchRule(dispatch_rule_direct=sip.SIPDispatchRuleDirect(room_name="board"))
    wanted = sip.SIPDispatchRuleInfo(rule=kind, inbound_numbers=[NUMBER])
    rule = await lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=wanted))
    page = tab.page
    await page.goto(f"/sip-rules/{rule.sip_dispatch_rule_id}")
    await expect(page.locator("main .faults")).to_contain_text("belongs in numbers")
    await page.get_by_role("link", name="Edit", exact=True).click()
    if tab.scripted:
        await expect(page.locator("#checks")).to_contain_text("belongs in numbers")
    await page.get_by_label("Caller numbers").fill("")
    if tab.scripted:
        await expect(page.locator("#checks li")).to_have_count(0)
    await page.get_by_role("button", name="Save").click()
    await _heading(page, rule.sip_dispatch_rule_id)
    await expect(page.locator("main .faults")).to_have_count(0)
