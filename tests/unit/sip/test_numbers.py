"""Numbers in fields, sentences and messages, partly masked."""

import pytest
from livekit.protocol import sip

from livekit_dashboard.phone_numbers import hide, hide_in
from livekit_dashboard.services.sip.numbers import without_numbers


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("+4930901820", "+4930••••20"),
        ("+4915112345678", "+4915••••78"),
        ("office-berlin", "offic••••in"),
        ("office", "o••••e"),
        ("100", "••••"),
        ("", ""),
        ("*", "*"),
    ],
)
def test_enough_to_recognise_and_too_little_to_call(text: str, hidden: str) -> None:
    assert hide(text) == hidden


def test_a_sentence_is_rid_of_the_numbers_it_is_told() -> None:
    numbers = {"+4930901820", "4930901820", "100", "(", "+4930901820999"}
    text = "“+4930901820” and 4930901820 are one, +4930901820999 is not; so is 100."
    assert hide_in(text, numbers) == ("“+4930••••20” and 49309••••20 are one, +4930••••99 is not; so is 100.")
    assert hide_in("nothing (known)", []) == "nothing (known)"


def test_a_message_is_copied_without_its_numbers() -> None:
    rule = sip.SIPDispatchRuleInfo(
        name="+4930901820",
        numbers=["+4930901820"],
        rule=sip.SIPDispatchRule(dispatch_rule_direct=sip.SIPDispatchRuleDirect(room_name="a", pin="4711")),
    )
    hidden = without_numbers(rule)
    assert list(hidden.numbers) == ["+4930••••20"]
    assert hidden.rule.dispatch_rule_direct.pin == "••••"
    assert (hidden.name, hidden.rule.dispatch_rule_direct.room_name) == ("+4930901820", "a")
    assert rule.rule.dispatch_rule_direct.pin == "4711"
