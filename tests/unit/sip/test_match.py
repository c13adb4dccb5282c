"""What becomes of a SIP call: the cases that people get wrong, each tried on LiveKit itself."""

import pytest
from livekit.protocol.sip import SIPDispatchRuleInfo

from livekit_dashboard.services.sip.match import Explanation, explain
from livekit_dashboard.services.sip.match.addresses import parse_address, parse_range
from livekit_dashboard.services.sip.match.numbers import normalize
from tests.sip_builders import CALLER, NUMBER, call, direct, individual, trunk


def chosen(explanation: Explanation) -> tuple[str, str, str]:
    """Trunk, rule and result."""
    of_trunk, of_rule = explanation.trunk, explanation.rule
    return of_trunk.id if of_trunk else "", of_rule.id if of_rule else "", explanation.result


ONLY_A = direct(trunk_ids=["ST_A"])


@pytest.mark.parametrize("called", ["+15550100", "15550100", "(1) 555-0100", "+1 555 0100"])
def test_a_trunk_takes_its_number_in_any_spelling(called: str) -> None:
    assert chosen(explain([trunk()], [ONLY_A], call(called))) == ("ST_A", "SDR_1", "accepted")


@pytest.mark.parametrize("called", ["1.555.0100", "+15550100#", "15550100\n", "١٥٥٥٠١٠٠", "+1555010", ""])
def test_what_is_not_its_number_gets_silence(called: str) -> None:
    explanation = explain([trunk()], [ONLY_A], call(called))
    assert chosen(explanation) == ("", "", "no rule")
    assert "then nothing more" in explanation.caller_notices
    [verdict] = explanation.trunks
    assert verdict.misses == 1
    assert verdict.why == verdict.numbers.why
    assert explanation.rules[0].why == "Only for “ST_A”, and no trunk takes this call."


def test_dots_are_explained() -> None:
    [verdict] = explain([trunk()], [], call("1.555.0100")).trunks
    assert "The digits agree" in verdict.why


def test_two_trunks_with_one_number_fail_the_calls_that_both_take() -> None:
    trunks = [trunk("A", allowed_numbers=[CALLER]), trunk("B")]
    both = explain(trunks, [direct()], call())
    assert chosen(both) == ("", "", "failed")
    assert both.failure is not None
    assert (both.failure.kind, both.failure.between) == ("trunks", ("ST_A", "ST_B"))
    assert [verdict.verdict for verdict in both.trunks] == ["conflict", "conflict"]
    assert both.rules == ()
    assert both.caller_notices == "100 Trying, then 503 “Try again later”."
    assert chosen(explain(trunks, [direct()], call(calling="+1999"))) == ("ST_B", "SDR_1", "accepted")


def test_a_trunk_that_lists_the_number_beats_any_number_of_defaults() -> None:
    explanation = explain([trunk("A", ()), trunk("B", ()), trunk("C")], [direct()], call())
    assert chosen(explanation) == ("ST_C", "SDR_1", "accepted")
    assert [verdict.verdict for verdict in explanation.trunks] == ["chosen", "outranked", "outranked"]


def test_two_default_trunks_fail_the_call_and_one_takes_it() -> None:
    failed = explain([trunk("A", ()), trunk("B", ())], [direct()], call())
    assert failed.failure is not None
    assert failed.failure.kind == "default_trunks"
    assert chosen(explain([trunk("A", ())], [direct()], call())) == ("ST_A", "SDR_1", "accepted")


def test_no_trunk_is_no_rejection() -> None:
    explanation = explain([trunk()], [direct()], call("+1999"))
    assert chosen(explanation) == ("", "SDR_1", "accepted")
    assert any("isn’t rejected" in note for note in explanation.notes)


def test_an_empty_entry_is_no_wildcard() -> None:
    assert explain([trunk("A", ("",))], [ONLY_A], call()).trunk is None
    assert explain([], [direct(numbers=[""])], call()).result == "no rule"
    assert explain([], [direct(numbers=[""])], call("")).result == "accepted"


def test_numbers_beat_no_numbers_whatever_the_type() -> None:
    rules = [direct("1"), individual("2", inbound_numbers=[CALLER])]
    explanation = explain([trunk()], rules, call())
    assert chosen(explanation) == ("ST_A", "SDR_2", "accepted")
    assert {verdict.id: verdict.priority for verdict in explanation.rules} == {"SDR_1": 2100, "SDR_2": 1101}
    assert explanation.rules[1].why == (
        "Matches too, but SDR_2 comes first: it lists numbers where this one takes any."
    )


