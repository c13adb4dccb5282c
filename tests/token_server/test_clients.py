"""Requests as LiveKit's client SDKs send them, each in the spelling that its source has."""

import json
from typing import Any

import httpx
import pytest
from livekit.protocol.agent_dispatch import RoomAgentDispatch
from livekit.protocol.room import RoomConfiguration

from livekit_dashboard.token_server.models import (
    RESERVED_CONFIG,
    RESERVED_DISPATCH,
    AgentDispatch,
    RoomConfig,
)
from tests.token_server.callers import claims, said
from tests.token_server.served import served

FULL = {
    "room_name": "lobby",
    "participant_name": "Ana",
    "participant_identity": "ana",
    "participant_metadata": "m",
    "participant_attributes": {"language": "en"},
}
UNSET = {
    "name": "",
    "empty_timeout": 0,
    "departure_timeout": 0,
    "max_participants": 0,
    "metadata": "",
    "egress": None,
    "min_playout_delay": 0,
    "max_playout_delay": 0,
    "sync_streams": False,
    "tags": {},
}
SENT: dict[str, dict[str, Any]] = {
    "case 11: Android, agent attributes": {
        "room_name": "lobby",
        "participant_name": "Ana",
        "participant_identity": "ana",
        "room_config": {"agents": [{"agent_name": "desk", "attributes": {"tenant": "7"}}]},
    },
    "case 12: Swift and Android, no agent": {
        "room_name": "lobby",
        "participant_name": "Ana",
        "room_config": {},
    },
    "case 12: nulls": {
        "room_name": "lobby",
        "participant_name": "Ana",
        "participant_metadata": None,
        "room_config": {"agents": None},
    },
    "case 12: deployment": {
        "room_name": "lobby",
        "participant_identity": "ana",
        "participant_attributes": {},
        "room_config": {"agents": [{"agent_name": "desk", "deployment": "blue"}]},
    },
    "JavaScript, React, React Native": {
        **FULL,
        "room_config": {"agents": [{"agent_name": "desk", "metadata": "am", "deployment": "blue"}]},
    },
    "JavaScript, empty texts": {
        "room_name": "lobby",
        "participant_identity": "ana",
        "participant_metadata": "",
        "room_config": {"agents": [{}]},
    },
    "Android, every field": {
        **FULL,
        "room_config": {
            "agents": [{"agent_name": "desk", "metadata": "", "deployment": "", "attributes": {}}]
        },
    },
    "Flutter": {**FULL, "room_config": {"agents": [{"metadata": "am"}]}},
    "Unity": {
        "room_name": "lobby",
        "participant_name": "Ana",
        "room_config": {"agents": [{"agent_name": "desk"}]},
    },
    "Rust and C++": {
        **FULL,
        "room_config": {"agents": [{"agent_name": "desk", "metadata": "am", "deployment": "blue"}]},
    },
    "Rust before 2026, null for what is absent": {
        "room_name": "lobby",
        "participant_name": None,
        "participant_identity": "ana",
        "participant_metadata": None,
        "participant_attributes": None,
        "room_config": {"agents": [{"agentName": "desk", "restartPolicy": 0}]},
    },
    "protobuf's JSON in camelCase": {
        "roomName": "lobby",
        "participantName": "Ana",
        "participantIdentity": "ana",
        "participantMetadata": "m",
        "participantAttributes": {"language": "en"},
        "roomConfig": {
            "agents": [{"agentName": "desk", "deployment": "blue", "attributes": {"tenant": "7"}}]
        },
    },
    "protobuf's JSON with every default": {
        **FULL,
        "room_config": {**UNSET, "agents": [{"agent_name": "", "restart_policy": "JRP_ON_FAILURE"}]},
    },
    "the same in camelCase": {
        **FULL,
        "room_config": {"emptyTimeout": 0, "syncStreams": False, "maxParticipants": 0, "agents": []},
    },
    "null for every setting": {**FULL, "room_config": dict.fromkeys(UNSET)},
}


