"""Random trunks, rules and calls in which a little is nearly right: few numbers in many spellings, and every trap."""

import random
from collections.abc import Iterator, Sequence

from google.protobuf.duration_pb2 import Duration
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from livekit_dashboard.services.sip.match import Call
from livekit_dashboard.services.sip.match.rules import first_fault
from tests.contract.sip_oracle import World

NUMBERS = ["+15550100", "+15550101", "+15557777"]
SPELLINGS = ["{0}", "{0}", "{0}", "{1}", "+1 ({2}", "1-{2}", "({1})", "00{1}", "{1}#", "1.{2}", "{1}\n"]
ODD_NUMBERS = [
    "",
    "",
    "anonymous",
    "alice",
    "*",
    "+",
    "-",
    "( )",
    "12",
    "1234",
    "٣٤",
    "zoë",
    "abc€",
    "+1555*",
]
SOURCES = [
    "10.0.0.5",
    "10.0.0.5",
    "10.0.0.5",
    "10.200.0.1",
    "192.168.1.1",
    "",
    "2001:db8::1",
    "::ffff:10.0.0.5",
]
ODD_SOURCES = [
    "fe80::1%eth0",
    "fe80::1",
    "fe80::1%",
    "10.0.0.05",
    "10.0.0",
    "::1%a%b",
    "::ffff:1.2.3.4%x",
    "host",
    " ",
]
HOSTS = ["", "sip.example.com", "sip.example.com", "10.0.0.5", "SIP.example.com"]
ENTRIES = [
    "10.0.0.5",
    "10.0.0.0/8",
    "10.1.2.3/8",
    "sip.example.com",
    "192.168.1.0/24",
    "2001:db8::/32",
    "0.0.0.0/0",
]
ODD_ENTRIES = [
    *(
        "",
        "::/0",
        "10.0.0.0/255.0.0.0",
        "10.0.0.0/08",
        "10.0.0.5/33",
        "10.0.0.5/32/1",
        "10.0.0.5/",
        "10.0.0.5/+8",
    ),
    *("::ffff:0:0/96", "::ffff:10.0.0.0/104", "[::1]", "[2001:db8::]/32", "10.0.0.5:5060", "sip:10.0.0.5"),
    *(
        "10.0.0.5, 10.0.0.6",
        "10.0.0.5;transport=udp",
        "https://x",
        "*",
        "(10.0.0.5)",
        "fe80::1%eth0",
        "fe80::/10",
    ),
    *(
        "fe80::1%eth0/64",
        "2001:db8::1/129",
        "/8",
        "0.0.0.0/00",
        "10.0.0.5\xa0",
        "::10.0.0.5",
        "1:2:3:4:5:6:7::",
    ),
]
PINS = ["1", "2", "1234"]
TRUNKS: list[list[str]] = [[], [], [], ["ST_0"], ["ST_0"], ["ST_0", "ST_1"], ["ST_1"]]
ODD_TRUNKS = [["ST_9"], ["ST_0", "ST_0"], [""], ["ST_0", "ST_9"]]
ROOMS = ["", "support", "sales", "call"]


def worlds(seed: int) -> Iterator[tuple[World, list[Call]]]:
    """Endless; each with eight calls."""
    rng = random.Random(seed)
    while True:
        trunks = tuple(_trunk(rng, f"ST_{i}") for i in range(rng.choice([0, 1, 1, 2, 2, 3, 4])))
        rules = [_rule(rng, f"SDR_{i}") for i in range(rng.choice([0, 1, 2, 3, 4, 6]))]
        if rng.random() < 0.8:
            rules = _at_peace(rules)
        rng.shuffle(rules)
        world = World(trunks, tuple(rules))
        yield world, [_call(rng, world) for _ in range(8)]


def _at_peace(rules: Sequence[SIPDispatchRuleInfo]) -> list[SIPDispatchRuleInfo]:
    """Without the rules that would fail most calls, so that enough calls get further."""
    kept: list[SIPDispatchRuleInfo] = []
    for rule in rules:
        if first_fault([*kept, rule]) is None:
            kept.append(rule)
    return kept


def _call(rng: random.Random, world: World) -> Call:
    """Often with numbers that something in the world lists."""
    called = [number for item in (*world.trunks, *world.rules) for number in item.numbers]
    calling = [number for trunk in world.trunks for number in trunk.allowed_numbers]
    calling += [number for rule in world.rules for number in rule.inbound_numbers]
    return Call(
        calling=rng.choice(calling) if calling and rng.random() < 0.5 else _number(rng),
        called=rng.choice(called) if called and rng.random() < 0.5 else _number(rng),
        source_address=_one(rng, SOURCES, ODD_SOURCES),
        from_host=rng.choice(HOSTS),
        pin=rng.choice([None, None, "", *PINS, "9"]),
    )


