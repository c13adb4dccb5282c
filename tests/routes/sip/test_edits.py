"""Editing a trunk or a rule loses nothing: every field is set, one is edited, and the rest is as it was."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from livekit.protocol import sip

from livekit_dashboard.forms.proto import Placed
from livekit_dashboard.forms.sip.rules import RuleForm
from livekit_dashboard.forms.sip.trunks import InboundTrunkForm, OutboundTrunkForm
from livekit_dashboard.services.stored import MASK
from livekit_dashboard.simulator import World
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.protobufs import filled, unset

VALUES: Mapping[str, Any] = {
    "numbers": ["+15550100", "1 (555) 0101"],
    "allowed_numbers": ["+15557777"],
    "inbound_numbers": ["+15557777", "15557778"],
    "allowed_addresses": ["203.0.113.0/24", "sip.example.com"],
    "address": "sip.example.com:5060",
    "from_host": "from.example.com",
    "headers": {"X-One": "one"},
    "headers_to_attributes": {"X-Two": "two"},
    "attributes_to_headers": {"three": "X-Three"},
    "pin": "4711",
    "metadata": 'two\nlines of "metadata"',
    "rate": 8000,
    "name": "PCMU",
}
KINDS = ("direct", "individual", "callee")
# Every field of a form, and something else to put there: what is sent, and what has to be stored then.
SHARED: Mapping[str, tuple[Any, Callable[[Any], object]]] = {
    "name": ("Renamed", lambda m: setattr(m, "name", "Renamed")),
    "numbers": ("+1\r\n\r\n +2 ", lambda m: _list(m.numbers, ["+1", "+2"])),
    "metadata": ("a\r\nb", lambda m: setattr(m, "metadata", "a\nb")),
    "encryption": ("1", lambda m: setattr(m.media, "encryption", 1)),
    "media_encryption": ("1", lambda m: setattr(m, "media_encryption", 1)),
    "codecs": ("G722\r\nPCMA/8000", lambda m: _codecs(m, [("G722", 0), ("PCMA", 8000)])),
    "only_listed_codecs": (None, lambda m: setattr(m.media, "only_listed_codecs", False)),
    "media_timeout": ("", lambda m: m.media.ClearField("media_timeout")),
}
TRUNKS: Mapping[str, tuple[Any, Callable[[Any], object]]] = {
    **SHARED,
    "auth_username": ("other", lambda m: setattr(m, "auth_username", "other")),
    "auth_password": ("new one", lambda m: setattr(m, "auth_password", "new one")),
    "headers": ('{"X-A": "b"}', lambda m: _map(m.headers, {"X-A": "b"})),
    "headers_to_attributes": ("", lambda m: m.headers_to_attributes.clear()),
    "attributes_to_headers": ('{"c": "X-D"}', lambda m: _map(m.attributes_to_headers, {"c": "X-D"})),
    "include_headers": ("1", lambda m: setattr(m, "include_headers", 1)),
}
INBOUND: Mapping[str, tuple[Any, Callable[[Any], object]]] = {
    **TRUNKS,
    "allowed_addresses": ("10.0.0.1", lambda m: _list(m.allowed_addresses, ["10.0.0.1"])),
    "allowed_numbers": ("", lambda m: m.ClearField("allowed_numbers")),
    "auth_realm": ("realm", lambda m: setattr(m, "auth_realm", "realm")),
    "ringing_timeout": ("45", lambda m: m.ringing_timeout.FromSeconds(45)),
    "ringing_timeout_status": ("486", lambda m: setattr(m, "ringing_timeout_status", 486)),
    "max_call_duration": ("0", lambda m: m.max_call_duration.FromSeconds(0)),
    "krisp_enabled": (None, lambda m: setattr(m, "krisp_enabled", False)),
}
OUTBOUND: Mapping[str, tuple[Any, Callable[[Any], object]]] = {
    **TRUNKS,
    "address": ("10.0.0.1", lambda m: setattr(m, "address", "10.0.0.1")),
    "transport": ("1", lambda m: setattr(m, "transport", 1)),
    "destination_country": ("DE", lambda m: setattr(m, "destination_country", "DE")),
    "from_host": ("", lambda m: setattr(m, "from_host", "")),
}
RULE: Mapping[str, tuple[Any, Callable[[Any], object]]] = {
    **SHARED,
    "trunk_ids": (["", "ST_in"], lambda m: _list(m.trunk_ids, ["ST_in"])),
    "inbound_numbers": ("", lambda m: m.ClearField("inbound_numbers")),
    "hide_phone_number": (None, lambda m: setattr(m, "hide_phone_number", False)),
    "krisp_enabled": (None, lambda m: setattr(m, "krisp_enabled", False)),
    "room_config": ("", lambda m: m.ClearField("room_config")),
    "room_preset": ("large", lambda m: setattr(m, "room_preset", "large")),
    "attributes": ('{"a": "b"}', lambda m: _map(m.attributes, {"a": "b"})),
}
KIND_FIELDS: Mapping[str, Mapping[str, tuple[Any, Callable[[Any], object]]]] = {
    "direct": {
        "room_name": ("other", lambda m: setattr(m.rule.dispatch_rule_direct, "room_name", "other")),
        "pin": ("", lambda m: setattr(m.rule.dispatch_rule_direct, "pin", "")),
    },
    "individual": {
        "room_prefix": ("", lambda m: setattr(m.rule.dispatch_rule_individual, "room_prefix", "")),
        "no_randomness": (
            None,
            lambda m: setattr(m.rule.dispatch_rule_individual, "no_randomness", False),
        ),
    },
    "callee": {
        "pin": ("1", lambda m: setattr(m.rule.dispatch_rule_callee, "pin", "1")),
        "randomize": (None, lambda m: setattr(m.rule.dispatch_rule_callee, "randomize", False)),
    },
}


def _list(field: Any, values: list[str]) -> None:
    field[:] = values


def _map(field: Any, values: dict[str, str]) -> None:
    field.clear()
    field.update(values)


def _codecs(message: Any, values: list[tuple[str, int]]) -> None:
    message.media.ClearField("codecs")
    for name, rate in values:
        message.media.codecs.add(name=name, rate=rate)


def _inbound(world: World) -> sip.SIPInboundTrunkInfo:
    trunk = filled(sip.SIPInboundTrunkInfo(), **VALUES)
    trunk.sip_trunk_id = "ST_in"
    world.sip.inbound["ST_in"] = trunk
    return trunk


def _outbound(world: World) -> sip.SIPOutboundTrunkInfo:
    trunk = filled(sip.SIPOutboundTrunkInfo(), **VALUES)
    trunk.sip_trunk_id = "ST_out"
    world.sip.outbound["ST_out"] = trunk
    return trunk


def _rule(world: World, kind: str = "direct") -> sip.SIPDispatchRuleInfo:
    _inbound(world)
    rule = filled(sip.SIPDispatchRuleInfo(), **VALUES)
    rule.sip_dispatch_rule_id = "SDR_1"
    rule.rule.Clear()
    filled(getattr(rule.rule, f"dispatch_rule_{kind}"), **VALUES)
    rule.trunk_ids[:] = ["ST_in", "ST_gone"]
    world.sip.rules["SDR_1"] = rule
    return rule


FORMS = {"inbound": InboundTrunkForm, "outbound": OutboundTrunkForm, "rule": RuleForm}
MAKERS: Mapping[str, tuple[Callable[[World], Any], Callable[[World], Any], str]] = {
    "inbound": (_inbound, lambda world: world.sip.inbound["ST_in"], "/sip-inbound/ST_in"),
    "outbound": (_outbound, lambda world: world.sip.outbound["ST_out"], "/sip-outbound/ST_out"),
    "rule": (_rule, lambda world: world.sip.rules["SDR_1"], "/sip-rules/SDR_1"),
}
OBJECTS = pytest.mark.parametrize("kind", MAKERS)
CHANGES = [
    *(("inbound", field, *change) for field, change in INBOUND.items()),
    *(("outbound", field, *change) for field, change in OUTBOUND.items()),
    *(("rule", field, *change) for field, change in RULE.items()),
]


def _copy(message: Any) -> Any:
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


@OBJECTS
def test_everything_is_set(kind: str) -> None:
    assert unset(MAKERS[kind][0](World())) == []


@OBJECTS
def test_the_form_has_every_field(kind: str) -> None:
    """But for what LiveKit sets itself; the three kinds of a rule are tried one by one below."""
    form = FORMS[kind]()
    shown = {".".join(field.path) for field in form if isinstance(field, Placed)}
    message = MAKERS[kind][0](World())
    names = {field.name for field in message.DESCRIPTOR.fields}
    own = {"sip_trunk_id", "sip_dispatch_rule_id", "created_at", "updated_at", "rule", "media"}
    media = {f"media.{field.name}" for field in message.media.DESCRIPTOR.fields}
    assert shown == (names - own) | media


@pytest.mark.parametrize(
    ("kind", "field", "sent", "change"), CHANGES, ids=[f"{kind} {field}" for kind, field, *_ in CHANGES]
)
async def test_one_field_is_edited_and_the_rest_stays(
    kind: str, field: str, sent: Any, change: Callable[[Any], object], client: httpx.AsyncClient, world: World
) -> None:
    make, stored, path = MAKERS[kind]
    wanted = _copy(make(world))
    change(wanted)
    answer = await submit(client, f"{path}/edit", f"{path}/edit", **{field: sent})
    assert answer.status_code == 303, Page(answer.text).main
    assert answer.headers["Location"] == path
    assert stored(world) == wanted


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, fields in KIND_FIELDS.items() for field in fields]
)
async def test_what_only_one_kind_of_rule_has(
    kind: str, field: str, client: httpx.AsyncClient, world: World
) -> None:
    wanted = _copy(_rule(world, kind))
    sent, change = KIND_FIELDS[kind][field]
    change(wanted)
    path = "/sip-rules/SDR_1/edit"
    assert (await submit(client, path, path, **{field: sent})).status_code == 303
    assert world.sip.rules["SDR_1"] == wanted


@pytest.mark.parametrize("before", KINDS)
@pytest.mark.parametrize("after", KINDS)
async def test_another_kind_of_rule(before: str, after: str, client: httpx.AsyncClient, world: World) -> None:
    wanted = _copy(_rule(world, before))
    if before != after:
        rule = getattr(wanted.rule, f"dispatch_rule_{after}")
        rule.pin = "4711"
        setattr(rule, "room_name" if after == "direct" else "room_prefix", "lobby")
    path, room = (
        "/sip-rules/SDR_1/edit",
        {} if before == after else {"room_name": "lobby", "room_prefix": "lobby"},
    )
    answer = await submit(client, path, path, kind=after, **room)
    assert answer.status_code == 303, Page(answer.text).main
    assert world.sip.rules["SDR_1"] == wanted


@OBJECTS
async def test_saving_what_was_not_touched_changes_nothing(
    kind: str, client: httpx.AsyncClient, world: World
) -> None:
    make, stored, path = MAKERS[kind]
    wanted = _copy(make(world))
    for query in ("", "?as=json"):
        answer = await submit(client, f"{path}/edit{query}", f"{path}/edit{query}")
        assert answer.status_code == 303, Page(answer.text).main
        assert stored(world) == wanted


@OBJECTS
async def test_what_is_hardly_set_at_all_stays_so(kind: str, client: httpx.AsyncClient, world: World) -> None:
    """No sub-message comes into being because a form shows its fields."""
    make, stored, path = MAKERS[kind]
    message = make(world)
    for field, _ in message.ListFields():
        if field.name not in ("sip_trunk_id", "sip_dispatch_rule_id", "numbers", "address", "rule"):
            message.ClearField(field.name)
    wanted = _copy(message)
    await submit(client, f"{path}/edit", f"{path}/edit")
    assert stored(world) == wanted


@OBJECTS
async def test_one_field_is_edited_as_json(kind: str, client: httpx.AsyncClient, world: World) -> None:
    make, stored, path = MAKERS[kind]
    wanted = _copy(make(world))
    wanted.name = "Renamed"
    edit = f"{path}/edit?as=json"
    shown = Page((await client.get(edit)).text).value_of("json")
    assert MASK in shown
    assert "the auth_password" not in shown
    text = json.dumps({**json.loads(shown), "name": "Renamed"})
    answer = await submit(client, edit, edit, json=text)
    assert answer.status_code == 303, Page(answer.text).main
    assert stored(world) == wanted


async def test_a_secret_deep_inside_is_masked_and_kept(client: httpx.AsyncClient, world: World) -> None:
    wanted = _copy(_rule(world))
    path = "/sip-rules/SDR_1/edit"
    shown = Page((await client.get(path)).text).value_of("room_config")
    assert MASK in shown
    config = json.loads(shown)
    config["max_participants"] = 3
    wanted.room_config.max_participants = 3
    assert (await submit(client, path, path, room_config=json.dumps(config))).status_code == 303
    assert world.sip.rules["SDR_1"] == wanted


def _three_secrets(world: World) -> None:
    outputs = [{"s3": {"bucket": bucket, "secret": f"of {bucket}"}} for bucket in ("one", "two", "three")]
    world.sip.rules["SDR_1"] = sip.SIPDispatchRuleInfo(
        sip_dispatch_rule_id="SDR_1",
        rule={"dispatch_rule_direct": {"room_name": "a"}},
        room_config={"egress": {"room": {"file_outputs": outputs}}},
    )


@pytest.mark.parametrize("edit", [lambda outputs: outputs.pop(0), lambda outputs: outputs.reverse()])
@pytest.mark.parametrize("field", ["room_config", "json"])
async def test_a_secret_stays_where_it_belongs(
    field: str, edit: Callable[[list[Any]], None], client: httpx.AsyncClient, world: World
) -> None:
    """However the list around it is edited."""
    _three_secrets(world)
    path = "/sip-rules/SDR_1/edit" + ("?as=json" if field == "json" else "")
    shown = json.loads(Page((await client.get(path)).text).value_of(field))
    edit((shown["room_config"] if field == "json" else shown)["egress"]["room"]["file_outputs"])
    assert (await submit(client, path, path, **{field: json.dumps(shown)})).status_code == 303
    stored = world.sip.rules["SDR_1"].room_config.egress.room.file_outputs
    assert len(stored) >= 2
    assert [output.s3.secret for output in stored] == [f"of {output.s3.bucket}" for output in stored]


async def test_a_mask_that_may_hide_another_secret_is_not_taken(
    client: httpx.AsyncClient, world: World
) -> None:
    _three_secrets(world)
    path, edited = "/sip-rules/SDR_1/edit", {"s3": {"bucket": "four", "secret": MASK}}
    config = json.dumps({"egress": {"room": {"file_outputs": [edited]}}})
    answer = await submit(client, path, path, room_config=config)
    assert answer.status_code == 422
    assert "hides nothing that is stored" in Page(answer.text).text
    assert len(world.sip.rules["SDR_1"].room_config.egress.room.file_outputs) == 3


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
async def test_an_emptied_user_name_takes_the_password_along(
    direction: str, client: httpx.AsyncClient, world: World
) -> None:
    make, stored, path = MAKERS[direction]
    make(world)
    await submit(client, f"{path}/edit", f"{path}/edit", auth_username="")
    assert (stored(world).auth_username, stored(world).auth_password) == ("", "")


@OBJECTS
@pytest.mark.parametrize("query", ["", "?as=json"])
async def test_a_change_made_meanwhile_is_noticed(
    query: str, kind: str, client: httpx.AsyncClient, world: World
) -> None:
    make, stored, path = MAKERS[kind]
    make(world)
    edit = f"{path}/edit{query}"
    form = dict(Page((await client.get(edit)).text).form(edit).fields)
    form |= {"json": form["json"].replace("PCMU", "mine", 1)} if query else {"name": "mine"}
    stored(world).name = "theirs"
    refused = await post_form(client, edit, form)
    page = Page(refused.text)
    assert refused.status_code == 409
    assert "Someone else changed this meanwhile" in page.main
    assert stored(world).name == "theirs"
    assert "mine" in page.value_of("json" if query else "name")
    again = dict(page.form(edit).fields)
    assert (await post_form(client, edit, again)).status_code == 303
    assert stored(world).name == "mine"


@OBJECTS
async def test_what_is_gone_meanwhile_is_said_to_be(
    kind: str, client: httpx.AsyncClient, world: World
) -> None:
    _, _, path = MAKERS[kind]
    for answer in (await client.get(f"{path}/edit"), await post_form(client, f"{path}/edit", {"name": "x"})):
        assert answer.status_code == 404
        assert "no longer exists" in Page(answer.text).main