@pytest.mark.parametrize("body", SENT.values(), ids=SENT)
async def test_the_shapes_that_clients_send(client: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post("/token", json=body)
    token = claims(answer)
    assert {"server_url", "participant_token"} <= answer.json().keys()
    assert token["video"]["room"] == "lobby"
    assert token["sub"].lower() == "ana"


async def test_case_11_the_attributes_of_an_agent_are_in_the_token(client: httpx.AsyncClient) -> None:
    body = SENT["case 11: Android, agent attributes"]
    token = claims(await client.post("/token", json=body))
    assert token["roomConfig"] == {"agents": [{"agentName": "desk", "attributes": {"tenant": "7"}}]}


async def test_camel_case_says_the_same(client: httpx.AsyncClient) -> None:
    token = claims(await client.post("/token", json=SENT["protobuf's JSON in camelCase"]))
    assert (token["sub"], token["name"], token["metadata"]) == ("ana", "Ana", "m")
    assert token["attributes"] == {"language": "en"}
    agent = {"agentName": "desk", "deployment": "blue", "attributes": {"tenant": "7"}}
    assert token["roomConfig"] == {"agents": [agent]}


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"empty_timeout": 1}, "room_config.empty_timeout"),
        ({"emptyTimeout": 1}, "room_config.emptyTimeout"),
        ({"sync_streams": True}, "room_config.sync_streams"),
        ({"sync_streams": 0}, "room_config.sync_streams"),
        ({"egress": {}}, "room_config.egress"),
        ({"tags": {"a": "b"}}, "room_config.tags"),
        ({"anything": None}, "room_config.anything"),
        ({"agents": [{"restart_policy": "JRP_NEVER"}]}, "room_config.agents.0.restart_policy"),
        ({"agents": [{"attributes": {"a": 1}}]}, "room_config.agents.0.attributes.a"),
        ({"agents": [{"attributes": {"a": "x" * 65_536}}]}, "room_config.agents.0.attributes"),
    ],
)
async def test_what_sets_something_else_is_refused(
    client: httpx.AsyncClient, config: dict[str, Any], field: str
) -> None:
    answer = await client.post("/token", json={**FULL, "room_config": config})
    assert answer.status_code == 422
    assert [wrong["field"] for wrong in answer.json()["fields"]] == [field]


async def test_a_name_in_both_spellings_is_refused(client: httpx.AsyncClient) -> None:
    assert said(await client.post("/token", json={**FULL, "roomName": "other"})) == (422, "invalid_request")


@pytest.mark.parametrize(
    "kind",
    ["application/json, application/json", "application/json,application/json; charset=utf-8"],
)
async def test_a_content_type_that_a_client_gives_twice(client: httpx.AsyncClient, kind: str) -> None:
    """Swift adds its own to one that the application sets; so do browsers where only the case differs."""
    answer = await client.post("/token", content=json.dumps(FULL), headers={"Content-Type": kind})
    assert answer.status_code == 200
    mixed = {"Content-Type": "application/json, text/plain"}
    assert said(await client.post("/token", content=json.dumps(FULL), headers=mixed))[0] == 415


def test_every_field_of_the_protocol_is_known() -> None:
    """A new one has to be decided on: either clients can set it, or its default is accepted."""
    config = {field.name for field in RoomConfiguration.DESCRIPTOR.fields}
    assert config == {*RoomConfig.model_fields, *RESERVED_CONFIG}
    dispatch = {field.name for field in RoomAgentDispatch.DESCRIPTOR.fields}
    assert dispatch == {*AgentDispatch.model_fields, *RESERVED_DISPATCH}


async def test_unnamed_agents_need_a_policy_that_allows_them() -> None:
    async with served(token_server_policy={"agents": ["desk"]}) as client:
        for agent in ({}, {"agent_name": ""}, {"agent_name": None}):
            body = {**FULL, "room_config": {"agents": [agent]}}
            assert said(await client.post("/token", json=body)) == (403, "agent_not_allowed")
