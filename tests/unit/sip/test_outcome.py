"""Where an accepted call ends up, and as whom."""

import pytest
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPMediaConfig, SIPMediaEncryption

from livekit_dashboard.services.sip.match import Explanation, Outcome, explain
from tests.sip_builders import CALLER, NUMBER, call, callee, direct, individual, trunk

ALLOW, REQUIRE = SIPMediaEncryption.SIP_MEDIA_ENCRYPT_ALLOW, SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE


def placed(explanation: Explanation) -> Outcome:
    assert explanation.outcome is not None, explanation.summary
    return explanation.outcome


def test_rooms() -> None:
    def room(rule: SIPDispatchRuleInfo) -> str:
        return placed(explain([], [rule], call())).room

    assert room(direct()) == "lobby"
    assert room(individual()) == "call_+15557777_<random>"
    assert room(individual(prefix="", fixed=True)) == "+15557777"
    assert room(callee()) == "desk_+15550100"
    assert room(callee(prefix="", randomize=True)) == "+15550100_<random>"


def test_who_the_participant_is() -> None:
    rule = direct(metadata="m", attributes={"team": "a", "sip.phoneNumber": "mine"}, room_preset="p")
    outcome = placed(explain([trunk()], [rule], call()))
    assert (outcome.identity, outcome.name, outcome.metadata) == ("sip_+15557777", "Phone +15557777", "m")
    assert outcome.room_preset == "p"
    assert outcome.attributes == {
        "team": "a",
        "sip.callID": "SCL_<random>",
        "sip.trunkID": "ST_A",
        "sip.ruleID": "SDR_1",
        "sip.phoneNumber": CALLER,
        "sip.hostname": "sip.example.com",
        "sip.trunkPhoneNumber": NUMBER,
    }


def test_without_a_trunk_its_attribute_is_empty() -> None:
    assert placed(explain([], [direct()], call())).attributes["sip.trunkID"] == ""


def test_a_hidden_number_shows_its_end_in_name_and_room() -> None:
    rule = individual(fixed=True, hide_phone_number=True, attributes={"sip.phoneNumber": "mine"})
    outcome = placed(explain([], [rule], call()))
    assert (outcome.identity, outcome.name, outcome.room) == (
        "sip_3a0dfbc7ba73068d",
        "Phone 7777",
        "call_7777",
    )
    assert outcome.attributes.keys() == {"sip.callID", "sip.trunkID", "sip.ruleID", "sip.phoneNumber"}
    assert outcome.attributes["sip.phoneNumber"] == "mine"
    assert placed(explain([], [rule], call(calling="1234"))).name == "Phone 4"


@pytest.mark.parametrize("caller", ["", "€€"])
def test_a_number_that_cannot_be_hidden_fails_the_call(caller: str) -> None:
    rule = direct(hide_phone_number=True)
    failure = explain([], [rule], call(calling=caller)).failure
    assert failure is not None
    assert failure.kind == "cannot_hide"


def test_media_of_the_rule_goes_over_that_of_the_trunk() -> None:
    own = SIPMediaConfig(encryption=SIPMediaEncryption.SIP_MEDIA_ENCRYPT_DISABLE, only_listed_codecs=True)
    taken = trunk(media=SIPMediaConfig(codecs=[{"name": "PCMU", "rate": 8000}]), media_encryption=REQUIRE)
    media = placed(explain([taken], [direct(media=own)], call())).media
    assert (media.encryption, media.codecs, media.only_listed_codecs) == ("required", ("PCMU/8000",), False)
    assert placed(explain([taken], [direct(media_encryption=ALLOW)], call())).media.encryption == "allowed"
    assert placed(explain([], [direct(media=own)], call())).media.only_listed_codecs


def test_the_trunk_gives_headers_and_the_rule_the_room_configuration() -> None:
    taken = trunk(
        headers={"X-A": "1"}, include_headers=2, max_call_duration={"seconds": 60}, krisp_enabled=True
    )
    rule = direct(room_config={"agents": [{"agent_name": "greeter", "metadata": "m"}]})
    outcome = placed(explain([taken], [rule], call()))
    assert (outcome.headers, outcome.include_headers, outcome.krisp) == ({"X-A": "1"}, "all headers", True)
    assert (outcome.max_call_duration, outcome.ringing_timeout) == (60.0, None)
    assert [(agent.name, agent.metadata) for agent in outcome.agents] == [("greeter", "m")]
    assert '"greeter"' in outcome.room_config


def test_secrets_of_the_room_configuration_are_masked() -> None:
    egress = {"room": {"file_outputs": [{"s3": {"access_key": "AKIA", "secret": "hush"}}]}}
    config = placed(explain([], [direct(room_config={"egress": egress})], call())).room_config
    assert "s3" in config
    assert "hush" not in config
