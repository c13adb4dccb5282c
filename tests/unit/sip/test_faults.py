"""What is found wrong with stored trunks and rules, and that the explainer fails no call for another reason."""

import re

import pytest
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from livekit_dashboard.services.sip.match import Call, Fault, explain, faults
from tests.contract.sip_cases import worlds
from tests.sip_builders import direct, individual, trunk

Trunks = list[SIPInboundTrunkInfo]
Rules = list[SIPDispatchRuleInfo]
# Reasons to fail that no stored set can be blamed for, or not alone.
ABOUT_THE_CALL = ("source_address", "cannot_hide")
# Those that make LiveKit fail calls.
CONFLICTS = ("same_number", "two_defaults", "duplicates", "without_type")
# Trunks that no fault is about.
SAFE: Trunks = [trunk()]


def codes(found: tuple[Fault, ...]) -> list[tuple[str, str]]:
    return [(fault.code, fault.breaks) for fault in found]


def test_a_sound_set_has_no_faults() -> None:
    trunks = [
        trunk("A", allowed_numbers=["+1"]),
        trunk("B", allowed_numbers=["+2"]),
        trunk("C", allowed_numbers=["+1"], allowed_addresses=["10.0.0.0/8"]),
        trunk("D", (), auth_username="u", auth_password="p"),
    ]
    trunks[0].allowed_addresses.append("192.0.2.0/24")
    rules = [
        direct("1", trunk_ids=["ST_A"]),
        direct("2", pin="1"),
        individual("3"),
        direct("4", numbers=["+15550100"]),
    ]
    assert faults(trunks, rules) == ()


@pytest.mark.parametrize(
    ("trunks", "kind", "breaks"),
    [
        ([trunk("A"), trunk("B", ("1 (555) 0100",))], "same_number", "some calls"),
        ([trunk("A", allowed_numbers=["+1"]), trunk("B")], "same_number", "some calls"),
        (
            [trunk("A", allowed_addresses=["10.0.0.0/8"]), trunk("B", allowed_addresses=["10.1.1.1"])],
            "same_number",
            "some calls",
        ),
        (
            [trunk("A", allowed_addresses=["sip.example.com"]), trunk("B", allowed_addresses=["10.1.1.1"])],
            "same_number",
            "some calls",
        ),
        (
            [trunk(letter, (), auth_username="u", auth_password="p") for letter in "AB"],
            "two_defaults",
            "every call",
        ),
        (
            [
                trunk("A", (), allowed_addresses=["10.0.0.5"]),
                trunk("B", (), auth_username="u", auth_password="p"),
            ],
            "two_defaults",
            "some calls",
        ),
        ([trunk("A", ())], "open_to_all", "security"),
        ([trunk(auth_username="u")], "half_a_login", "security"),
        ([trunk(auth_password="p")], "half_a_login", "security"),
        ([trunk(allowed_addresses=["10.0.0.5, 10.0.0.6"])], "ignored_addresses", "security"),
        ([trunk(allowed_addresses=["10.0.0.5;x", "10.0.0.6"])], "ignored_addresses", "nothing"),
        ([trunk(numbers=("",))], "empty_entry", "itself"),
        ([trunk(allowed_numbers=[""])], "empty_entry", "itself"),
        ([trunk(allowed_addresses=["10.0.0.0/255.0.0.0"])], "unreadable_addresses", "itself"),
        ([trunk(allowed_addresses=["[::1]", "::1"])], "unreadable_addresses", "some calls"),
    ],
)
def test_faults_of_trunks(trunks: Trunks, kind: str, breaks: str) -> None:
    found = [pair for pair in codes(faults(trunks, [direct()])) if pair[0] == kind or pair[0] != "host_names"]
    assert found == [(kind, breaks)]


