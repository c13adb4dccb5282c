"""Everyone in a room, as files, and several of them at once."""

import csv
import io

import httpx
import pytest

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.routes.conftest import Browse
from tests.routes.site import HOSTILE_IDENTITIES, fill

ROOM = "/rooms/standup"


@pytest.fixture(autouse=True)
async def _filled(world: World) -> None:
    fill(world)


async def test_the_files_hold_what_the_page_shows(client: httpx.AsyncClient, world: World) -> None:
    links = [link.href for link in Page((await client.get(f"{ROOM}?q=an&sort=name")).text).links()]
    assert f"{ROOM}/participants.csv?q=an&sort=name" in links
    listed = (await client.get(f"{ROOM}/participants.json")).json()
    assert listed["total"] == len(listed["participants"]) == 3
    ana = next(person for person in listed["participants"] if person["identity"] == "ana")
    assert [track["source"] for track in ana["tracks"]] == ["microphone", "camera"]
    assert ana["permissions"]["can_publish"] is True
    answer = await client.get(f"{ROOM}/participants.csv?q=ana")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="participants.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["identity"], row["tracks"]) == ("ana", "Microphone; Camera, muted")
    assert row["attributes"] == "role=host"
    assert row["joined"].endswith("+00:00")


async def test_several_are_muted_and_the_others_are_not(client: httpx.AsyncClient, world: World) -> None:
    world.join("standup", "bob")
    world.publish("standup", "bob", "microphone")
    world.publish("standup", "ana", "screen_share")
    query = httpx.QueryParams({"person": ["ana", "agent-7", "gone"]})
    page = Page((await client.get(f"{ROOM}/mute?{query}")).text)
    assert "Mute 2 participants?" in page.main
    answer = await submit(client, f"{ROOM}/mute?{query}", f"{ROOM}/mute")
    assert (answer.status_code, answer.headers["Location"]) == (303, ROOM)
    assert "Muted 2 participants" in (await client.get(ROOM)).text
    loud = [
        person.identity for person in world.participants("standup") if not _silent(world, person.identity)
    ]
    assert loud == ["bob"]


def _silent(world: World, identity: str) -> bool:
    return all(track.muted for track in world.participant("standup", identity).tracks)


async def test_several_are_removed_and_who_could_not_be_is_named(
    client: httpx.AsyncClient, world: World
) -> None:
    query = httpx.QueryParams({"person": ["ana", "agent-7"]})
    page = Page((await client.get(f"{ROOM}/remove?{query}")).text)
    assert "Remove 2 participants?" in page.main
    assert "Their tokens stay valid" in page.main
    world.leave("standup", "agent-7")
    answer = await submit(client, f"{ROOM}/remove?{query}", f"{ROOM}/remove", person=["ana", "agent-7"])
    page = Page((await client.get(answer.headers["Location"])).text)
    assert "Removed 1 participant, 1 failed" in page.text
    assert "agent-7: participant does not exist" in page.text
    assert "ana" not in [person.identity for person in world.participants("standup")]


@pytest.mark.parametrize("verb", ["mute", "remove"])
@pytest.mark.parametrize("data", [{}, {"person": "~!"}])
async def test_nobody_selected_is_nobody_hit(
    verb: str, data: dict[str, str], client: httpx.AsyncClient, world: World
) -> None:
    assert "No participant is selected" in Page((await client.get(f"{ROOM}/{verb}", params=data)).text).main
    before = len(world.participants("standup"))
    assert (await post_form(client, f"{ROOM}/{verb}", data)).status_code == 303
    assert len(world.participants("standup")) == before


@pytest.mark.parametrize("word", HOSTILE_IDENTITIES)
async def test_any_identity_can_be_picked(word: str, client: httpx.AsyncClient, world: World) -> None:
    identity = HOSTILE_IDENTITIES[word]
    world.join("lounge", identity)
    world.join("lounge", "stays")
    page = Page((await client.get("/rooms/lounge")).text)
    boxes = [one["value"] for one in page.all("input") if one.attributes.get("name") == "person"]
    assert encode_name(identity) in boxes
    path = f"/rooms/lounge/remove?{httpx.QueryParams({'person': encode_name(identity)})}"
    await submit(client, path, "/rooms/lounge/remove")
    assert [person.identity for person in world.participants("lounge")] == ["stays"]


async def test_a_crowd_is_muted_with_a_progress_bar(client: httpx.AsyncClient, world: World) -> None:
    for number in range(20):
        world.join("lounge", f"person-{number}")
        world.publish("lounge", f"person-{number}", "microphone")
    world.faults.add(Fault("delay", "RoomService/MutePublishedTrack", seconds=0.15))
    headers = {"HX-Request": "true", "Accept": "text/html, text/event-stream"}
    names = [f"person-{number}" for number in range(20)]
    answer = await post_form(client, "/rooms/lounge/mute", {"person": names}, headers=headers)
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    assert "Muted 20 participants" in answer.text


async def test_read_only_picks_nobody_and_still_exports(browse: Browse) -> None:
    client = await browse(read_only=True)
    page = Page((await client.get(ROOM)).text)
    assert not [one for one in page.all("input") if one.attributes.get("name") == "person"]
    assert (await client.get(f"{ROOM}/participants.json")).json()["total"] == 3
    assert (await post_form(client, f"{ROOM}/remove", {"person": "ana"})).status_code == 403
