"""The Python on the pages does what the pages do: it is run as it stands, against a server."""

import asyncio
import os
import re
import sys
from pathlib import Path

import httpx
import pytest
from livekit.protocol.agent_dispatch import AgentDispatch
from livekit.protocol.ingress import IngressInfo
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo, SIPOutboundTrunkInfo

from livekit_dashboard.simulator import World
from tests.html import Page
from tests.livekit_server import Simulator


@pytest.fixture(autouse=True)
def _stored(world: World) -> None:
    world.sip.inbound["ST_in"] = SIPInboundTrunkInfo(sip_trunk_id="ST_in", name="it's", numbers=["+49"])
    world.sip.outbound["ST_out"] = SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", name="Out", address="a.example", numbers=["+49"]
    )
    world.sip.rules["SDR_1"] = SIPDispatchRuleInfo(
        sip_dispatch_rule_id="SDR_1",
        name="R",
        numbers=["+49"],
        rule={"dispatch_rule_direct": {"room_name": "a"}},
    )
    world.ingresses.items["IN_1"] = IngressInfo(
        ingress_id="IN_1", name="Stage", participant_identity="stage", reusable=True
    )
    world.create_room("standup")
    world.dispatches.items["standup"]["AD_1"] = AgentDispatch(id="AD_1", room="standup", agent_name="notes")


async def _run(code: str, server: Simulator, directory: Path) -> None:
    """Runs a program as whoever pastes it would."""
    (directory / "pasted.py").write_text(code)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "pasted.py",
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "LIVEKIT_URL": server.url,
            "LIVEKIT_API_KEY": server.api_key,
            "LIVEKIT_API_SECRET": server.api_secret,
            "SIP_PASS": "secret",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode == 0, err.decode()


async def _shown(client: httpx.AsyncClient, path: str) -> str:
    """The program of a page."""
    page = Page((await client.get(path)).text)
    (code,) = [
        button["data-copy"]
        for button in page.all("button")
        if "data-copy" in button and button["data-copy"].startswith("import asyncio")
    ]
    return code


CREATES = {
    "/sip-inbound/new": lambda world: len(world.sip.inbound) == 2,
    "/sip-outbound/new": lambda world: len(world.sip.outbound) == 2,
    "/sip-rules/new": lambda world: len(world.sip.rules) == 2,
    "/ingress/new": lambda world: len(world.ingresses.items) == 2,
}


@pytest.mark.parametrize("path", CREATES)
async def test_a_form_is_filled_in(
    path: str, client: httpx.AsyncClient, world: World, simulator: Simulator, tmp_path: Path
) -> None:
    await _run(await _shown(client, path), simulator, tmp_path)
    assert CREATES[path](world)


DESTROYS = {
    "/sip-inbound/ST_in": lambda world: world.sip.inbound,
    "/sip-outbound/ST_out": lambda world: world.sip.outbound,
    "/sip-rules/SDR_1": lambda world: world.sip.rules,
    "/ingress/IN_1": lambda world: world.ingresses.items,
    "/rooms/standup/agents/AD_1": lambda world: {
        one.id for one in world.dispatches.items["standup"].values() if one.agent_name == "notes"
    },
}


@pytest.mark.parametrize("path", DESTROYS)
async def test_what_destroys_it_waits_to_be_uncommented(
    path: str, client: httpx.AsyncClient, world: World, simulator: Simulator, tmp_path: Path
) -> None:
    code = await _shown(client, path)
    await _run(code, simulator, tmp_path)
    assert DESTROYS[path](world)
    code = "\n".join(re.sub(r"^( {8})# (?!Reads|and LIVEKIT)", r"\1", line) for line in code.split("\n"))
    await _run(code, simulator, tmp_path)
    assert not DESTROYS[path](world)


@pytest.mark.parametrize(
    "path", ["/sip-inbound/ST_in/edit", "/sip-outbound/ST_out/edit", "/sip-rules/SDR_1/edit"]
)
async def test_an_edit_keeps_the_rest(
    path: str, client: httpx.AsyncClient, world: World, simulator: Simulator, tmp_path: Path
) -> None:
    before = str(world.sip.inbound), str(world.sip.outbound), str(world.sip.rules)
    await _run(await _shown(client, path), simulator, tmp_path)
    assert (str(world.sip.inbound), str(world.sip.outbound), str(world.sip.rules)) == before
