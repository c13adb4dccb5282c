"""Commands and code about trunks and rules hold for every name and id."""

import ast

import pytest
from livekit.protocol import sip

from livekit_dashboard.services.sip import rules as sip_rules
from livekit_dashboard.services.sip import trunks as sip_trunks
from livekit_dashboard.services.sip.trunks import TrunkInfo
from livekit_dashboard.services.snippets.sip import lk_rule, lk_trunk, python_rule, python_trunk
from tests.shell import uncommented, words

NAMES = ["Office", "it's; rm -rf /", "$(reboot) `x`", "a\nb", '"""', "-x", "\\"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [sip.SIPInboundTrunkInfo, sip.SIPOutboundTrunkInfo])
def test_a_trunk(name: str, kind: type[TrunkInfo]) -> None:
    trunk = sip_trunks.from_proto(
        kind(sip_trunk_id="ST_1", name=name, numbers=["+4930901820"], auth_password="secret")
    )
    lk, python = lk_trunk(trunk), python_trunk(trunk)
    run, all_of_it = words(lk), words(uncommented(lk))
    assert run[:4] == ["lk", "sip", trunk.direction, "list"]
    assert all_of_it == [*run, "lk", "sip", trunk.direction, "delete", "ST_1"]
    assert run[-2:] == ["--name", name]
    ast.parse(python)
    for text in ("secret", "4930901820"):
        assert text not in lk + python


@pytest.mark.parametrize("name", NAMES)
def test_a_rule(name: str) -> None:
    rule = sip_rules.from_proto(
        sip.SIPDispatchRuleInfo(
            sip_dispatch_rule_id="SDR_1",
            name=name,
            rule={"dispatch_rule_direct": {"room_name": "a", "pin": "4711"}},
        )
    )
    lk, python = lk_rule(rule), python_rule(rule)
    assert words(lk)[-2:] == ["--name", name]
    ast.parse(python)
    assert "4711" not in lk + python
