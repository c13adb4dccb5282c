"""Commands and code about trunks and rules hold for every name and id."""

import ast
import shlex

import pytest
from livekit.protocol import sip

from livekit_dashboard.services import sip_rules, sip_trunks
from livekit_dashboard.services.sip_trunks import TrunkInfo
from livekit_dashboard.services.snippets_sip import lk_rule, lk_trunk, python_rule, python_trunk

NAMES = ["Office", "it's; rm -rf /", "$(reboot) `x`", "a\nb", '"""', "-x", "\\"]


def _words(commands: str) -> list[list[str]]:
    """The words of each command, as a shell reads them."""
    lexer = shlex.shlex(commands, posix=True, punctuation_chars="\n")
    lexer.whitespace = " \t"
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if set(word) == {"\n"}:
            found.append([])
        elif word != "\n":
            found[-1].append(word)
    return found


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", [sip.SIPInboundTrunkInfo, sip.SIPOutboundTrunkInfo])
def test_a_trunk(name: str, kind: type[TrunkInfo]) -> None:
    trunk = sip_trunks.from_proto(
        kind(sip_trunk_id="ST_1", name=name, numbers=["+4930901820"], auth_password="secret")
    )
    lk, python = lk_trunk(trunk), python_trunk(trunk)
    first, *_, last = _words(lk.replace("\\\n", ""))
    assert first == ["lk", "sip", trunk.direction, "list"]
    assert last[-2:] == ["delete", "ST_1"]
    assert shlex.quote(name) in lk
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
    assert shlex.quote(name) in lk
    ast.parse(python)
    assert "4711" not in lk + python
