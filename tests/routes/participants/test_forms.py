"""What can be done to someone in a room."""

import time

import httpx
import pytest
from livekit.protocol import models
from livekit.protocol.room import UpdateSubscriptionsRequest

from livekit_dashboard.services.refusals import KEEP
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import Dashboard, origin, post_form, submit
from tests.html import Page
from tests.routes.ana import ANA, ana, follow
from tests.routes.conftest import Browse
from tests.routes.site import fill, sid


@pytest.fixture(autouse=True)
async def _filled(world: World) -> None:
    fill(world)


async def test_what_the_client_reports_is_shown(client: httpx.AsyncClient, world: World) -> None:
    plain = Page((await client.get(ANA)).text).main
    for label in ("Client protocol", "Capabilities", "Disconnected", "Data tracks", "Kind"):
        assert label not in plain
    person = ana(world)
    person.client_protocol = 17
    person.kind_details.extend(
        [models.ParticipantInfo.CONNECTOR_WHATSAPP, models.ParticipantInfo.FORWARDED, 99]
    )
    person.capabilities.extend([models.ClientInfo.CAP_PACKET_TRAILER, 98])
    person.disconnect_reason = models.DisconnectReason.SIP_TRUNK_FAILURE
    person.data_tracks.append(models.DataTrackInfo(sid="DTR_1", name="<b>pose", encryption=1))
    features = [models.AudioTrackFeature.TF_STEREO, models.AudioTrackFeature.TF_NO_DTX, 97]
    person.tracks[0].audio_features.extend(features)
    person.tracks[0].disable_red = True
    page = Page((await client.get(ANA)).text).main
    for words in (
        "KindStandard WhatsApp connector, Forwarded, Unknown (99)",
        "Client protocol17",
        "CapabilitiesPacket trailer, Unknown (98)",
        "DisconnectedSIP trunk failure",
        "Data tracks 1 <b>pose encryptedDTR_1",
        "DTX off · Unknown (97) · RED off",
    ):
        assert words in page
    listed = (await client.get("/rooms/standup/participants.json")).json()["participants"]
    details = next(one["details"] for one in listed if one["identity"] == "ana")
    assert details["kinds"] == ["WhatsApp connector", "Forwarded", "Unknown (99)"]


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


async def test_unmute_is_not_offered_again_once_the_server_has_refused_it(
    client: httpx.AsyncClient, world: World, dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {"track_sid": sid(world, 1), "muted": "0"}
    page = Page((await client.get(ANA)).text)
    assert _unmutes(page) == 1
    assert "allow unmuting others" not in page.main
    await post_form(client, f"{ANA}/mute", data)
    for path in (ANA, f"{ANA}?panel=1&partial=1"):
        page = Page((await client.get(path)).text)
        assert _unmutes(page) == 0
        assert "enable_remote_unmute: true" in page.text
    assert "Mute Microphone. Only the participant can unmute it." in [
        one.attributes.get("title") for one in page.all("button")
    ]
    # Muting is still possible, says nothing about unmuting, and an outage or ten minutes forget the answer.
    await post_form(client, f"{ANA}/mute", {"track_sid": sid(world, 0)})
    assert _unmutes(Page((await client.get(ANA)).text)) == 0
    refusals = dashboard.app.state.dashboard.livekit.refusals
    later = time.monotonic() + KEEP
    with monkeypatch.context() as clock:
        clock.setattr(time, "monotonic", lambda: later + 1)
        assert not refusals["unmute"].refused
    assert refusals["unmute"].refused
    world.faults.add(Fault("refuse"), times=1)
    assert (await client.get(ANA)).status_code == 502
    assert _unmutes(Page((await client.get(ANA)).text)) == 2


def _unmutes(page: Page) -> int:
    return sum(("muted", "0") in form.fields for form in page.forms)


async def test_what_is_refused_for_another_reason_is_still_offered(
    client: httpx.AsyncClient, world: World
) -> None:
    world.faults.add(Fault("error", "RoomService/MutePublishedTrack", code="permission_denied"), times=1)
    await post_form(client, f"{ANA}/mute", {"track_sid": sid(world, 1), "muted": "0"})
    await post_form(client, f"{ANA}/mute", {"track_sid": "TR_gone", "muted": "1"})
    assert _unmutes(Page((await client.get(ANA)).text)) == 1


async def test_a_server_that_allows_it_after_all_is_believed(client: httpx.AsyncClient, world: World) -> None:
    data = {"track_sid": sid(world, 1), "muted": "0"}
    await post_form(client, f"{ANA}/mute", data)
    world.remote_unmute = True
    await post_form(client, f"{ANA}/mute", data)
    await post_form(client, f"{ANA}/mute", data | {"muted": "1"})
    assert _unmutes(Page((await client.get(ANA)).text)) == 1


@pytest.mark.parametrize(("setting", "offered"), [("on", 1), ("off", 0), ("auto", 1)])
async def test_a_setting_says_whether_unmute_is_offered(setting: str, offered: int, browse: Browse) -> None:
    client = await browse(remote_unmute=setting)
    page = Page((await client.get(ANA)).text)
    assert _unmutes(page) == offered
    assert ("REMOTE_UNMUTE=off" in page.main) == (setting == "off")


@pytest.mark.parametrize("verb", ["move", "forward"])
async def test_what_a_server_does_not_implement_is_not_offered_again(
    verb: str, client: httpx.AsyncClient
) -> None:
    other = {"move": "forward", "forward": "move"}[verb]
    assert Page((await client.get(f"{ANA}/{verb}")).text).form("").buttons == 1
    answer = await submit(client, f"{ANA}/{verb}", "", destination="lounge")
    assert answer.status_code == 501
    assert dict(Page(answer.text).form("").fields)["destination"] == "lounge"
    page = Page((await client.get(f"{ANA}/{verb}")).text)
    assert page.form("").buttons == 0
    assert f"This server can’t {verb} participants" in page.main
    assert Page((await client.get(f"{ANA}/{other}")).text).form("").buttons == 1


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
    assert "Nothing left to mute" in (await follow(client, again)).text


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
    assert "No other participant in this room publishes a track" in page.main


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
    assert "check that they are still in the room" in Page(answer.text).main