def _trunk(rng: random.Random, number: str) -> SIPInboundTrunkInfo:
    trunk = SIPInboundTrunkInfo(sip_trunk_id=number, name=rng.choice(["", "Main"]))
    trunk.numbers.extend(_numbers(rng, rng.choice([0, 1, 1, 2])))
    trunk.allowed_numbers.extend(_numbers(rng, rng.choice([0, 0, 0, 1, 3])))
    trunk.allowed_addresses.extend(
        _mutated(rng, _one(rng, ENTRIES, ODD_ENTRIES)) for _ in range(rng.choice([0, 0, 1, 2, 3]))
    )
    trunk.auth_username, trunk.auth_password = rng.choice(["", "user"]), rng.choice(["", "secret"])
    trunk.headers.update(rng.choice([{}, {"X-A": "1"}]))
    trunk.headers_to_attributes.update(rng.choice([{}, {"X-B": "b"}]))
    trunk.attributes_to_headers.update(rng.choice([{}, {"c": "X-C"}]))
    trunk.include_headers = rng.randrange(3)  # type: ignore[assignment]  # Enums are numbers.
    if rng.random() < 0.3:
        trunk.ringing_timeout.CopyFrom(
            Duration(seconds=rng.randrange(60), nanos=rng.choice([0, 500_000_000]))
        )
    if rng.random() < 0.3:
        trunk.max_call_duration.CopyFrom(Duration(seconds=rng.randrange(3600)))
    trunk.krisp_enabled = rng.random() < 0.3
    _media(rng, trunk)
    return trunk


def _rule(rng: random.Random, number: str) -> SIPDispatchRuleInfo:
    rule = SIPDispatchRuleInfo(sip_dispatch_rule_id=number, name=rng.choice(["", "Desk"]))
    pin = rng.choice(["", *PINS])
    kind = rng.choice(["direct", "individual", "callee"]) if rng.random() < 0.98 else ""
    if kind == "direct":
        rule.rule.dispatch_rule_direct.room_name = rng.choice(ROOMS)
        rule.rule.dispatch_rule_direct.pin = pin
    elif kind == "individual":
        rule.rule.dispatch_rule_individual.room_prefix = rng.choice(ROOMS)
        rule.rule.dispatch_rule_individual.pin = pin
        rule.rule.dispatch_rule_individual.no_randomness = rng.random() < 0.5
    elif kind == "callee":
        rule.rule.dispatch_rule_callee.room_prefix = rng.choice(ROOMS)
        rule.rule.dispatch_rule_callee.pin = pin
        rule.rule.dispatch_rule_callee.randomize = rng.random() < 0.5
    elif rng.random() < 0.5:
        rule.rule.SetInParent()
    rule.trunk_ids.extend(rng.choice(TRUNKS if rng.random() < 0.9 else ODD_TRUNKS))
    rule.inbound_numbers.extend(_numbers(rng, rng.choice([0, 0, 0, 0, 0, 0, 1, 3])))
    rule.numbers.extend(_numbers(rng, rng.choice([0, 0, 0, 0, 0, 0, 1, 3])))
    rule.hide_phone_number = rng.random() < 0.4
    rule.metadata = rng.choice(["", "{}"])
    rule.attributes.update(rng.choice([{}, {"a": "b"}, {"sip.phoneNumber": "mine", "sip.ruleID": "mine"}]))
    rule.room_preset = rng.choice(["", "preset"])
    if rng.random() < 0.3:
        rule.room_config.max_participants = rng.randrange(3)
        rule.room_config.tags["team"] = "a"
        for _ in range(rng.randrange(3)):
            rule.room_config.agents.add(agent_name="greeter", metadata=rng.choice(["", "{}"]))
    rule.krisp_enabled = rng.random() < 0.3
    _media(rng, rule)
    return rule


def _media(rng: random.Random, item: SIPInboundTrunkInfo | SIPDispatchRuleInfo) -> None:
    item.media_encryption = rng.randrange(3)  # type: ignore[assignment]
    if rng.random() < 0.4:
        return
    item.media.SetInParent()
    item.media.only_listed_codecs = rng.random() < 0.5
    for name in rng.choice([[], [], ["PCMU"], ["opus", "G722"]]):
        item.media.codecs.add(name=name, rate=rng.choice([0, 8000]))
    if rng.random() < 0.5:
        item.media.encryption = rng.randrange(3)  # type: ignore[assignment]
    if rng.random() < 0.5:
        item.media.media_timeout.CopyFrom(Duration(seconds=rng.randrange(3)))


def _numbers(rng: random.Random, count: int) -> list[str]:
    return [_number(rng) for _ in range(count)]


def _number(rng: random.Random) -> str:
    number = rng.choice(NUMBERS)
    spelling = rng.choice(SPELLINGS).format(number, number[1:], number[2:])
    return spelling if rng.random() < 0.9 else rng.choice(ODD_NUMBERS)


def _one(rng: random.Random, usual: Sequence[str], odd: Sequence[str]) -> str:
    return rng.choice(usual if rng.random() < 0.93 else odd)


def _mutated(rng: random.Random, text: str) -> str:
    """Now and then one character more or less, for what the parsers of Python and Go make of it."""
    if rng.random() > 0.05:
        return text
    place = rng.randrange(len(text) + 1)
    return text[:place] + rng.choice(["", *"0123456789af:./%[] "]) + text[place + rng.randrange(2) :]
