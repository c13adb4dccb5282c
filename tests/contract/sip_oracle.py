"""The Go program that says what LiveKit's own functions do with a call, and what of it must agree with ours."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict, ParseDict
from livekit.protocol.room import RoomConfiguration
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPMediaConfig

from livekit_dashboard.services.sip.match import RANDOM, Call, Explanation, Outcome

ROOT = Path(__file__).resolve().parents[2]
_NO_GO = "No Go, which builds the program that the explainer is compared with: https://go.dev/dl/."
# What LiveKit makes random names of.
_RANDOM = "[23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz]{12}"


@dataclass(frozen=True)
class World:
    """What a server has stored."""

    trunks: tuple[SIPInboundTrunkInfo, ...]
    rules: tuple[SIPDispatchRuleInfo, ...]


Ask = Callable[[World, Sequence[Call]], list[dict[str, Any]]]


@contextmanager
def sip_oracle() -> Iterator[Ask]:
    """Builds and starts the program; without Go the test is skipped, and fails in CI."""
    if shutil.which("go") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(_NO_GO)
    built = subprocess.run(
        ["make", "--silent", "sip-oracle"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    with subprocess.Popen(
        [ROOT / ".tools/bin/sip-oracle"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def ask(world: World, calls: Sequence[Call]) -> list[dict[str, Any]]:
            print(json.dumps(_question(world, calls)), file=stdin, flush=True)
            answers: list[dict[str, Any]] = json.loads(stdout.readline())
            return answers

        yield ask
        # The end of its input ends it.
        stdin.close()


def _question(world: World, calls: Sequence[Call]) -> dict[str, object]:
    return {
        "trunks": [MessageToDict(trunk) for trunk in world.trunks],
        "rules": [MessageToDict(rule) for rule in world.rules],
        "calls": [{**vars(call), "call_id": f"SCL_{RANDOM}"} for call in calls],
    }


def differences(mine: Explanation, theirs: dict[str, Any]) -> dict[str, tuple[object, object]]:
    """Where an explanation and LiveKit disagree: ours, theirs. Empty where all is well."""
    pairs = {
        "result": (mine.result, _result(theirs)),
        "trunk": (mine.trunk.id if mine.trunk else "", theirs["trunk"]),
        "asks_password": (mine.asks_password, theirs["auth"]),
        "asks_pin": (mine.asks_pin, theirs["asks_pin"]),
        "failure": (mine.failure.kind if mine.failure else "", theirs["error"]),
    }
    if mine.failure:
        # Theirs are two of perhaps more.
        named = set(mine.failure.between) & set(theirs["between"] or ()) if theirs["between"] else set()
        pairs["between"] = (sorted(named), sorted(set(theirs["between"] or ())))
    elif mine.result != "wrong PIN":
        pairs["rule"] = (mine.rule.id if mine.rule else "", theirs["rule"])
    if mine.outcome and theirs["response"]:
        pairs |= _outcomes(mine.outcome, theirs["response"])
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _result(theirs: dict[str, Any]) -> str:
    if theirs["error"]:
        return "failed"
    if theirs["drop"]:
        return "wrong PIN" if theirs["asks_pin"] else "no rule"
    if theirs["response"] is None:
        return "asks for a PIN"
    # LiveKit SIP takes an accepted PIN without a room for a wrong one.
    return "wrong PIN" if theirs["asks_pin"] and not theirs["response"].get("room_name") else "accepted"


def _outcomes(mine: Outcome, theirs: dict[str, Any]) -> dict[str, tuple[object, object]]:
    room = (
        re.escape(mine.room).replace(re.escape(RANDOM), _RANDOM) if mine.random_room else re.escape(mine.room)
    )
    name = theirs.get("room_name", "")
    config = ParseDict(theirs.get("room_config", {}), RoomConfiguration())
    agents = [(agent.agent_name, agent.metadata) for agent in config.agents]
    features = theirs.get("enabled_features", [])
    return {
        "room": (mine.room, mine.room if re.fullmatch(room, name) else name),
        "identity": (mine.identity, theirs.get("participant_identity", "")),
        "name": (mine.name, theirs.get("participant_name", "")),
        "attributes": (dict(mine.attributes), theirs.get("participant_attributes", {})),
        "metadata": (mine.metadata, theirs.get("participant_metadata", "")),
        "room_preset": (mine.room_preset, theirs.get("room_preset", "")),
        "room_config": (
            json.loads(mine.room_config) if mine.room_config else None,
            theirs.get("room_config"),
        ),
        "agents": ([(agent.name, agent.metadata) for agent in mine.agents], agents),
        "headers": (dict(mine.headers), theirs.get("headers", {})),
        "headers_to_attributes": (dict(mine.headers_to_attributes), theirs.get("headers_to_attributes", {})),
        "attributes_to_headers": (dict(mine.attributes_to_headers), theirs.get("attributes_to_headers", {})),
        "include_headers": (mine.include_headers, _HEADERS[theirs.get("include_headers", "SIP_NO_HEADERS")]),
        "ringing_timeout": (mine.ringing_timeout, _seconds(theirs.get("ringing_timeout"))),
        "max_call_duration": (mine.max_call_duration, _seconds(theirs.get("max_call_duration"))),
        "krisp": (mine.krisp, "KRISP_ENABLED" in features),
        "media": (vars(mine.media), _media(theirs.get("media", {}))),
    }


_HEADERS = {"SIP_NO_HEADERS": "none", "SIP_X_HEADERS": "X-* headers", "SIP_ALL_HEADERS": "all headers"}
_ENCRYPTION = {
    "SIP_MEDIA_ENCRYPT_DISABLE": "off",
    "SIP_MEDIA_ENCRYPT_ALLOW": "allowed",
    "SIP_MEDIA_ENCRYPT_REQUIRE": "required",
}


def _seconds(text: str | None) -> float | None:
    return float(text.removesuffix("s")) if text else None


def _media(theirs: dict[str, Any]) -> dict[str, object]:
    media = ParseDict(theirs, SIPMediaConfig())
    return {
        "encryption": _ENCRYPTION[theirs.get("encryption", "SIP_MEDIA_ENCRYPT_DISABLE")],
        "codecs": tuple(f"{codec.name}/{codec.rate}" if codec.rate else codec.name for codec in media.codecs),
        "only_listed_codecs": media.only_listed_codecs,
        "timeout": _seconds(theirs.get("media_timeout")),
    }
