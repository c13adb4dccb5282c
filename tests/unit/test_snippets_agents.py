"""Commands and code about dispatches hold for every name."""

import ast
import shlex

import pytest

from livekit_dashboard.services.snippets_agents import lk_create, lk_list, lk_one, python_create, python_one

NAMES = ["standup", "it's; rm -rf /", "$(reboot) `x`", "a\nb", '"""', "\\", ""]


@pytest.mark.parametrize("name", NAMES)
def test_names_stay_as_they_are(name: str) -> None:
    created = shlex.split(lk_create(name, name).replace("\\\n", ""))
    assert created[:7] == ["lk", "dispatch", "create", "--room", name, "--agent-name", name]
    assert shlex.split(lk_list(name)) == ["lk", "dispatch", "list", name]
    assert shlex.split(lk_one(name, "AD_1")) == [
        *("lk", "dispatch", "get", name, "AD_1"),
        *("lk", "dispatch", "delete", name, "AD_1"),
    ]
    for code in (python_create(name, name), python_one(name, "AD_1")):
        texts = [node.value for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Constant)]
        assert name in texts
