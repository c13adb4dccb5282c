"""What can be done to someone in a room."""

from json import loads as parsed_json

import httpx
import pytest
from livekit.protocol import models
from livekit.protocol.room import UpdateParticipantRequest, UpdateSubscriptionsRequest

from livekit_dashboard.simulator import Fault, World
from tests.dashboard import origin, post_form, submit
from tests.html import Page
from tests.routes.conftest import Browse
from tests.routes.site import fill, sid

ANA = "/rooms/standup/participants/ana"


@pytest.fixture(autouse=True)
async def _filled(world: World) -> None:
    fill(world)


def _ana(world: World) -> models.ParticipantInfo:
    return world.participant("standup", "ana")


async def _follow(client: httpx.AsyncClient, answer: httpx.Response) -> Page:
    assert answer.status_code == 303
    return Page((await client.get(answer.headers["Location"])).text)


async def test_a_track_is_muted(client: httpx.AsyncClient, world: World) -> None:
    answer = await submit(client, ANA, f"{ANA}/mute")
    assert _ana(world).tracks[0].muted
    page = await _follow(client, answer)
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
    assert _ana(world).tracks[1].muted


async def test_where_the_server_allows_it_a_track_is_unmuted(client: httpx.AsyncClient, world: World) -> None:
    world.remote_unmute = True
    answer = await post_form(client, f"{ANA}/mute", {"track_sid": sid(world, 1), "muted": "0"})
    assert "Camera of ana unmuted" in (await _follow(client, answer)).text
    assert not _ana(world).tracks[1].muted


@pytest.mark.parametrize("track", ["TR_gone", "", "💥"])
async def test_a_track_that_is_gone_is_not_said_to_be_muted(track: str, client: httpx.AsyncClient) -> None:
    answer = await post_form(client, f"{ANA}/mute", {"track_sid": track})
    assert answer.status_code == 404
    assert "no such track" in Page(answer.text).main


async def test_all_tracks_are_muted_at_once(client: httpx.AsyncClient, world: World) -> None:
    world.publish("standup", "ana", "screen_share")
    answer = await submit(client, ANA, f"{ANA}/mute-all")
    assert "Muted 2 tracks of ana" in (await _follow(client, answer)).text
    assert all(track.muted for track in _ana(world).tracks)
    again = await submit(client, ANA, f"{ANA}/mute-all")
    assert "Nothing was left to mute" in (await _follow(client, again)).text


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
    assert "Removed ana" in (await _follow(client, answer)).text
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


async def test_a_permission_is_taken_and_the_others_stay(client: httpx.AsyncClient, world: World) -> None:
    """What the form does not show stays too: what may be published, whether it is an agent or a recorder."""
    permission = _ana(world).permission
    permission.can_publish_sources.extend([models.MICROPHONE, models.CAMERA])
    permission.can_update_metadata = True
    permission.agent = True
    wanted = models.ParticipantPermission()
    wanted.CopyFrom(permission)
    wanted.can_publish_data = False

    page = Page((await client.get(ANA)).text)
    ticked = [value for name, value in page.form(f"{ANA}/permissions").fields if name == "permission"]
    kept = [value for value in ticked if value != "can_publish_data"]
    assert len(kept) == len(ticked) - 1
    answer = await submit(client, ANA, f"{ANA}/permissions", permission=kept)
    assert "Permissions of ana saved" in (await _follow(client, answer)).text
    assert _ana(world).permission == wanted


async def test_all_permissions_can_be_taken_and_given_back(client: httpx.AsyncClient, world: World) -> None:
    await submit(client, ANA, f"{ANA}/permissions", permission=None)
    assert _ana(world).permission == models.ParticipantPermission()
    await submit(client, ANA, f"{ANA}/permissions", permission=["can_publish", "hidden", "nonsense"])
    assert _ana(world).permission == models.ParticipantPermission(can_publish=True, hidden=True)


async def test_an_edit_changes_what_was_changed(client: httpx.AsyncClient, world: World) -> None:
    _ana(world).attributes.update({"color": "blue", "lang": "de"})
    before = dict(_ana(world).attributes)
    answer = await submit(client, f"{ANA}/edit", "", name="Ana Banana")
    assert "Saved" in (await _follow(client, answer)).text
    assert (_ana(world).name, _ana(world).metadata, dict(_ana(world).attributes)) == (
        "Ana Banana",
        "host",
        before,
    )