def test_an_open_rule_with_numbers_is_taken_without_asking_for_a_pin() -> None:
    rules = [direct("1", pin="1234"), direct("2", numbers=[NUMBER])]
    explanation = explain([trunk()], rules, call(pin="1234"))
    assert chosen(explanation) == ("ST_A", "SDR_2", "accepted")
    assert not explanation.asks_pin
    assert any("isn’t prompted for a PIN" in note for note in explanation.notes)


@pytest.mark.parametrize(
    ("pin", "rule", "result"),
    [
        (None, "SDR_1", "asks for a PIN"),
        ("1234", "SDR_1", "accepted"),
        ("4321", "", "wrong PIN"),
        ("", "SDR_2", "accepted"),
        ("12345678901234567", "SDR_1", "wrong PIN"),
    ],
)
def test_a_pin_rule_beside_an_open_one(pin: str | None, rule: str, result: str) -> None:
    explanation = explain([trunk()], [direct("1", "vip", "1234"), direct("2", "lobby")], call(pin=pin))
    assert chosen(explanation) == ("ST_A", rule, result)
    assert explanation.asks_pin


def test_before_the_pin_is_typed_other_rules_are_still_possible() -> None:
    rules = [direct("1", pin="1"), direct("2", pin="2"), direct("3")]
    verdicts = {verdict.id: verdict for verdict in explain([], rules, call()).rules}
    assert {number: verdict.verdict for number, verdict in verdicts.items()} == {
        "SDR_1": "chosen",
        "SDR_2": "possible",
        "SDR_3": "possible",
    }
    assert verdicts["SDR_3"].why == "May take the call if the caller types # and no PIN."


def test_a_pin_that_leads_to_no_room_is_wrong_to_livekit_sip() -> None:
    assert explain([], [direct(room="", pin="1")], call(pin="1")).result == "wrong PIN"


def test_rules_compare_numbers_character_by_character() -> None:
    explanation = explain([], [direct(inbound_numbers=["15557777"])], call())
    assert explanation.result == "no rule"
    assert "character by character" in explanation.rules[0].inbound_numbers.why