@pytest.mark.parametrize(
    ("rules", "kind", "breaks"),
    [
        ([], "no_rules", "every call"),
        ([direct("1"), individual("2")], "duplicates", "every call"),
        ([direct("1", trunk_ids=["ST_A"]), individual("2", trunk_ids=["ST_A"])], "duplicates", "some calls"),
        ([direct(inbound_numbers=["+1", "1"])], "duplicates", "every call"),
        ([direct(trunk_ids=["ST_A", "ST_A"])], "duplicates", "some calls"),
        ([SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_0")], "without_type", "every call"),
        (
            [SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_0", trunk_ids=["ST_A"])],
            "without_type",
            "some calls",
        ),
        ([direct("1"), direct("2", trunk_ids=["ST_9"])], "missing_trunks", "itself"),
        ([direct(trunk_ids=["ST_A", "ST_9"])], "missing_trunks", "nothing"),
        ([direct(numbers=[""])], "empty_entry", "itself"),
        ([direct(inbound_numbers=[""])], "empty_entry", "itself"),
        ([direct(trunk_ids=["ST_A"], numbers=["+1999"])], "unreachable", "itself"),
        ([direct(trunk_ids=["ST_A"], numbers=["15550100"])], "spelling", "some calls"),
        ([direct(pin="abc")], "pin", "itself"),
        ([direct(pin="1" * 17)], "pin", "itself"),
        ([direct(room="")], "no_room", "some calls"),
        ([direct(hide_phone_number=True)], "nobody_to_hide", "the server"),
    ],
)
def test_faults_of_rules(rules: Rules, kind: str, breaks: str) -> None:
    assert codes(faults(SAFE, rules)) == [(kind, breaks)]


def test_a_trunk_without_a_rule_is_silent() -> None:
    assert codes(faults([trunk("A"), trunk("B", ("+1",))], [direct(trunk_ids=["ST_A"])])) == [
        ("no_rule", "some calls")
    ]


def test_hiding_is_safe_where_only_listed_numbers_call() -> None:
    assert faults(SAFE, [direct(hide_phone_number=True, inbound_numbers=["+1"])]) == ()
    guarded = trunk(allowed_numbers=["+1"])
    assert faults([guarded], [direct(hide_phone_number=True, trunk_ids=["ST_A"])]) == ()


def test_the_worst_comes_first_and_names_those_concerned() -> None:
    found = faults(
        [trunk("A", ())], [direct("2", hide_phone_number=True), individual("1"), direct("3", pin="x")]
    )
    assert [fault.breaks for fault in found] == ["the server", "every call", "itself", "security"]
    assert [(fault.trunks, fault.rules) for fault in found] == [
        ((), ("SDR_2",)),
        ((), ("SDR_1", "SDR_2")),
        ((), ("SDR_3",)),
        (("ST_A",), ()),
    ]


def test_there_is_nothing_wrong_with_nothing() -> None:
    assert faults([], []) == ()


def test_faults_and_explanations_agree() -> None:
    """On random sets: whatever fails a call is a known fault, and what a fault says of calls is so."""
    endless = worlds(seed=1)
    failed = 0
    for _ in range(3000):
        world, calls = next(endless)
        found = faults(world.trunks, world.rules)
        for call in filter(_ordinary, calls):
            explanation = explain(world.trunks, world.rules, call)
            if explanation.failure and explanation.failure.kind not in ABOUT_THE_CALL:
                failed += 1
                assert _known(explanation.failure.between, found), (world, call, explanation.failure)
            if any(fault.breaks == "every call" for fault in found):
                assert explanation.result in ("failed", "no rule"), (world, call, found)
            reached = {verdict.id for verdict in (explanation.trunk, explanation.rule) if verdict}
            useless = {
                number
                for fault in found
                if fault.breaks == "itself"
                for number in (fault.rules or fault.trunks)
            }
            assert explanation.result != "accepted" or not reached & useless, (world, call, found)
    assert failed > 400


def _ordinary(call: Call) -> bool:
    """Has what every real call has, numbers or names of which calls are made, and a From host that is a host's."""
    named = all(
        re.fullmatch(r"\+?[0-9\- ()]*[0-9][0-9\- ()]*|[a-z]+", name) for name in (call.calling, call.called)
    )
    return bool(named and call.source_address and call.from_host == "sip.example.com")


def _known(between: tuple[str, ...], found: tuple[Fault, ...]) -> bool:
    failing = [fault for fault in found if fault.code in CONFLICTS]
    return any(set(fault.trunks + fault.rules) <= set(between) for fault in failing)
