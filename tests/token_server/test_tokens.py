"""Tokens are, byte for byte, those that LiveKit's own SDK makes."""

import datetime
import random
import re
import string
import time
from typing import Any

import pytest
from livekit import api
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomConfiguration

from livekit_dashboard.token_server.models import TokenRequest
from livekit_dashboard.token_server.policy import Policy, matcher
from livekit_dashboard.token_server.tokens import Grants, Signer
from tests.token_server.served import API_KEY, API_SECRET

ALPHABET = string.printable + 'äß€𝄞"\\/\u2028\x00\x7f'
SOURCES = ("camera", "microphone", "screen_share", "screen_share_audio")


def text(chance: random.Random, longest: int = 40) -> str:
    return "".join(chance.choices(ALPHABET, k=chance.randint(1, longest)))


def maybe(chance: random.Random, make: Any) -> Any:
    return make() if chance.random() < 0.6 else None


def of_sdk(request: TokenRequest, room: str, identity: str, policy: Policy, ttl: int) -> str:
    """The same token by LiveKit's SDK."""
    token = api.AccessToken(API_KEY, API_SECRET).with_identity(identity)
    token = token.with_ttl(datetime.timedelta(seconds=ttl)).with_grants(
        api.VideoGrants(
            room_join=True,
            room=room,
            can_publish=policy.publish,
            can_subscribe=policy.subscribe,
            can_publish_data=policy.data,
            can_publish_sources=list(policy.sources) or None,
            can_update_own_metadata=policy.update_own_metadata or None,
        )
    )
    token = token.with_name(request.participant_name or "").with_metadata(request.metadata or "")
    if request.participant_attributes:
        token.with_attributes(request.participant_attributes)
    if request.room_config and request.room_config.agents:
        token.with_room_config(
            RoomConfiguration(
                agents=[
                    RoomAgentDispatch(
                        agent_name=agent.agent_name or "",
                        metadata=agent.metadata or "",
                        deployment=agent.deployment or "",
                        attributes=agent.attributes or {},
                    )
                    for agent in request.room_config.agents
                ]
            )
        )
    return token.to_jwt()


@pytest.mark.parametrize("seed", range(300))
def test_the_same_bytes_as_the_sdk(seed: int) -> None:
    chance = random.Random(seed)

    def agent() -> dict[str, Any]:
        return {
            "agent_name": maybe(chance, lambda: text(chance)),
            "metadata": maybe(chance, lambda: text(chance)),
            "deployment": maybe(chance, lambda: text(chance)),
            # One: the SDK writes several in no order.
            "attributes": maybe(chance, lambda: {text(chance): text(chance)}),
        }

    request = TokenRequest.model_validate(
        {
            "participant_name": maybe(chance, lambda: text(chance)),
            "metadata": maybe(chance, lambda: text(chance, 400)),
            "participant_attributes": maybe(
                chance, lambda: {text(chance): text(chance) for _ in range(chance.randint(0, 4))}
            ),
            "room_config": maybe(chance, lambda: {"agents": [agent() for _ in range(chance.randint(0, 3))]}),
        }
    )
    policy = Policy(
        publish=chance.random() < 0.5,
        subscribe=chance.random() < 0.5,
        data=chance.random() < 0.5,
        sources=tuple(chance.sample(SOURCES, chance.randint(0, 4))),
        update_own_metadata=chance.random() < 0.5,
    )
    room, identity = text(chance), text(chance)
    hours = chance.choice([0.01, 0.25, 6, 24])
    signer = Signer(API_KEY, API_SECRET)
    # The SDK reads the clock itself: ask both within one second.
    for _ in range(10):
        second = int(time.time())
        ours, expires = signer.sign(request, room, identity, Grants.of(policy, hours))
        theirs = of_sdk(request, room, identity, policy, round(hours * 3600))
        if int(time.time()) == second:
            break
    assert ours == theirs
    assert expires == second + round(hours * 3600)
    assert api.TokenVerifier(API_KEY, API_SECRET).verify(ours).identity == identity


@pytest.mark.parametrize(
    ("expiry", "longest", "seconds"), [(24, None, 86400), (24, 1, 3600), (1, 24, 3600), (0.00001, None, 1)]
)
def test_the_shorter_validity_wins(expiry: float, longest: float | None, seconds: int) -> None:
    assert Grants.of(Policy(max_expiry_hours=longest), expiry).ttl == seconds


@pytest.mark.parametrize(
    ("patterns", "name", "matches"),
    [
        (["*"], "anything", True),
        ([], "anything", False),
        (["appointment-*"], "appointment-1", True),
        (["appointment-*"], "my-appointment-1", False),
        (["appointment-*"], "Appointment-1", False),
        (["a", "b"], "b", True),
        (["a", "b"], "ab", False),
        (["a"], "a\n", False),
        (["room-?"], "room-1", True),
        (["room-?"], "room-12", False),
        (["room-[0-9]"], "room-x", False),
        (["a|*"], "b", False),
        (["a", "b?", "c*"], "a", True),
        (["a", "b?", "c*"], "bb", True),
        (["a", "b?", "c*"], "b", False),
        (["a]"], "a]", True),
        (["a["], "a[", True),
    ],
)
def test_patterns(patterns: list[str], name: str, matches: bool) -> None:
    assert bool(matcher(patterns)(name)) is matches


def test_names_are_not_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(re, "compile")
    assert matcher(f"room-{number}" for number in range(10_000))("room-9999")
