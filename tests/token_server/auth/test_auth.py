"""Who gets a token, and which."""

import hashlib

import httpx
import pytest

from tests.token_server.callers import claims, said
from tests.token_server.served import ASK, KEY, OTHER_KEY, bearer, served

HASHED = {"sha256": hashlib.sha256(OTHER_KEY.encode()).hexdigest()}


@pytest.mark.parametrize(
    "headers",
    [
        bearer(KEY),
        {"Authorization": f"bearer   {KEY}"},
        {"X-API-Key": KEY},
        {"X-API-Key": KEY, "Authorization": "Basic dTpw"},
        bearer(OTHER_KEY),
    ],
    ids=["bearer", "lower case", "x-api-key", "beside a proxy's log-in", "hashed"],
)
async def test_a_key_lets_in(headers: dict[str, str]) -> None:
    async with served(token_server_keys={"web": {"key": KEY}, "app": HASHED}) as client:
        assert said(await client.post("/token", json=ASK, headers=headers)) == (200, "")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearer("x"),
        bearer(KEY[:-1]),
        bearer(HASHED["sha256"]),
        {"Authorization": "Bearer"},
        {"Authorization": f"Basic {KEY}"},
        {"Authorization": KEY},
        {"X-API-Key": ""},
        {"X-API-Key": "x", "Authorization": "Basic dTpw"},
        {"X-API-Key": KEY, **bearer("x")},
        bearer("a.b.c"),
    ],
)
async def test_nothing_else_does(headers: dict[str, str]) -> None:
    async with served(token_server_keys={"web": {"key": KEY}, "app": HASHED}) as client:
        answer = await client.post("/token", json=ASK, headers=headers)
        assert said(answer) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert (await client.get("/health")).status_code == 200


async def test_each_key_has_its_policy() -> None:
    keys = {
        "viewers": {
            "key": KEY,
            "rooms": ["stage-*", "lobby"],
            "publish": False,
            "data": False,
            "agents": ["greeter"],
            "max_expiry_hours": 0.5,
        },
        "speakers": {**HASHED, "sources": ["microphone"], "update_own_metadata": True, "agents": []},
    }
    async with served(token_server_keys=keys) as client:

        async def ask(key: str, room: str, *agents: str) -> httpx.Response:
            config = {"agents": [{"agent_name": name} for name in agents]}
            body = {**ASK, "room_name": room, "room_config": config}
            return await client.post("/token", json=body, headers=bearer(key))

        token = claims(await ask(KEY, "stage-1", "greeter"))
        video = token["video"]
        assert (video["canPublish"], video["canSubscribe"], video["canPublishData"]) == (False, True, False)
        assert token["exp"] - token["nbf"] == 1800
        assert said(await ask(KEY, "lobby")) == (200, "")
        assert said(await ask(KEY, "backstage-1")) == (403, "room_not_allowed")
        assert said(await ask(KEY, "stage-1", "greeter", "spy")) == (403, "agent_not_allowed")
        video = claims(await ask(OTHER_KEY, "backstage-1"))["video"]
        assert video["canPublishSources"] == ["microphone"]
        assert video["canUpdateOwnMetadata"] is True
        assert said(await ask(OTHER_KEY, "x", "greeter")) == (403, "agent_not_allowed")


