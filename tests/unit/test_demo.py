"""``livekit-dashboard demo``, as a user starts and ends it, and the people in it."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from livekit import api, rtc

from livekit_dashboard.demo.backend import backend
from livekit_dashboard.demo.participants import CAMERA, MICROPHONE, Person
from livekit_dashboard.demo.play import play
from livekit_dashboard.demo.scene import ALL_HANDS, HOTLINE, SCENE, Guest, Rhythm, SceneRoom
from livekit_dashboard.demo.server import LiveKitServer, find_livekit_server
from livekit_dashboard.demo.simulated_stage import SimulatedStage
from livekit_dashboard.simulator import World
from tests.html import Page

START = 90
"""Seconds in which the demo must have said where it is, on a busy machine."""
SOON = 60
"""Seconds in which anything else must have happened. The server's counts lag by 5, and by 15 if it is busy."""
END = 30
"""Seconds in which it must be gone: one, on a machine that has nothing else to do."""


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not condition():
            await asyncio.sleep(0.02)


@dataclass
class Demo:
    """A demo that runs: what it printed, and a browser that is logged in."""

    process: asyncio.subprocess.Process
    said: str
    browser: httpx.AsyncClient

    async def rooms_when(self, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The rooms by name, as /rooms.json has them, as soon as they meet the condition."""
        rooms: dict[str, Any] = {}
        try:
            async with asyncio.timeout(SOON):
                while True:
                    answer = await self.browser.get("/rooms.json?show=numbers")
                    assert answer.status_code == 200, answer.text
                    rooms = {room["name"]: room for room in answer.json()["rooms"]}
                    if condition(rooms):
                        return rooms
                    await asyncio.sleep(0.2)
        except TimeoutError:
            pytest.fail(f"after {SOON} s the rooms were still {rooms}")

    def children(self) -> list[int]:
        """The processes that it has started, where /proc tells."""
        known = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in known.read_text().split()] if known.exists() else []

    async def end(self, number: signal.Signals) -> tuple[int | None, str]:
        """Exit status and standard error after a signal."""
        self.process.send_signal(number)
        async with asyncio.timeout(END):
            _, err = await self.process.communicate()
        return self.process.returncode, err.decode()


@asynccontextmanager
async def demo(directory: Path, *arguments: str, **variables: str) -> AsyncIterator[Demo]:
    """The command in a directory without .env, once it has said how to end it."""
    kept = {name: os.environ[name] for name in ("PATH", "LIVEKIT_SERVER_BIN") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("livekit-dashboard"),
        "demo",
        *arguments,
        cwd=directory,
        env={**kept, **variables},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout
        async with asyncio.timeout(START):
            said = (await process.stdout.readuntil(b"Ctrl-C to stop everything.")).decode()
        url, password = (re.search(rf"{label} +(\S+)", said) for label in ("Dashboard", "Password"))
        assert url
        assert password
        log_in = ("admin", variables.get("ADMIN_PASSWORD", password[1]))
        async with httpx.AsyncClient(base_url=url[1], auth=log_in, timeout=START) as browser:
            yield Demo(process, said, browser)
    finally:
        # Not at once: it would leave its own children behind.
        for number in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is None:
                process.send_signal(number)
                with suppress(TimeoutError):
                    async with asyncio.timeout(END):
                        await process.communicate()


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def livekit_binary() -> None:
    """A livekit-server must be here: skips without one, fails in CI."""
    if find_livekit_server() is None:
        message = "No livekit-server: `make livekit-server` builds one, or name yours in LIVEKIT_SERVER_BIN."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(params=["real", "simulator"])
def how(request: pytest.FixtureRequest) -> list[str]:
    """The arguments that give the demo this kind of server."""
    if request.param == "simulator":
        return ["--simulator"]
    request.getfixturevalue("livekit_binary")
    return []


async def test_shows_people_and_ends_without_a_trace(how: list[str], tmp_path: Path) -> None:
    simulated = "--simulator" in how
    async with demo(tmp_path, *how, PORT="0") as running_demo:
        rooms = await running_demo.rooms_when(
            lambda rooms: (
                all(
                    rooms[room.name]["publishers"]
                    >= sum(guest.publishes and not guest.drifts for guest in room.guests)
                    for room in SCENE
                )
                and rooms[ALL_HANDS.name]["recording"] == simulated
            )
        )
        assert rooms[ALL_HANDS.name]["participants"] >= 12
        jobs = (await running_demo.browser.get("/egress.json")).json()["egress"]
        recording = [job["room"] for job in jobs if job["ended"] is None]
        assert recording == [ALL_HANDS.name] * simulated
        if simulated:
            await _shows_what_workers_did(running_demo.browser, jobs)
        page = await running_demo.browser.get(f"/rooms/{ALL_HANDS.name}")
        assert page.status_code == 200
        assert "Ana Kovač" in page.text
        assert (
            ("Simulated server" in page.text)
            == ("--simulator" in how)
            == ("Simulated (" in running_demo.said)
        )
        children = running_demo.children()
        assert bool(children) == ("--simulator" not in how)

        assert await running_demo.end(signal.SIGINT) == (0, "")
        assert not any(running(pid) for pid in children)


async def _shows_what_workers_did(browser: httpx.AsyncClient, jobs: list[dict[str, Any]]) -> None:
    assert {job["state"] for job in jobs} - {"starting", "active"} == {"complete", "failed"}
    finished = next(job for job in jobs if job["state"] == "complete")
    assert "https://loopback-recordings.s3.example.com/loopback/episode-41.ogg" in str(finished)
    (feed,) = (await browser.get("/ingress.json")).json()["ingresses"]
    assert feed["state"] in ("buffering", "publishing")
    dispatches = (await browser.get("/agents.json", params={"room": HOTLINE.name})).json()["dispatches"]
    assert {one["agent_name"]: one["state"] for one in dispatches} == {"orders": "here", "": "idle"}


async def test_the_phone_came_by_a_stored_trunk_and_rule(how: list[str], tmp_path: Path) -> None:
    async with demo(tmp_path, *how, PORT="0") as running_demo:
        browser = running_demo.browser
        await running_demo.rooms_when(lambda rooms: rooms[HOTLINE.name]["publishers"] == 2)
        overview = Page((await browser.get("/")).text)
        assert "Telephony" in overview.text
        for direction in ("inbound", "outbound"):
            trunks = (await browser.get(f"/sip-{direction}.json")).json()["trunks"]
            assert [trunk["name"] for trunk in trunks] == ["Berlin office"]
        rules = {rule["name"]: rule for rule in (await browser.get("/sip-rules.json")).json()["rules"]}
        assert {name: (rule["kind"], rule["pin"] != "") for name, rule in rules.items()} == {
            "Orders": ("individual", False),
            "Podcast dial-in": ("direct", True),
        }
        (call,) = (await browser.get("/sip-calls.json")).json()["calls"]
        assert (call["trunk"]["label"], call["rule"]["label"]) == ("Berlin office", "Orders")
        assert call["trunk"]["known"]
        assert call["rule"]["known"]
        for path in ("/sip-inbound", "/sip-rules"):
            assert "What is wrong" not in (await browser.get(path)).text


async def test_the_phone_can_be_handed_over() -> None:
    world = World(sip_worker=True)
    async with SimulatedStage(world).join(HOTLINE, HOTLINE.guests[0]):
        await world.telephony.transfer("SCL_x7QmDemo0001", "tel:+493023125001")
        assert not world.participants(HOTLINE.name)


async def test_can_be_ended_while_people_are_joining(how: list[str], tmp_path: Path) -> None:
    async with demo(tmp_path, *how, PORT="0") as running_demo:
        children = running_demo.children()
        assert await running_demo.end(signal.SIGTERM) == (0, "")
        assert not any(running(pid) for pid in children)


async def test_takes_the_next_port_and_the_configured_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with demo(
            tmp_path, "--simulator", "--port", str(port), ADMIN_PASSWORD="pa ss:word"
        ) as running_demo:
            assert running_demo.browser.base_url.port
            assert running_demo.browser.base_url.port != port
            assert "pa ss:word" not in running_demo.said
            assert (await running_demo.browser.get("/rooms")).status_code == 200


async def test_says_so_if_the_server_named_cannot_be_run(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("livekit-dashboard"),
        "demo",
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "LIVEKIT_SERVER_BIN": "/nowhere/livekit-server"},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert (
        err.decode()
        == "LIVEKIT_SERVER_BIN must be the path of a program that can be run: /nowhere/livekit-server.\n"
    )


async def test_says_so_if_it_cannot_listen(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("livekit-dashboard"),
        *("demo", "--simulator", "--host", "192.0.2.1"),  # an address that is nobody's
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode == 2
    assert err.decode().startswith("This machine doesn't have the address 192.0.2.1. Set HOST to one of its")


async def test_without_the_extra_it_says_what_is_missing(
    livekit_binary: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    async with backend(webhooks="http://127.0.0.1:9/") as livekit:
        assert livekit.stage is None
        assert any("pip install 'livekit-dashboard[demo]'" in line for line in livekit.says)


def test_the_command_itself_needs_no_extra() -> None:
    code = "import sys, livekit_dashboard.demo.command; sys.exit('livekit.rtc' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@asynccontextmanager
async def playing(world: World, *guests: Guest) -> AsyncIterator[None]:
    room = SceneRoom(name="stage", guests=guests)
    world.create_room(room.name)
    task = asyncio.create_task(play([room], SimulatedStage(world)))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert not world.participants(room.name)


def present(world: World, identity: str) -> bool:
    return identity in {person.identity for person in world.participants("stage")}


async def test_people_come_and_go() -> None:
    world = World()
    async with playing(world, Guest(identity="guest", drifts=Rhythm(first=0.05, then=0.05))):
        for there in (True, False, True):
            await until(lambda there=there: present(world, "guest") == there)  # type: ignore[misc]


async def test_people_mute_themselves_but_not_what_an_admin_muted() -> None:
    world = World()
    guest = Guest(identity="guest", microphone=True, mutes=Rhythm(first=0.05, then=0.05))
    async with playing(world, guest):
        await until(lambda: present(world, "guest"))
        track = world.participant("stage", "guest").tracks[0]
        for muted in (True, False):
            await until(lambda muted=muted: track.muted == muted)  # type: ignore[misc]
        track.muted = True
        await asyncio.sleep(0.3)  # three rounds in which they would have unmuted
        assert track.muted


async def test_who_is_removed_stays_out_and_a_closed_room_closed() -> None:
    world = World()
    rhythm = Rhythm(first=3, then=0.05)
    async with playing(
        world, Guest(identity="removed", drifts=rhythm), Guest(identity="stays", drifts=rhythm)
    ):
        await until(lambda: present(world, "stays"))
        world.leave("stage", "removed")
        await asyncio.sleep(0.8)  # more than it takes them to notice and to come back
        assert not present(world, "removed")
        assert present(world, "stays")
        world.delete_room("stage")
        await asyncio.sleep(0.8)
        assert "stage" not in world.rooms


def token(server: LiveKitServer, room: str, identity: str) -> str:
    grants = api.VideoGrants(room_join=True, room=room)
    return (
        api.AccessToken(server.api_key, server.api_secret)
        .with_identity(identity)
        .with_grants(grants)
        .to_jwt()
    )


async def test_a_person_publishes_is_heard_and_can_be_removed(livekit_server: LiveKitServer) -> None:
    server, heard = livekit_server, dict[str, str]()
    async with (
        api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lk,
        Person(server.ws_url, token(server, "persons", "listener")) as listener,
        Person(server.ws_url, token(server, "persons", "speaker")) as speaker,
    ):
        listener.room.on("track_subscribed", lambda _, track, __: heard.update({track.name: track.mime_type}))
        await speaker.publish_microphone()
        await speaker.publish_camera()
        await speaker.publish_screen("av1")
        await until(lambda: len(heard) == 3)
        assert heard == {"microphone": "audio/red", "camera": "video/VP8", "screen": "video/AV1"}

        speaker.mute(MICROPHONE)
        assert speaker.muted(MICROPHONE)
        assert not speaker.muted(CAMERA)

        who = api.RoomParticipantIdentity(room="persons", identity="speaker")
        await lk.room.remove_participant(who)
        async with asyncio.timeout(SOON):
            assert await speaker.gone() == rtc.DisconnectReason.PARTICIPANT_REMOVED


async def test_a_join_given_up_leaves_nobody_behind(livekit_server: LiveKitServer) -> None:
    server = livekit_server
    async with api.LiveKitAPI(server.url, server.api_key, server.api_secret) as lk:
        person = Person(server.ws_url, token(server, "given-up", "someone"))
        joining = asyncio.create_task(person.__aenter__())
        await asyncio.sleep(0)  # it has begun
        joining.cancel()
        with pytest.raises(asyncio.CancelledError):
            await joining
        assert not person.room.isconnected()
        async with asyncio.timeout(SOON):
            while (
                await lk.room.list_participants(api.ListParticipantsRequest(room="given-up"))
            ).participants:
                await asyncio.sleep(0.1)
