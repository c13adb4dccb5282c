"""Names that break consoles, in every action. tests/routes/test_every_page.py shows them on every page."""

from urllib.parse import quote

import httpx
import pytest

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.simulator import World
from tests.dashboard import origin, post_form, submit
from tests.html import Page
from tests.routes.site import HOSTILE, HOSTILE_IDENTITIES, PATHS, fill, sid

ROOMS = pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
IDENTITIES = pytest.mark.parametrize("identity", HOSTILE_IDENTITIES.values(), ids=HOSTILE_IDENTITIES)


def _is_unharmed(page: Page) -> bool:
    """Nothing of the name became a tag."""
    return not [script for script in page.all("script") if "src" not in script] and not [
        element for element in page.elements if "onmouseover" in element
    ]


@ROOMS
async def test_a_room_is_created_shown_described_and_closed(
    name: str, client: httpx.AsyncClient, world: World
) -> None:
    name = name or "no form gives an empty name"
    created = await submit(client, "/rooms/new", "/rooms", name=name)
    assert list(world.rooms) == [name]
    here = PATHS.to("room", room=name)
    assert (created.status_code, created.headers["Location"]) == (303, here)

    page = Page((await client.get(here)).text)
    assert _is_unharmed(page)
    assert " ".join(f"{name} is open".split()) in page.text
    assert page.title

    await submit(client, f"{here}/metadata", "", metadata=name)
    assert world.rooms[name].metadata == name.replace("\r\n", "\n")
    asked = Page((await client.get(f"{here}/close")).text)
    assert _is_unharmed(asked)
    answer = await submit(client, f"{here}/close", f"{here}/close")
    assert answer.headers["Location"] == "/rooms"
    assert not world.rooms
    assert _is_unharmed(Page((await client.get("/rooms")).text))


@pytest.mark.parametrize("name", ["a b", "50%", "50%25", "what?", "#1", "x&y=z", "ünï", "+", "'\"<>", "a\\b"])
async def test_an_address_typed_by_hand_means_the_name_in_it(
    name: str, client: httpx.AsyncClient, world: World
) -> None:
    """And the page that it opens is polled for that room."""
    world.create_room(name)
    answer = await client.get(f"/rooms/{quote(name, safe='')}")
    assert answer.status_code == 200
    polled = Page(answer.text).all("main")[0]["hx-get"]
    assert (await client.get(polled)).status_code == 200


async def test_the_room_without_a_name_is_reached_and_closed(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("")
    row = Page((await client.get("/rooms")).text).links("name")[0]
    assert (row.text, row.href) == ("(no name)", "/rooms/~")
    answer = await submit(client, f"{row.href}/close", f"{row.href}/close")
    assert (answer.status_code, world.rooms) == (303, {})


@ROOMS
async def test_the_bulk_form_carries_the_name(name: str, client: httpx.AsyncClient, world: World) -> None:
    world.create_room(name)
    world.create_room("kept")
    page = Page((await client.get("/rooms?sort=name")).text)
    ticks = [box["value"] for box in page.all("input") if box.attributes.get("name") == "room"]
    assert encode_name(name) in ticks
    query = httpx.QueryParams({"room": encode_name(name)})
    assert (await submit(client, f"/rooms/close?{query}", "/rooms/close")).status_code == 303
    assert set(world.rooms) == {"kept"}


@IDENTITIES
async def test_everything_can_be_done_to_someone(
    identity: str, client: httpx.AsyncClient, world: World
) -> None:
    world.remote_unmute = True
    fill(world, room="a/b", identity=identity, text=identity)
    here = PATHS.to("participant", room="a/b", identity=identity)
    track = {"track_sid": sid(world, room="a/b", identity=identity)}
    page = Page((await client.get("/rooms/~YS9i")).text)
    assert _is_unharmed(page)
    assert here in [link.href for link in page.links()]

    assert (await post_form(client, f"{here}/mute", track)).status_code == 303
    assert (await post_form(client, f"{here}/mute-all", {"from": "room"})).status_code == 303
    assert all(track.muted for track in world.participant("a/b", identity).tracks)
    assert (
        await submit(client, here, f"{here}/permissions", permission=["can_subscribe"])
    ).status_code == 303
    assert not world.participant("a/b", identity).permission.can_publish
    data = {"track_sid": "TR_x", "on": "0"}
    assert (await post_form(client, f"{here}/subscriptions", data)).status_code == 303
    assert (await submit(client, f"{here}/edit", "", name="plain", attributes="")).status_code == 303
    assert world.participant("a/b", identity).name == "plain"
    for path in (
        here,
        f"{here}/edit",
        f"{here}/subscriptions",
        f"{here}/remove",
        f"{here}?partial=1&panel=1",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert _is_unharmed(Page(answer.text))
    assert (await submit(client, f"{here}/remove", f"{here}/remove")).status_code == 303
    assert identity not in [person.identity for person in world.participants("a/b")]


@ROOMS
async def test_a_token_is_made_for_it(name: str, client: httpx.AsyncClient) -> None:
    answer = await submit(
        client,
        f"/sandbox?{httpx.QueryParams({'room': name})}",
        "/sandbox",
        identity=name or "x",
        room=name or "x",
    )
    if answer.status_code == 303:  # Else the token is too long for a cookie.
        answer = await client.get("/sandbox")
    page = Page(answer.text)
    assert answer.status_code == 200
    assert "Token made" in page.main
    assert _is_unharmed(page)


@ROOMS
async def test_it_is_found_by_its_name(name: str, client: httpx.AsyncClient, world: World) -> None:
    world.create_room(name, metadata="")
    world.create_room("Ω", metadata="")
    answer = await client.get("/rooms", params={"q": name})
    page = Page(answer.text)
    assert _is_unharmed(page)
    assert encode_name(name) in [
        box["value"] for box in page.all("input") if box.attributes.get("name") == "room"
    ]
    missing = Page((await client.get("/rooms", params={"q": f"{name}ΩΩ"})).text)
    assert "No room matches" in missing.main
    assert _is_unharmed(missing)


@ROOMS
async def test_no_message_about_it_overflows_a_cookie(name: str, client: httpx.AsyncClient) -> None:
    """Browsers drop a cookie of more than 4096 bytes without a word."""
    many = [encode_name(f"{number}{name}"[: 250 - 3 * len(name.encode()) // 4] or "x") for number in range(5)]
    answer = await client.post(
        "/rooms/close",
        data={"room": many, "csrf_token": await _token(client)},
        headers={"Origin": origin(client)},
    )
    assert answer.status_code == 303
    assert len(answer.headers["Set-Cookie"]) < 4096


async def _token(client: httpx.AsyncClient) -> str:
    return Page((await client.get("/settings")).text).value_of("csrf_token")