async def test_no_grant_but_to_join(client: httpx.AsyncClient) -> None:
    token = claims(await client.post("/token", json=ASK))
    allowed = {"roomJoin", "room", "canPublish", "canSubscribe", "canPublishData"}
    assert set(token["video"]) == allowed
    assert "sip" not in token
    assert "kind" not in token


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-For", "203.0.113.7"),
        ("X-Forwarded-For", "::1, x"),
        # It may be what a client behind two proxies made up.
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Forwarded-Proto", "https"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Client-IP", "203.0.113.7"),
        ("True-Client-IP", "203.0.113.7"),
        ("CF-Connecting-IP", "203.0.113.7"),
        ("Forwarded", "for=127.0.0.1"),
        ("Via", "1.1 proxy"),
    ],
)
async def test_without_keys_what_a_proxy_passes_on_is_refused(
    client: httpx.AsyncClient, name: str, value: str
) -> None:
    answer = await client.post("/token", json=ASK, headers={name: value})
    assert said(answer) == (403, "open_to_this_machine_only")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LocalHost:8080", 200),
        ("app.localhost:3000", 200),
        ("127.0.0.1", 200),
        ("127.8.8.8:1", 200),
        ("[::1]:8080", 200),
        ("", 403),
        ("tokens.example.com", 403),
        # A name that someone made to point at this machine.
        ("rebound.example.com:8080", 403),
        ("localhost.example.com", 403),
        ("127.0.0.1.example.com", 403),
        ("notlocalhost", 403),
        ("192.0.2.1:8080", 403),
        ("[2001:db8::1]:8080", 403),
        ("x@localhost", 403),
        ("[", 403),
    ],
)
async def test_without_keys_only_names_of_this_machine_are_served(
    client: httpx.AsyncClient, host: str, status: int
) -> None:
    answer = await client.post("/token", json=ASK, headers={"Host": host})
    assert answer.status_code == status
    if status == 403:
        assert said(answer) == (403, "open_to_this_machine_only")


async def test_with_keys_any_host_and_any_proxy_will_do() -> None:
    headers = {
        "Host": "tokens.example.com",
        "X-Forwarded-For": "203.0.113.7",
        "Via": "1.1 proxy",
        **bearer(KEY),
    }
    async with served(token_server_keys={"web": {"key": KEY}}) as client:
        assert said(await client.post("/token", json=ASK, headers=headers)) == (200, "")


async def test_open_to_everyone_only_when_said() -> None:
    async with served(token_server_auth="none", token_server_host="0.0.0.0") as client:
        headers = {"X-Forwarded-For": "203.0.113.7", "Host": "tokens.example.com"}
        assert said(await client.post("/token", json=ASK, headers=headers)) == (200, "")


RESERVED = ["lk.agent.state", "lk.", "sip.phoneNumber", "sip.h.x-to", "ingress.ingressID"]


@pytest.mark.parametrize("name", RESERVED)
@pytest.mark.parametrize("place", ["participant", "agent"])
async def test_attributes_that_livekit_reserves_are_refused(
    client: httpx.AsyncClient, name: str, place: str
) -> None:
    attributes = {"language": "en", name: "x"}
    config = {"agents": [{"agent_name": "desk"}, {"agent_name": "desk", "attributes": attributes}]}
    given = {"participant_attributes": attributes} if place == "participant" else {"room_config": config}
    answer = await client.post("/token", json={**ASK, **given})
    assert said(answer) == (403, "attribute_not_allowed")
    assert name in answer.json()["message"]


@pytest.mark.parametrize("name", ["lka", "lk", "LK.x", "my.sip.x", "sipx", "livekit"])
async def test_attributes_that_only_look_like_them_are_not(client: httpx.AsyncClient, name: str) -> None:
    body = {**ASK, "participant_attributes": {name: "x"}}
    assert claims(await client.post("/token", json=body))["attributes"] == {name: "x"}


async def test_a_policy_may_name_reserved_attributes() -> None:
    keys = {
        "phones": {"key": KEY, "reserved_attributes": ["sip.*", "lk.language"]},
        "others": {**HASHED, "reserved_attributes": []},
    }
    async with served(token_server_keys=keys) as client:

        async def ask(key: str, *names: str) -> tuple[int, str]:
            body = {**ASK, "participant_attributes": dict.fromkeys(names, "x")}
            return said(await client.post("/token", json=body, headers=bearer(key)))

        assert await ask(KEY, "sip.phoneNumber", "lk.language") == (200, "")
        assert await ask(KEY, "sip.phoneNumber", "lk.agent.state") == (403, "attribute_not_allowed")
        assert await ask(OTHER_KEY, "sip.phoneNumber") == (403, "attribute_not_allowed")
