"""The decoder's verdict is what a real server answers, at the join and at its API."""

import base64
import hmac
import json
import random
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from livekit_dashboard.services.tokens.decoder import NotATokenError, decode
from tests.contract.backends import Backend, started

NOW = int(time.time())
JOIN: dict[str, Any] = {"roomJoin": True, "room": "r1"}
# Twirp calls that each need one grant, with a request that changes nothing.
DOORS = {
    "roomList": ("RoomService/ListRooms", {}),
    "roomAdmin": ("RoomService/ListParticipants", {"room": "%room%"}),
    "roomCreate": ("RoomService/DeleteRoom", {"room": "no such room"}),
    "roomRecord": ("Egress/ListEgress", {}),
    "ingressAdmin": ("Ingress/ListIngress", {}),
    "sip.admin": ("SIP/ListSIPInboundTrunk", {}),
    "sip.call": ("SIP/CreateSIPParticipant", {}),
}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _sign(secret: str, claims: str | bytes, header: str = '{"alg":"HS256","typ":"JWT"}') -> str:
    body = claims.encode("utf-8", "surrogatepass") if isinstance(claims, str) else claims
    signed = f"{_base64(header.encode())}.{_base64(body)}"
    return f"{signed}.{_base64(hmac.digest(secret.encode(), signed.encode(), 'sha256'))}"


def _claims(key: str, changes: Mapping[str, Any]) -> str:
    """As text; `changes` replace or add, None leaves out."""
    standard = {"iss": key, "sub": "ana", "nbf": NOW - 5, "exp": NOW + 600, "video": JOIN}
    return json.dumps({name: value for name, value in {**standard, **changes}.items() if value is not None})


@pytest.fixture(scope="module")
async def real() -> AsyncIterator[Backend]:
    async with started("real") as backend:
        yield backend


async def _accepted(server: Backend, token: str, claims: Mapping[str, Any]) -> bool:
    """Whether the server takes a token for what it is for: joining, or else any call it may have a grant for."""
    status, _ = await server.get("/rtc/validate", access_token=token)
    if status == 200 or any(name.lower() == "roomjoin" and value for name, value in _video(claims).items()):
        return status == 200
    for method, request in DOORS.values():
        room = next((value for name, value in _video(claims).items() if name.lower() == "room"), "")
        asked = {name: room if value == "%room%" else value for name, value in request.items()}
        status, _, _ = await server.post(method, json.dumps(asked), token=token)
        if status != 401:
            return True
    try:
        async with server.http.ws_connect(
            f"{server.url}/agent", headers={"Authorization": f"Bearer {token}"}
        ):
            return True
    except aiohttp.WSServerHandshakeError:
        return False


