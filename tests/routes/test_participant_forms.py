"""What can be done to someone in a room."""

import httpx
import pytest
from livekit.protocol.room import UpdateSubscriptionsRequest

from livekit_dashboard.simulator import World
from tests.dashboard import origin, post_form, submit
from tests.html import Page
from tests.routes.ana import ANA, ana, follow
from tests.routes.conftest import Browse
from tests.routes.site import fill, sid


@pytest.fixture(autouse=True)
async def _filled(world: World) -> None:
    fill(world)


async def test_a_track_is_muted(client: httpx.AsyncClient, world: World) -> None:
    answer = await submit(client, ANA, f"{ANA}/mute")
    assert ana(world).tracks[0].muted
    page = await follow(client, answer)
    assert "Microphone of ana muted" in page.text


async def test_a_server_that_forbids_unmuting_is_quoted(client: httpx.AsyncClient, world: World) -> None:
    data = {"track_sid": sid(world, 1), "muted": "0"}
    answer = await post_form(client, f"{ANA}/mute", data)
    assert answer.status_code == 501
    page = Page(answer.text)
    assert "emote unmute not enabled" in page.main
    assert page.all("nav")
    toast = await post_form(client, f"{ANA}/mute", data, headers={"HX-Request": "true"})
    assert toast.status_code == 501
    assert "unmute others" in Page(toast.text).text
    assert ana(world).tracks[1].muted


async def test_where_the_server_allows_it_a_track_is_unmuted(client: httpx.AsyncClient, world: World) -> None:
    world.remote_unmute = True
    answer = await post_form(client, f"{ANA}/mute", {"track_sid": sid(world, 1), "muted": "0"})
    assert "Camera of ana unmuted" in (await follow(client, answer)).text
    assert not ana(world).tracks[1].muted


@pytest.mark.parametrize("track", ["TR_gone", "", "💥"])
async def test_a_track_that_is_gone_is_not_said_to_be_muted(track: str, client: httpx.AsyncClient) -> None:
    answer = await post_form(client, f"{ANA}/mute", {"track_sid": track})
    assert answer.status_code == 404
    assert "no such track" in Page(answer.text).main


async def test_all_tracks_are_muted_at_once(client: httpx.AsyncClient, world: World) -> None:
    world.publish("standup", "ana", "screen_share")
    answer = await submit(client, ANA, f"{ANA}/mute-all")
    assert "Muted 2 tracks of ana" in (await follow(client, answer)).text
    assert all(track.muted for track in ana(world).tracks)
    again = await submit(client, ANA, f"{ANA}/mute-all")
    assert "Nothing was left to mute" in (await follow(client, again)).text


async def test_an_action_from_the_rooms_page_leads_back_there(client: httpx.AsyncClient) -> None:
    answer = await submit(client, "/rooms/standup", f"{ANA}/mute-all")
    assert answer.headers["Location"] == "/rooms/standup"


async def test_with_htmx_the_page_stays_and_a_message_comes_up(
    client: httpx.AsyncClient, world: World
) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"{origin(client)}{ANA}?q=x"}
    answer = await post_form(client, f"{ANA}/mute", {"track_sid": sid(world)}, headers=headers)
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "app:changed")
    assert "Microphone of ana muted" in Page(answer.text).text
    headers["HX-Current-URL"] = f"{origin(client)}/rooms"
    elsewhere = await post_form(client, f"{ANA}/mute", {"track_sid": sid(world)}, headers=headers)
    assert (elsewhere.status_code, elsewhere.headers["HX-Redirect"]) == (200, ANA)


async def test_a_removal_asks_first_and_says_what_it_is_not(client: httpx.AsyncClient, world: World) -> None:
    page = Page((await client.get(f"{ANA}/remove")).text)
    assert "Their token stays valid" in page.main
    answer = await submit(client, f"{ANA}/remove", f"{ANA}/remove")
    assert answer.headers["Location"] == "/rooms/standup"
    assert "Removed ana" in (await follow(client, answer)).text
    assert "ana" not in [person.identity for person in world.participants("standup")]


async def test_the_json_and_the_same_from_a_terminal_and_from_python(
    client: httpx.AsyncClient, world: World
) -> None:
    page = Page((await client.get(ANA)).text)
    assert f"{ANA}/json" in [link.href for link in page.links()]
    page = Page((await client.get(f"{ANA}/json")).text)
    for words in ('"identity": "ana"', f"--mute {sid(world)}", "--metadata host", "# await lk.room.remove"):
        assert words in page.main
    for part in ("edit", "subscriptions"):
        page = Page((await client.get(f"{ANA}/{part}")).text)
        assert "lk room" in page.main
        assert "asyncio.run" in page.main
        assert "{}'" not in page.main
    assert (await client.get("/rooms/standup/participants/gone/json")).status_code == 404


async def test_read_only_the_json_is_still_there(browse: Browse) -> None:
    client = await browse(read_only=True)
    assert f"{ANA}/json" in [link.href for link in Page((await client.get(ANA)).text).links()]


async def test_subscriptions_reach_livekit(client: httpx.AsyncClient, world: World) -> None:
    track = sid(world, identity="agent-7")
    form = Page((await client.get(f"{ANA}/subscriptions")).text).form(f"{ANA}/subscriptions")
    assert ("track_sid", track) in form.fields
    for on in ("1", "0"):
        answer = await post_form(client, f"{ANA}/subscriptions", {"track_sid": track, "on": on})
        assert answer.status_code == 303
        assert world.requests[-1][1] == UpdateSubscriptionsRequest(
            room="standup", identity="ana", track_sids=[track], subscribe=on == "1"
        )


async def test_nothing_to_subscribe_to_is_said(client: httpx.AsyncClient, world: World) -> None:
    world.leave("standup", "agent-7")
    page = Page((await client.get(f"{ANA}/subscriptions")).text)
    assert "Nobody else in this room publishes anything" in page.main


async def test_someone_who_has_left_is_a_404_whatever_is_done_to_them(client: httpx.AsyncClient) -> None:
    gone = "/rooms/standup/participants/gone"
    answers = [await client.get(f"{gone}{part}") for part in ("", "/edit")]
    answers += [
        await post_form(client, f"{gone}{part}", {"name": "x", "track_sid": "TR_x"})
        for part in ("/mute-all", "/remove", "/permissions", "/subscriptions", "/edit")
    ]
    for answer in answers:
        assert answer.status_code == 404
        assert "participant does not exist" in Page(answer.text).main


async def test_muting_someone_who_has_left_says_that_nobody_answered(client: httpx.AsyncClient) -> None:
    answer = await post_form(client, "/rooms/standup/participants/gone/mute", {"track_sid": "TR_x"})
    assert answer.status_code == 503
    assert "may have left" in Page(answer.text).main