@pytest.mark.parametrize(
    ("entry", "source", "takes"),
    [
        ("10.1.2.3/8", "10.200.0.1", True),
        ("10.1.2.3/8", "::ffff:10.200.0.1", False),
        ("10.0.0.5", "::ffff:10.0.0.5", False),
        ("::ffff:0:0/96", "::ffff:10.0.0.5", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("10.0.0.0/255.0.0.0", "10.0.0.5", False),
        ("10.0.0.0/08", "10.0.0.5", False),
        ("fe80::/10", "fe80::1%eth0", False),
        ("fe80::1%eth0", "fe80::1%eth0", True),
        ("[::1]", "::1", False),
        ("10.0.0.5:5060", "10.0.0.5", False),
        ("sip.example.com", "192.0.2.1", True),  # The From host.
        ("SIP.example.com", "192.0.2.1", False),
        ("10.0.0.5, 10.0.0.6", "192.0.2.1", True),  # Ignored, so nothing is left to forbid it.
        ("10.9.9.9", "", True),  # Not known, so not checked.
    ],
)
def test_source_addresses(entry: str, source: str, takes: bool) -> None:
    [verdict] = explain([trunk(allowed_addresses=[entry])], [], call(source=source)).trunks
    assert verdict.allowed_addresses.passed is takes, verdict.why


@pytest.mark.parametrize(
    ("entry", "source", "hint"),
    [
        ("10.0.0.5", "::ffff:10.0.0.5", "10.0.0.5 is, but written as IPv6 it counts as another address."),
        ("10.0.0.0/255.0.0.0", "10.0.0.5", "“10.0.0.0/255.0.0.0” can't be read as an address or a range."),
        ("sip.provider.com", "10.0.0.5", "LiveKit doesn’t resolve them."),
    ],
)
def test_an_address_that_just_misses_is_explained(entry: str, source: str, hint: str) -> None:
    [verdict] = explain([trunk(allowed_addresses=[entry])], [], call(source=source)).trunks
    assert verdict.why.endswith(hint)


def test_a_source_address_that_is_none_fails_the_call() -> None:
    explanation = explain([trunk()], [direct()], call(source="10.0.0.05"))
    assert explanation.failure is not None
    assert explanation.failure.kind == "source_address"
    assert explanation.trunks == ()


def test_only_a_whole_login_is_asked_for() -> None:
    assert not explain([trunk(auth_username="u")], [direct()], call()).asks_password
    asked = explain([trunk(auth_username="u", auth_password="p")], [direct()], call())
    assert asked.asks_password
    assert asked.caller_notices.startswith("407 ")


def test_duplicates_fail_calls_that_match_neither() -> None:
    rules = [direct("1", numbers=["+1"]), individual("2", numbers=["1"]), direct("3", numbers=[NUMBER])]
    explanation = explain([], rules, call())
    assert explanation.failure is not None
    assert (explanation.failure.kind, explanation.failure.between) == ("duplicate_rules", ("SDR_1", "SDR_2"))
    assert {verdict.id: verdict.verdict for verdict in explanation.rules} == {
        "SDR_1": "conflict",
        "SDR_2": "conflict",
        "SDR_3": "not considered",
    }


def test_a_rule_can_be_at_odds_with_itself_and_a_trunk_cannot() -> None:
    explanation = explain([trunk("A", ("+1", "1"))], [direct(numbers=["+1", "1"])], call("+1"))
    assert explanation.trunk is not None
    assert explanation.failure is not None
    assert explanation.failure.between == ("SDR_1", "SDR_1")


def test_rules_for_other_trunks_are_at_odds_only_where_no_trunk_drops_them() -> None:
    rules = [direct("1", trunk_ids=["ST_B"]), direct("2", trunk_ids=["ST_B"]), direct("3")]
    assert explain([trunk()], rules, call()).result == "accepted"
    assert explain([trunk()], rules, call("+1999")).result == "failed"


def test_a_rule_without_a_type_fails_calls() -> None:
    explanation = explain([], [SIPDispatchRuleInfo(sip_dispatch_rule_id="SDR_0"), direct()], call())
    assert explanation.failure is not None
    assert explanation.failure.kind == "rule_without_type"
    assert {verdict.kind for verdict in explanation.rules} == {"", "direct"}


@pytest.mark.parametrize(
    ("rules", "first", "reason"),
    [
        ([direct("1"), individual("2", trunk_ids=["ST_A"])], "SDR_2", "it names the trunk"),
        (
            [direct("1", numbers=[NUMBER]), direct("2", inbound_numbers=[CALLER], room="a")],
            "SDR_2",
            "“a” sorts before “lobby”",
        ),
        (
            [direct("2", numbers=[NUMBER]), direct("1", inbound_numbers=[CALLER])],
            "SDR_1",
            "its ID sorts first",
        ),
        (
            [individual("1", numbers=[NUMBER]), direct("2", inbound_numbers=[CALLER])],
            "SDR_2",
            "direct rules go before individual rules",
        ),
    ],
)
def test_which_of_two_matching_rules_comes_first(
    rules: list[SIPDispatchRuleInfo], first: str, reason: str
) -> None:
    explanation = explain([trunk()], rules, call())
    assert explanation.rules[0].id == first
    assert explanation.rules[1].why == f"Matches too, but {first} comes first: {reason}."


def test_the_nearest_come_first() -> None:
    far = trunk("A", ("+1",), allowed_numbers=["+2"], allowed_addresses=["192.0.2.1"])
    near = trunk("B", ("+1",))
    assert [verdict.id for verdict in explain([far, near, trunk("C")], [], call()).trunks] == [
        "ST_C",
        "ST_B",
        "ST_A",
    ]


@pytest.mark.parametrize(
    ("number", "normal"),
    [("", ""), ("+", "+"), ("-", "+"), ("(1) 2-3", "+123"), ("1+2", "1+2"), ("1*", "1*"), ("١", "١")],
)
def test_normal_spelling(number: str, normal: str) -> None:
    assert normalize(number) == normal


@pytest.mark.parametrize("text", ["1.2.3", "1.2.3.04", "1.2.3.4%a", "::1%", "[::1]", " ::1", "", "١.1.1.1"])
def test_what_is_no_address(text: str) -> None:
    assert parse_address(text) is None


@pytest.mark.parametrize(
    "text", ["1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/+8", "::1%a/64", "::/129", "/8", "1.2.3.4/١"]
)
def test_what_is_no_range(text: str) -> None:
    assert parse_range(text) is None