def _video(claims: Mapping[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name, value in claims.items():
        if name.lower() == "video" and isinstance(value, dict):
            merged |= value
    return merged


# What stands in the claims, beside a good token's.
CHANGES: dict[str, dict[str, Any]] = {
    "good": {},
    "snake_case": {"video": {"room_join": True, "room": "r1"}},
    "snake_case list": {"video": {"room_list": True}},
    "PascalCase": {"video": {"RoomJoin": True, "ROOM": "r1"}},
    "Kelvin sign and long s": {
        "\u017fub": "ana",
        "video": {"roomJoin": True, "room": "r1", "canPubli\u017fh": True},
    },
    "kebab-case": {"video": {"room-join": True, "room": "r1"}},
    "join for roomJoin": {"video": {"room": "r1", "join": True}},
    "flat": {"video": None, "room": "r1", "roomJoin": True},
    "no video": {"video": None},
    "video null beside": {"video": {}},
    "no identity": {"sub": None},
    "empty identity": {"sub": ""},
    "identity in jti": {"sub": None, "jti": "ana"},
    "identity alone": {"sub": None, "identity": "ana"},
    "identity of a wrong type": {"identity": 5},
    "no room": {"video": {"roomJoin": True}},
    "long identity": {"sub": "é" * 129},
    "longest identity": {"sub": "é" * 128},
    "long room": {"video": {"roomJoin": True, "room": "é" * 129}},
    "metadata object": {"metadata": {"role": "host"}},
    "attributes number": {"attributes": {"seat": 4}},
    "attributes null": {"attributes": {"seat": None}},
    "attributes list": {"attributes": []},
    "name number": {"name": 42},
    "room number": {"video": {"roomJoin": True, "room": 42}},
    "roomJoin text": {"video": {"roomJoin": "true", "room": "r1"}},
    "roomJoin number": {"video": {"roomJoin": 1, "room": "r1"}},
    "roomJoin false": {"video": {"roomJoin": False, "room": "r1"}},
    "canPublish null": {"video": {**JOIN, "canPublish": None}},
    "canPublish text": {"video": {**JOIN, "canPublish": "yes"}},
    "sources numbers": {"video": {**JOIN, "canPublishSources": [1, 2]}},
    "sources null inside": {"video": {**JOIN, "canPublishSources": [None]}},
    "sources text": {"video": {**JOIN, "canPublishSources": "camera"}},
    "sources unknown": {"video": {**JOIN, "canPublishSources": ["mic", "camera"]}},
    "video text": {"video": "all"},
    "video list": {"video": []},
    "sip text": {"sip": "admin"},
    "sip number inside": {"sip": {"admin": 1}},
    "kind number": {"kind": 4},
    "kind unknown": {"kind": "robot"},
    "kindDetails text": {"kindDetails": "x"},
    "sha256 number": {"sha256": 3},
    "roomPreset object": {"roomPreset": {}},
    "roomConfig text": {"roomConfig": "big"},
    "roomConfig unknown": {"roomConfig": {"nonsense": 1}},
    "roomConfig snake": {"roomConfig": {"max_participants": 3, "agents": [{"agent_name": "x"}]}},
    "roomConfig agents": {"roomConfig": {"agents": [{"agentName": "", "metadata": '{"a":1}'}]}},
    "roomConfig metadata object": {"roomConfig": {"agents": [{"agentName": "x", "metadata": {"a": 1}}]}},
    "roomConfig attributes": {"roomConfig": {"agents": [{"agentName": "x", "attributes": {"tenant": "7"}}]}},
    "roomConfig attributes number": {"roomConfig": {"agents": [{"agentName": "x", "attributes": {"a": 7}}]}},
    "roomConfig number text": {"roomConfig": {"maxParticipants": "3"}},
    "roomConfig number float": {"roomConfig": {"maxParticipants": 3.0}},
    "roomConfig number half": {"roomConfig": {"maxParticipants": 3.5}},
    "roomConfig negative": {"roomConfig": {"maxParticipants": -1}},
    "roomConfig flag text": {"roomConfig": {"syncStreams": "true"}},
    "roomConfig agents object": {"roomConfig": {"agents": {}}},
    "roomConfig null": {"roomConfig": {"agents": None}},
    "inference text": {"inference": "all"},
    "observability": {"observability": {"write": True}},
    "agent object": {"agent": {"admin": True}},
    "agent flag": {"agent": True},
    "custom claims": {"role": "host", "app": {"a": [1, 2]}},
    "aud number": {"aud": 42},
    "aud text": {"aud": "x"},
    "aud list": {"aud": ["x", "y"]},
    "aud list with number": {"aud": ["x", 1]},
    "jti number": {"jti": 7},
    "sub number": {"sub": 7},
    "iss number": {"iss": 7},
    "iss other": {"iss": "APIother"},
    "iss empty": {"iss": ""},
    "exp text number": {"exp": str(NOW + 600)},
    "exp text": {"exp": "tomorrow"},
    "exp padded text": {"exp": f" {NOW + 600}"},
    "exp fraction": {"exp": NOW + 600.5},
    "exp true": {"exp": True},
    "exp list": {"exp": [1]},
    "exp zero": {"exp": 0},
    "exp negative": {"exp": -1},
    "exp hour": {"exp": 3600},
    "exp milliseconds": {"exp": (NOW + 600) * 1000},
    "exp 1e18": {"exp": 1e18},
    "exp 1e19": {"exp": 1e19},
    "exp 1e300": {"exp": 1e300},
    "exp huge integer": {"exp": 10**400},
    "expired in the leeway": {"exp": NOW - 30},
    "expired": {"exp": NOW - 120},
    "no exp": {"exp": None},
    "no nbf": {"nbf": None},
    "nbf in the leeway": {"nbf": NOW + 30},
    "nbf ahead": {"nbf": NOW + 600},
    "nbf milliseconds": {"nbf": NOW * 1000},
    "nbf -1e300": {"nbf": -1e300},
    "nbf 1e300": {"nbf": 1e300},
    "nbf 9.2e18": {"nbf": 9.2e18},
    "iat ahead": {"iat": NOW + 6000},
    "iat milliseconds": {"iat": NOW * 1000},
    "iat text": {"iat": "now"},
    "list": {"video": {"roomList": True}},
    "create": {"video": {"roomCreate": True}},
    "record": {"video": {"roomRecord": True}},
    "ingress": {"video": {"ingressAdmin": True}},
    "admin": {"video": {"roomAdmin": True, "room": "r1"}},
    "admin of no room": {"video": {"roomAdmin": True}},
    "agent worker": {"video": {"agent": True}},
    "sip admin": {"video": None, "sip": {"admin": True}},
    "sip call": {"video": {}, "sip": {"call": True}},
    "sip nothing": {"video": None, "sip": {"admin": False}},
    "only publish": {"video": {"canPublish": True, "room": "r1"}},
    "only hidden": {"video": {"hidden": True}},
    "only recorder": {"video": {"recorder": True}},
    "destination": {"video": {"destinationRoom": "x"}},
    "webhook": {"video": None, "sub": None, "sha256": "abc="},
    "no identity but list": {"sub": None, "video": {"roomList": True}},
}
# What only raw text can say; %iss% is the key.
RAW: dict[str, str | bytes] = {
    "video twice merges": '{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1"},"video":{"roomJoin":true}}',
    "Video beside video": '{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1"},"Video":{"roomJoin":true}}',
    "video then null": '{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1","roomJoin":true},"video":null}',
    "sub twice": '{"iss":"%iss%","sub":"ana","sub":"","exp":%exp%,"video":{"room":"r1","roomJoin":true}}',
    "sub then null": '{"iss":"%iss%","sub":"ana","sub":null,"exp":%exp%,"video":{"room":"r1","roomJoin":true}}',
    "ISS": '{"ISS":"%iss%","SUB":"ana","EXP":%exp%,"VIDEO":{"ROOM":"r1","ROOMJOIN":true}}',
    "white space": ' {\n "iss" : "%iss%" , "sub":"ana","exp":%exp%,\t"video":{"room":"r1","roomJoin":true}}\n',
    "trailing comma": '{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1","roomJoin":true},}',
    "NaN": '{"iss":"%iss%","sub":"ana","exp":NaN,"video":{"room":"r1","roomJoin":true}}',
    "leading zero": '{"iss":"%iss%","sub":"ana","exp":0%exp%,"video":{"room":"r1","roomJoin":true}}',
    "exponent": '{"iss":"%iss%","sub":"ana","exp":9e9,"video":{"room":"r1","roomJoin":true}}',
    "overflow": '{"iss":"%iss%","sub":"ana","exp":1e999,"video":{"room":"r1","roomJoin":true}}',
    "byte order mark": '\ufeff{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1","roomJoin":true}}',
    "half a pair": '{"iss":"%iss%","sub":"\\ud800","exp":%exp%,"video":{"room":"r1","roomJoin":true}}',
    "not UTF-8": b'{"iss":"%iss%","sub":"\xff\xfe","exp":%exp%,"video":{"room":"r1","roomJoin":true}}',
    "control character": '{"iss":"%iss%","sub":"a\nb","exp":%exp%,"video":{"room":"r1","roomJoin":true}}',
    "two objects": '{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1","roomJoin":true}}{}',
    "roomConfig twice inside": '{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1","roomJoin":true},'
    '"roomConfig":{"metadata":"a","metadata":"b"}}',
    "roomConfig both spellings": '{"iss":"%iss%","sub":"ana","exp":%exp%,"video":{"room":"r1","roomJoin":true},'
    '"roomConfig":{"maxParticipants":1,"max_participants":2}}',
}
HEADERS = {
    "no typ": '{"alg":"HS256"}',
    "odd typ": '{"alg":"HS256","typ":5,"kid":"x","crit":["x"]}',
    "alg twice": '{"alg":"none","alg":"HS256"}',
    "ALG": '{"ALG":"HS256"}',
    "lower case": '{"alg":"hs256"}',
    "none": '{"alg":"none"}',
    "HS384": '{"alg":"HS384"}',
    "RS256": '{"alg":"RS256"}',
    "number": '{"alg":256}',
    "white space": '{ "alg" : "HS256" }',
}


def _verdict(server: Backend, token: str) -> tuple[bool, str]:
    try:
        decoded = decode(token, server.key, server.secret)
    except NotATokenError as error:
        return False, str(error)
    return decoded.verdict.accepted, decoded.verdict.answer


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
async def test_claims(changes: dict[str, Any], real: Backend) -> None:
    text = _claims(real.key, changes)
    token = _sign(real.secret, text)
    accepted, answer = _verdict(real, token)
    assert accepted == await _accepted(real, token, json.loads(text)), answer


@pytest.mark.parametrize("claims", RAW.values(), ids=RAW)
async def test_spellings(claims: str | bytes, real: Backend) -> None:
    raw = claims.encode() if isinstance(claims, str) else claims
    raw = raw.replace(b"%iss%", real.key.encode()).replace(b"%exp%", str(NOW + 600).encode())
    token = _sign(real.secret, raw)
    accepted, answer = _verdict(real, token)
    assert accepted == await _accepted(real, token, {"video": JOIN}), answer


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
async def test_headers(header: str, real: Backend) -> None:
    token = _sign(real.secret, _claims(real.key, {}), header)
    accepted, answer = _verdict(real, token)
    assert accepted == await _accepted(real, token, {"video": JOIN}), answer


@pytest.mark.parametrize(
    ("name", "change"),
    {
        "signature cut off": lambda token: token[:-1],
        "signature of another secret": lambda token: token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        "no signature": lambda token: token.rpartition(".")[0] + ".",
        "padding": lambda token: token + "=",
        "four parts": lambda token: token + ".x",
        "two parts": lambda token: token.rpartition(".")[0],
        "plus in the signature": lambda token: token[:-1] + "+",
    }.items(),
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_damage(name: str, change: Any, real: Backend) -> None:
    token = change(_sign(real.secret, _claims(real.key, {})))
    accepted = _verdict(real, token)[0]
    status, _ = await real.get("/rtc/validate", access_token=token)
    # The decoder finds a token in a text, so what is stuck to its end is not part of it.
    if name not in ("padding", "four parts"):
        assert accepted == (status == 200)


async def test_the_answer_is_the_servers_own(real: Backend) -> None:
    """Where the server answers in words, the decoder has the same ones."""
    for changes in CHANGES.values():
        token = _sign(real.secret, _claims(real.key, changes))
        accepted, answer = _verdict(real, token)
        status, words = await real.get("/rtc/validate", access_token=token)
        if not accepted and "permissions denied" not in answer:
            said, _, rest = answer.partition(" ")
            assert int(said) == status
            assert all(part.strip() in words for part in rest.split(":")), (answer, words)


def _random_claims(chance: random.Random, key: str) -> dict[str, Any]:
    odd: list[Any] = [
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        "",
        "x",
        "true",
        [],
        ["x"],
        [1],
        {},
        {"a": "b"},
        {"a": 1},
    ]
    names = [
        "sub",
        "name",
        "metadata",
        "attributes",
        "kind",
        "aud",
        "jti",
        "exp",
        "nbf",
        "iat",
        "sip",
        "roomConfig",
        "sha256",
    ]
    claims: dict[str, Any] = {"iss": key, "sub": "ana", "exp": NOW + 600, "video": dict(JOIN)}
    for _ in range(chance.randint(0, 2)):
        claims[_spelled(chance, chance.choice(names))] = chance.choice(odd)
    for _ in range(chance.randint(0, 2)):
        grants = [
            "roomJoin",
            "room",
            "canPublish",
            "canPublishSources",
            "roomList",
            "hidden",
            "agent",
            "roomAdmin",
        ]
        claims["video"][_spelled(chance, chance.choice(grants))] = chance.choice(odd)
    return claims


def _spelled(chance: random.Random, name: str) -> str:
    snake = "".join(f"_{char.lower()}" if char.isupper() else char for char in name)
    return chance.choice([name, name, name.upper(), name.capitalize(), snake])


async def test_random_claims(real: Backend) -> None:
    chance = random.Random(20260731)
    verdicts = {True: 0, False: 0}
    for _ in range(400):
        text = json.dumps(_random_claims(chance, real.key))
        token = _sign(real.secret, text)
        accepted, answer = _verdict(real, token)
        status, words = await real.get("/rtc/validate", access_token=token)
        if status == 200:
            assert accepted, (text, answer)
        elif "permissions denied" not in words:
            assert not accepted, (text, words)
        verdicts[accepted] += 1
    assert min(verdicts.values()) > 40
