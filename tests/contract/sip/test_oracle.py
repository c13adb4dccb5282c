"""The match explainer agrees with LiveKit's own functions, on random trunks, rules and calls.

`SIP_ORACLE_CASES=200000` compares more than the usual number, `SIP_ORACLE_SEED` others.
"""

import os
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from typing import Any, get_args

import pytest
from google.protobuf.message import Message

from livekit_dashboard.services.sip.match import Call, explain
from livekit_dashboard.services.sip.match.call import FailureKind
from livekit_dashboard.services.sip.match.explain import Result
from tests.contract.sip_cases import worlds
from tests.contract.sip_oracle import Ask, World, differences, sip_oracle

CASES = int(os.environ.get("SIP_ORACLE_CASES", "12000"))
SEED = int(os.environ.get("SIP_ORACLE_SEED", "4"))


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    with sip_oracle() as ask:
        yield ask


def test_explanations_agree_with_livekit(ask: Ask) -> None:
    reached: Counter[str] = Counter()
    for world, calls in worlds(SEED):
        for call, answer in zip(calls, ask(world, calls), strict=True):
            mine = explain(world.trunks, world.rules, call)
            if differences(mine, answer):
                pytest.fail(told(*smallest(ask, world, call), ask))
            reached.update([mine.result, *([mine.failure.kind] if mine.failure else [])])
        if sum(reached[result] for result in get_args(Result)) >= CASES:
            break
    # A generator that never gets somewhere proves nothing about it.
    rare = {kind: reached[kind] for kind in (*get_args(Result), *get_args(FailureKind)) if reached[kind] < 40}
    assert not rare, reached
    print(dict(reached))


def disagree(ask: Ask, world: World, call: Call) -> bool:
    [answer] = ask(world, [call])
    return bool(differences(explain(world.trunks, world.rules, call), answer))


def smallest(ask: Ask, world: World, call: Call) -> tuple[World, Call]:
    """Takes away what the disagreement does not need, until nothing is left to take."""
    for fewer, simpler in reductions(world, call):
        if disagree(ask, fewer, simpler):
            return smallest(ask, fewer, simpler)
    return world, call


def reductions(world: World, call: Call) -> Iterator[tuple[World, Call]]:
    for i, _ in enumerate(world.trunks):
        yield World(world.trunks[:i] + world.trunks[i + 1 :], world.rules), call
    for i, _ in enumerate(world.rules):
        yield World(world.trunks, world.rules[:i] + world.rules[i + 1 :]), call
    for i, trunk in enumerate(world.trunks):
        for less in simplified(trunk):
            yield World((*world.trunks[:i], less, *world.trunks[i + 1 :]), world.rules), call
    for i, rule in enumerate(world.rules):
        for less in simplified(rule):
            yield World(world.trunks, (*world.rules[:i], less, *world.rules[i + 1 :])), call
    for field, plain in {"source_address": "", "from_host": "", "pin": None}.items():
        if getattr(call, field) != plain:
            yield world, replace(call, **{field: plain})


def simplified(message: Any) -> Iterator[Any]:
    """The message without one of its fields, or without one entry of a list."""
    for field, value in message.ListFields():
        if field.name.endswith("_id"):
            continue
        less = deepcopy(message)
        less.ClearField(field.name)
        yield less
        if field.is_repeated and not field.message_type:
            for i, _ in enumerate(value):
                less = deepcopy(message)
                del getattr(less, field.name)[i]
                yield less


def told(world: World, call: Call, ask: Ask) -> str:
    messages: tuple[Message, ...] = (*world.trunks, *world.rules)
    [answer] = ask(world, [call])
    found = differences(explain(world.trunks, world.rules, call), answer)
    lines = [f"{key}: ours {mine!r}, LiveKit's {theirs!r}" for key, (mine, theirs) in found.items()]
    return "\n".join(["The smallest case that disagrees:", *map(str, messages), repr(call), *lines])