async def test_an_attribute_that_is_left_out_is_deleted(client: httpx.AsyncClient, world: World) -> None:
    _ana(world).attributes.update({"color": "blue"})
    await submit(client, f"{ANA}/edit", "", attributes='{"role": "guest", "new": "1"}')
    assert dict(_ana(world).attributes) == {"role": "guest", "new": "1"}
    await submit(client, f"{ANA}/edit", "", attributes="")
    assert not _ana(world).attributes


def _parsed(text: str) -> dict[str, str]:
    return dict(parsed_json(text or "{}"))


async def _opened(client: httpx.AsyncClient, path: str, action: str = "") -> dict[str, str]:
    """The fields of a form as it is now."""
    return dict(Page((await client.get(path)).text).form(action).fields)


async def test_what_others_change_while_the_form_is_open_stays(
    client: httpx.AsyncClient, world: World
) -> None:
    """An agent tells its state by an attribute, every second or so."""
    _ana(world).attributes.update({"lk.agent.state": "idle", "old": "1"})
    fields = await _opened(client, f"{ANA}/edit")
    _ana(world).attributes.update({"lk.agent.state": "speaking", "fresh": "1"})
    del _ana(world).attributes["old"]
    _ana(world).metadata = "theirs"
    answer = await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B."})
    assert "Saved" in (await _follow(client, answer)).text
    assert (_ana(world).name, _ana(world).metadata) == ("Ana B.", "theirs")
    assert dict(_ana(world).attributes) == {"role": "host", "lk.agent.state": "speaking", "fresh": "1"}
    sent = next(request for _, request in world.requests if isinstance(request, UpdateParticipantRequest))
    assert (sent.metadata, dict(sent.attributes)) == ("", {})


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"name": "Theirs"}, {"name": "Ours"}),
        ({"metadata": "theirs"}, {"metadata": "ours"}),
        ({"role": "theirs"}, {"attributes": '{"role": "ours"}'}),
        ({"role": "theirs"}, {"attributes": ""}),
        ({"new": "theirs"}, {"attributes": '{"role": "host", "new": "ours"}'}),
    ],
)
async def test_the_same_changed_by_two_is_told_to_the_second(
    theirs: dict[str, str], ours: dict[str, str], client: httpx.AsyncClient, world: World
) -> None:
    fields = await _opened(client, f"{ANA}/edit")
    for key, value in theirs.items():
        if key in ("name", "metadata"):
            setattr(_ana(world), key, value)
        else:
            _ana(world).attributes[key] = value
    _ana(world).attributes["else"] = "1"
    before = _ana(world).SerializeToString(deterministic=True)
    answer = await post_form(client, f"{ANA}/edit", fields | ours)
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "Someone else changed this meanwhile" in page.main
    assert _ana(world).SerializeToString(deterministic=True) == before
    again = dict(page.form("").fields)
    for key, value in ours.items():
        wanted = _parsed(value) | {"else": "1"} if key == "attributes" else value
        assert (_parsed(again[key]) if key == "attributes" else again[key]) == wanted

    answer = await post_form(client, f"{ANA}/edit", again)
    assert "Saved" in (await _follow(client, answer)).text
    assert dict(_ana(world).attributes)["else"] == "1"
    now = await _opened(client, f"{ANA}/edit")
    assert (now["name"], now["metadata"]) == (again["name"], again["metadata"])
    assert _parsed(now["attributes"]) == _parsed(again["attributes"])


async def test_two_who_want_the_same_do_not_disagree(client: httpx.AsyncClient, world: World) -> None:
    fields = await _opened(client, f"{ANA}/edit")
    _ana(world).name = "Ana B."
    answer = await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B."})
    assert "Nothing was changed" in (await _follow(client, answer)).text
    assert "RoomService/UpdateParticipant" not in world.calls


@pytest.mark.parametrize("seen", ["", "{", "[]", "5", "[" * 100_000, '{"x": [], "name": 5}'])
async def test_without_what_was_seen_the_entries_count(
    seen: str, client: httpx.AsyncClient, world: World
) -> None:
    fields = await _opened(client, f"{ANA}/edit")
    await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B.", "seen": seen})
    answer = await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B.", "seen": seen})
    assert answer.status_code in (303, 409)
    assert dict(_ana(world).attributes) == {"role": "host"}


async def test_metadata_is_indented_for_reading_and_not_stored_so(
    client: httpx.AsyncClient, world: World
) -> None:
    _ana(world).metadata = '{"seat":{"row":4}}'
    page = Page((await client.get(f"{ANA}/edit")).text)
    assert dict(page.form("").fields)["metadata"] == '{\n  "seat": {\n    "row": 4\n  }\n}'
    assert "32 B of 512.0 KB. It is indented here for reading: 18 B are stored" in page.main
    await submit(client, f"{ANA}/edit", "", name="Ana B.")
    assert _ana(world).metadata == '{"seat":{"row":4}}'


