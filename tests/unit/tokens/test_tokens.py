"""Tokens, and the command and the code that make the same ones."""

import json
from typing import Any

import jwt
import pytest

from livekit_dashboard.config import Settings
from livekit_dashboard.services.snippets.snippets import lk_token, python_token
from livekit_dashboard.services.tokens.tokens import DEFAULT_YES, GRANT_NAMES, TokenRequest, Tokens
from tests.dashboard import FixedSettings
from tests.routes.site import HOSTILE
from tests.shell import words

KEY, SECRET = "APIkey", "a-secret-that-is-long-enough-for-hs256"
JOIN = frozenset({"room_join", *DEFAULT_YES})
REQUESTS = {
    "plain": TokenRequest("ana", "standup", 60, grants=JOIN),
    "nothing": TokenRequest("", "", 1),
    "every grant": TokenRequest("ana", "standup", 60, grants=frozenset(GRANT_NAMES)),
    "everything": TokenRequest(
        identity="ana",
        room="stand-up",
        ttl=90,
        name="Ana 🎧",
        metadata='{"a": "it\'s"}\nline',
        attributes={"role": "host, guest", "it's": '"'},
        grants=frozenset({"room_join", "can_subscribe", "agent"}),
        sources=("camera", "screen_share_audio"),
        destination_room="lobby",
        sip_admin=True,
        kind="agent",
        room_preset="big",
        room_config={"agents": [{"agent_name": "notes", "metadata": "it's"}]},
    ),
}
HOSTILE_REQUESTS = {
    word: TokenRequest(name, name, 60, name=name, metadata=name, attributes={f"k{name}": name}, grants=JOIN)
    for word, name in HOSTILE.items()
    if name
}
ALL = REQUESTS | HOSTILE_REQUESTS


@pytest.fixture
def settings() -> Settings:
    return FixedSettings(
        livekit_url="http://127.0.0.1:7880",
        livekit_api_key=KEY,
        livekit_api_secret=SECRET,
        admin_username="admin",
        admin_password="password",
    )


def _timeless(token: str) -> dict[str, Any]:
    claims = jwt.decode(token, SECRET, ["HS256"], issuer=KEY)
    claims["ttl"] = claims.pop("exp") - claims.pop("nbf")
    return claims


@pytest.mark.parametrize("wanted", ALL.values(), ids=ALL)
def test_a_token_says_what_was_wanted(wanted: TokenRequest, settings: Settings) -> None:
    claims = _timeless(Tokens(settings).mint(wanted).jwt)
    assert claims.get("sub", "") == wanted.identity
    assert claims.get("metadata", "") == wanted.metadata
    assert claims.get("attributes", {}) == (wanted.attributes or {})
    assert claims["video"].get("room", "") == wanted.room
    assert claims["ttl"] == wanted.ttl
    given = {name for name in GRANT_NAMES if claims["video"].get(_camel(name))}
    assert given == wanted.grants


@pytest.mark.parametrize("wanted", ALL.values(), ids=ALL)
def test_the_python_makes_the_same_token(
    wanted: TokenRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVEKIT_API_KEY", KEY)
    monkeypatch.setenv("LIVEKIT_API_SECRET", SECRET)
    code = python_token(wanted)
    names: dict[str, Any] = {}
    exec(compile(code, "snippet", "exec"), names)
    theirs, ours = _timeless(names["token"]), _timeless(Tokens(settings).mint(wanted).jwt)
    # Where a text is empty we say so and the snippet leaves it out, which means the same.
    assert _said(theirs) == _said(ours)
    assert SECRET not in code


@pytest.mark.parametrize("wanted", ALL.values(), ids=ALL)
def test_the_command_says_the_same(wanted: TokenRequest) -> None:
    said = words(lk_token(wanted))
    assert said[:3] == ["lk", "token", "create"]
    values = {
        flag: said[said.index(flag) + 1]
        for flag in ("--room", "--identity", "--name", "--metadata")
        if flag in said
    }
    assert values.get("--room", "") == wanted.room
    assert values.get("--identity", "") == wanted.identity
    assert values.get("--name", "") == wanted.name
    assert values.get("--metadata", "") == wanted.metadata
    assert said[said.index("--valid-for") + 1] == f"{wanted.ttl}s"
    assert ("--join" in said) == ("room_join" in wanted.grants)
    rest = json.loads(said[said.index("--grant") + 1]) if "--grant" in said else {}
    assert rest.get("canPublishSources", []) == list(wanted.sources)
    assert rest.get("destinationRoom", "") == wanted.destination_room
    for name in DEFAULT_YES:
        assert rest.get(_camel(name), True) == (name in wanted.grants)


def test_the_command_owns_up_to_what_lk_can_not_do() -> None:
    comment = lk_token(REQUESTS["everything"]).splitlines()[0]
    assert comment.startswith("# ")
    for word in ("kind", "SIP", "preset", "configuration", "attributes with commas"):
        assert word in comment
    assert lk_token(REQUESTS["plain"]).startswith("lk token create")


@pytest.mark.parametrize("wanted", REQUESTS.values(), ids=REQUESTS)
def test_a_token_of_ours_is_recognised(wanted: TokenRequest, settings: Settings) -> None:
    tokens = Tokens(settings)
    decoded = tokens.decode(tokens.mint(wanted).jwt)
    assert decoded.signed_by_us
    opens = wanted.grants - DEFAULT_YES or wanted.sip_admin
    assert decoded.verdict.accepted == bool(opens), decoded.verdict
    assert decoded.expires is not None
    assert ("Join the room" in decoded.may) == ("room_join" in wanted.grants)


def test_what_is_not_said_follows_from_the_right_to_join(settings: Settings) -> None:
    def may(video: dict[str, object]) -> set[str]:
        token = jwt.encode({"iss": KEY, "exp": 2**32, "video": video}, SECRET, "HS256")
        return set(Tokens(settings).decode(token).may)

    assert may({"roomJoin": True}) == {"Join the room", "Publish tracks", "Subscribe to tracks", "Send data"}
    assert may({"roomJoin": True, "canPublish": False}) == {"Join the room", "Subscribe to tracks"}
    assert may({"roomJoin": True, "canPublish": False, "canPublishData": True}) == {
        "Join the room",
        "Subscribe to tracks",
        "Send data",
    }
    assert may({"roomList": True}) == {"List rooms"}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _said(claims: dict[str, Any]) -> dict[str, Any]:
    video = {name: value for name, value in claims["video"].items() if value != ""}
    return {name: value for name, value in claims.items() if value not in ("", None)} | {"video": video}
