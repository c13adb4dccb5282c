"""Commands and Python code for trunks and dispatch rules, without secrets and stored numbers."""

from livekit_dashboard.services.sip.rules import Rule
from livekit_dashboard.services.sip.trunks import Direction, Trunk

from .calls import python_calls
from .shell import commented, shell

CREATE = {
    "inbound": 'lk sip inbound create \\\n  --name "Office Berlin" \\\n  --numbers "+4930901820" \\\n'
    '  --auth-user office \\\n  --auth-pass "$SIP_PASS"',
    "outbound": 'lk sip outbound create \\\n  --name "Office Berlin" \\\n  --address sip.example.com \\\n'
    '  --numbers "+4930901820" \\\n  --auth-user office \\\n  --auth-pass "$SIP_PASS"',
}


def lk_trunk(trunk: Trunk) -> str:
    """Commands that list all, change this one, and delete it."""
    kind, own_id = f"lk sip {trunk.direction}", shell(trunk.id)
    return "\n".join(
        [
            f"{kind} list",
            _lk_update(trunk),
            *commented(f"{kind} delete {own_id}"),
        ]
    )


def lk_rule(rule: Rule) -> str:
    """Commands that list all, change this one, and delete it."""
    return "\n".join(
        [
            "lk sip dispatch list",
            _lk_update_rule(rule),
            *commented(f"lk sip dispatch delete {shell(rule.id)}"),
        ]
    )


def lk_new_rule(*, as_json: bool) -> str:
    """The command that creates an individual rule, or one from a JSON file."""
    if as_json:
        return "lk sip dispatch create request.json"
    return 'lk sip dispatch create \\\n  --name "Reception" \\\n  --caller "call"'


def lk_rule_form(rule: Rule | None, *, as_json: bool) -> str:
    """The command that does what the form does."""
    if rule is None:
        return lk_new_rule(as_json=as_json)
    if as_json:
        return f"lk sip dispatch update \\\n  --id {shell(rule.id)} rule.json"
    return _lk_update_rule(rule)


def python_trunk(trunk: Trunk) -> str:
    """Code that reads the trunk, changes it and writes it back, which keeps all other fields; and that deletes it."""
    return python_calls(
        *_update(trunk),
        *commented(
            "await lk.sip.delete_trunk(",
            "    api.DeleteSIPTrunkRequest(",
            "        sip_trunk_id=trunk.sip_trunk_id",
            "    )",
            ")",
        ),
    )


def python_trunk_form(direction: Direction, trunk: Trunk | None) -> str:
    """Code that does what the form does."""
    if trunk is not None:
        return python_calls(*_update(trunk))
    word = direction.capitalize()
    address = ['    address="sip.example.com",'] if direction == "outbound" else []
    return python_calls(
        f"trunk = api.SIP{word}TrunkInfo(",
        '    name="Office Berlin",',
        *address,
        '    numbers=["+4930901820"],',
        '    auth_username="office",',
        '    auth_password=os.environ["SIP_PASS"],',
        ")",
        f"await lk.sip.create_{direction}_trunk(",
        f"    api.CreateSIP{word}TrunkRequest(",
        "        trunk=trunk",
        "    )",
        ")",
        reads_environment=True,
    )


def python_rule(rule: Rule) -> str:
    """Code that reads, changes and deletes a rule."""
    return python_calls(
        *_update_rule(rule),
        *commented(
            "await lk.sip.delete_dispatch_rule(",
            "    api.DeleteSIPDispatchRuleRequest(",
            "        sip_dispatch_rule_id=rule.sip_dispatch_rule_id",
            "    )",
            ")",
        ),
    )


def python_rule_form(rule: Rule | None) -> str:
    """Code that does what the form does."""
    if rule is not None:
        return python_calls(*_update_rule(rule))
    return python_calls(
        "rule = api.SIPDispatchRuleInfo(",
        '    name="Reception",',
        "    rule=api.SIPDispatchRule(",
        "        dispatch_rule_individual=",
        "            api.SIPDispatchRuleIndividual(",
        '                room_prefix="call"',
        "            )",
        "    ),",
        ")",
        "await lk.sip.create_dispatch_rule(",
        "    api.CreateSIPDispatchRuleRequest(",
        "        dispatch_rule=rule",
        "    )",
        ")",
    )


def _update(trunk: Trunk) -> list[str]:
    way, word = trunk.direction, trunk.direction.capitalize()
    return [
        f"request = api.ListSIP{word}TrunkRequest(",
        f"    trunk_ids=[{trunk.id!r}]",
        ")",
        f"found = await lk.sip.list_{way}_trunk(request)",
        "trunk = found.items[0]",
        f"trunk.name = {trunk.name or 'Office Berlin'!r}",
        f"await lk.sip.update_{way}_trunk(",
        "    trunk.sip_trunk_id, trunk",
        ")",
    ]


def _update_rule(rule: Rule) -> list[str]:
    return [
        "request = api.ListSIPDispatchRuleRequest(",
        f"    dispatch_rule_ids=[{rule.id!r}]",
        ")",
        "found = await lk.sip.list_dispatch_rule(request)",
        "rule = found.items[0]",
        f"rule.name = {rule.name or 'Reception'!r}",
        "await lk.sip.update_dispatch_rule(",
        "    rule.sip_dispatch_rule_id, rule",
        ")",
    ]


def lk_create(direction: Direction, *, as_json: bool) -> str:
    """The command that creates a trunk from flags, or from a JSON file."""
    return f"lk sip {direction} create request.json" if as_json else CREATE[direction]


def lk_trunk_form(direction: Direction, trunk: Trunk | None, *, as_json: bool) -> str:
    """The command that does what the form does."""
    if trunk is None:
        return lk_create(direction, as_json=as_json)
    if as_json:
        return f"lk sip {direction} update \\\n  --id {shell(trunk.id)} trunk.json"
    return _lk_update(trunk)


def _lk_update(trunk: Trunk) -> str:
    name = shell(trunk.name or "Office Berlin")
    return f"lk sip {trunk.direction} update \\\n  --id {shell(trunk.id)} \\\n  --name {name}"


def _lk_update_rule(rule: Rule) -> str:
    # Its flags for the room would take the PIN away.
    name = shell(rule.name or "Reception")
    return f"lk sip dispatch update \\\n  --id {shell(rule.id)} \\\n  --name {name}"
