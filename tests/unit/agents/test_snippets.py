"""Commands and code about dispatches hold for every name."""

import ast

import pytest

from livekit_dashboard.services.snippets.agents import lk_create, lk_list, lk_one, python_create, python_one
from tests.shell import uncommented, words

NAMES = ["standup", "it's; rm -rf /", "$(reboot) `x`", "a\nb", '"""', "\\", ""]


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_as_they_are(name: str) -> None:
    created = words(lk_create(name, name))
    assert created[:7] == ["lk", "dispatch", "create", "--room", name, "--agent-name", name]
    assert words(lk_list(name)) == ["lk", "dispatch", "list", name]
    assert words(lk_one(name, "AD_1")) == ["lk", "dispatch", "get", name, "AD_1"]
    assert words(uncommented(lk_one(name, "AD_1"))) == [
        *("lk", "dispatch", "get", name, "AD_1"),
        *("lk", "dispatch", "delete", name, "AD_1"),
    ]
    for code in (python_create(name, name), python_one(name, "AD_1")):
        texts = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]
        assert name in texts