async def test_permissions_that_others_changed_meanwhile_are_not_given_back(
    client: httpx.AsyncClient, world: World
) -> None:
    """LiveKit replaces all of them, so the second one has to look at the first one's first."""
    fields = Page((await client.get(ANA)).text).form(f"{ANA}/permissions").fields
    ticked = [value for name, value in fields if name == "permission"]
    assert {"can_publish", "can_publish_data"} <= {*ticked}
    _ana(world).permission.can_publish = False
    data = {**dict(fields), "permission": [key for key in ticked if key != "can_publish_data"]}
    calm = await post_form(client, f"{ANA}/permissions", data, headers={"HX-Request": "true"})
    assert (calm.status_code, calm.headers["HX-Trigger"]) == (409, "app:changed")
    assert "Someone else changed these permissions" in Page(calm.text).text
    answer = await post_form(client, f"{ANA}/permissions", data)
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "Someone else changed this meanwhile" in page.main
    assert _ana(world).permission.can_publish_data

    # The newest is shown, but for what was changed here.
    again = page.form(f"{ANA}/permissions").fields
    kept = [value for name, value in again if name == "permission"]
    assert kept == [key for key in ticked if key not in ("can_publish", "can_publish_data")]
    answer = await post_form(client, f"{ANA}/permissions", {**dict(again), "permission": kept})
    assert answer.status_code == 303
    assert not _ana(world).permission.can_publish
    assert not _ana(world).permission.can_publish_data


async def test_what_may_be_published_is_chosen(client: httpx.AsyncClient, world: World) -> None:
    page = Page((await client.get(ANA)).text)
    assert "none ticked means everything" in page.main
    wanted = ["", "camera", "screen share audio", "nonsense"]
    await submit(client, ANA, f"{ANA}/permissions", source=wanted)
    sources = _ana(world).permission.can_publish_sources
    assert list(sources) == [models.CAMERA, models.SCREEN_SHARE_AUDIO]
    form = Page((await client.get(ANA)).text).form(f"{ANA}/permissions")
    assert [value for name, value in form.fields if name == "source"] == wanted[:3]
    await submit(client, ANA, f"{ANA}/permissions", source="")
    assert not _ana(world).permission.can_publish_sources
    assert _ana(world).permission.can_publish


async def test_sources_that_have_no_box_stay_beside_those_that_have(
    client: httpx.AsyncClient, world: World
) -> None:
    _ana(world).permission.can_publish_sources.extend([models.CAMERA, 99])
    await submit(client, ANA, f"{ANA}/permissions", source=["", "microphone"])
    assert list(_ana(world).permission.can_publish_sources) == [models.MICROPHONE, 99]
    await submit(client, ANA, f"{ANA}/permissions", permission=["hidden"])
    assert list(_ana(world).permission.can_publish_sources) == [models.MICROPHONE, 99]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "can’t take a name away"),
        ("name", "ä" * 129, "allows 256 bytes"),
        ("metadata", "", "can’t empty metadata"),
        ("attributes", "role=host", "not JSON"),
        ("attributes", '{"role": ["host"]}', "in quotes"),
        ("attributes", '{"\\udfff": "host"}', "UTF-8"),
        ("attributes", '{"role": "' + "x" * 65536 + '"}', "64.0 KB"),
    ],
    ids=lambda text: text[:20],
)
async def test_what_is_wrong_is_said_at_the_field_and_nothing_is_changed(
    field: str, value: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    before = _ana(world).SerializeToString(deterministic=True)
    answer = await submit(client, f"{ANA}/edit", "", **{field: value})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert dict(page.form("").fields)[field] == value
    assert _ana(world).SerializeToString(deterministic=True) == before
    assert "RoomService/UpdateParticipant" not in world.calls


@pytest.mark.parametrize("kind", ["refuse", "error", "garbage"])
@pytest.mark.parametrize("path", [f"{ANA}/edit", "/rooms/standup/metadata"])
async def test_an_outage_keeps_the_entries(
    path: str, kind: str, client: httpx.AsyncClient, world: World
) -> None:
    fields = dict(Page((await client.get(path)).text).form("").fields)
    world.faults.add(Fault(kind, code="internal"))  # type: ignore[arg-type]
    answer = await client.post(path, data=fields | {"metadata": "typed for an hour"})
    assert answer.status_code == 502
    assert dict(Page(answer.text).form("").fields)["metadata"] == "typed for an hour"
    assert "Nothing was saved" in Page(answer.text).main


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
