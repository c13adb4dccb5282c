"""Rooms are created, described and closed by forms."""

import httpx
import pytest
from livekit.protocol.room import CreateRoomRequest

from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form, submit
from tests.html import Page

HIDDEN = '"$SECRET"'
ALL = {
    "name": "town hall",
    "max_participants": "20",
    "empty_timeout": "600",
    "departure_timeout": "0",
    "metadata": '{"team": "blue"}\r\nline two',
    "min_playout_delay": "100",
    "max_playout_delay": "200",
    "sync_streams": "y",
    "room_preset": "",
    "node_id": "",
    "tags": '{"team": "support"}',
    "agents": '[{"agent_name": "notes", "metadata": "m"}]',
    "egress": '{"tracks": {"filepath": "/out/{track_id}"}}',
}


def _sent(world: World) -> CreateRoomRequest:
    name, request = world.requests[-1]
    assert name == "RoomService/CreateRoom"
    assert isinstance(request, CreateRoomRequest)
    return request


async def test_a_name_is_enough(client: httpx.AsyncClient, world: World) -> None:
    answer = await submit(client, "/rooms/new", "/rooms", name="standup")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rooms/standup")
    assert _sent(world) == CreateRoomRequest(name="standup")


async def test_every_field_reaches_livekit(client: httpx.AsyncClient, world: World) -> None:
    assert (await submit(client, "/rooms/new", "/rooms", **ALL)).status_code == 303
    sent = _sent(world)
    assert (sent.name, sent.max_participants, sent.empty_timeout) == ("town hall", 20, 600)
    assert sent.metadata == '{"team": "blue"}\nline two'
    assert (sent.min_playout_delay, sent.max_playout_delay, sent.sync_streams) == (100, 200, True)
    assert dict(sent.tags) == {"team": "support"}
    assert [agent.agent_name for agent in sent.agents] == ["notes"]
    assert sent.egress.tracks.filepath == "/out/{track_id}"


async def test_a_name_that_is_in_use_is_not_told_as_a_new_room(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup", metadata="kept")
    world.join("standup", "ana")
    answer = await submit(client, "/rooms/new", "/rooms", name="standup")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rooms/standup")
    page = Page((await client.get("/rooms/standup")).text)
    assert "standup is already open" in page.text
    assert "No room was created. It has 1 participant." in page.text
    again = await submit(client, "/rooms/new", "/rooms", name="standup", metadata="kept")
    assert again.status_code == 303
    assert "It already has these settings." in (await client.get("/rooms/standup")).text


async def test_settings_that_an_open_room_does_not_take_are_shown_beside_those_it_has(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("town hall", empty_timeout=600, metadata="<b>old</b>")
    before = world.rooms["town hall"].SerializeToString()
    answer = await submit(client, "/rooms/new", "/rooms", **ALL)
    page = Page(answer.text)
    assert answer.status_code == 409
    assert (
        "town hall is already open. No room was created, and none of these settings was applied." in page.main
    )
    for row in (
        "Max participants 20 no limit",
        'Metadata {"team": "blue"} line two <b>old</b>',
        "Tags as entered below Not reported by LiveKit",
        "Agents as entered below Not reported by LiveKit",
        "Min playout delay as entered below Not reported by LiveKit",
    ):
        assert row in page.main
    # It has the empty timeout that was requested, and the departure timeout was left to LiveKit.
    assert "Empty timeout 10 min" not in page.main
    hrefs = [link.href for link in page.links()]
    room = "/rooms/~dG93biBoYWxs"
    assert {room, f"{room}/metadata", f"{room}/close", "/agents/new?room=town+hall"} <= {*hrefs}
    kept = dict(page.form("/rooms").fields)
    assert (kept["max_participants"], kept["tags"]) == ("20", ALL["tags"])
    assert world.rooms["town hall"].SerializeToString() == before


async def test_an_open_room_does_not_give_a_secret_back(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup")
    egress = (
        '{"room": {"file_outputs": [{"filepath": "a.mp4", "s3": {"secret": "sec-EXAMPLE", "bucket": "b"}}]}}'
    )
    answer = await submit(client, "/rooms/new", "/rooms", name="standup", egress=egress)
    assert answer.status_code == 409
    assert "Automatic recording as entered below Not reported by LiveKit" in Page(answer.text).main
    assert "sec-EXAMPLE" not in answer.text


async def test_of_a_preset_the_settings_that_livekit_chose_are_named(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room that was created in between, or by a preset, has other settings than requested."""
    create = world.create_room
    monkeypatch.setattr(
        world, "create_room", lambda name, **given: create(name, **given | {"max_participants": 3})
    )
    await submit(client, "/rooms/new", "/rooms", name="standup", max_participants="7", empty_timeout="90")
    page = Page((await client.get("/rooms/standup")).text)
    assert "standup is open" in page.text
    assert "Max participants: 3, not 7 as requested." in page.text
    assert "Empty timeout" not in page.text.split("as requested")[0].split("standup is open")[-1]


async def test_preset_and_node_reach_livekit(client: httpx.AsyncClient, world: World) -> None:
    """LiveKit knows no such preset, so the form comes back with what it says."""
    await submit(
        client, "/rooms/new", "/rooms", name="x", room_preset="big", node_id=world.server_info.node_id
    )
    assert (_sent(world).room_preset, _sent(world).node_id) == ("big", world.server_info.node_id)


async def test_the_form_can_be_filled_in_by_its_address(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/rooms/new", params={"name": 'x"y', "max_participants": "7"})).text)
    fields = dict(page.form("/rooms").fields)
    assert (fields["name"], fields["max_participants"]) == ('x"y', "7")
    assert "another look" not in page.main


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Give the room a name"),
        ("name", "ä" * 128 + "x", "allows 256 bytes. This has 257 bytes"),
        ("max_participants", "-1", "from 0 to"),
        ("max_participants", "many", "whole number"),
        ("max_participants", "1.5", "whole number"),
        ("max_participants", "٣", "whole number"),
        ("empty_timeout", "4294967296", "from 0 to"),
        ("departure_timeout", "9" * 5000, "whole number"),
        ("max_playout_delay", "50", "100 ms or more"),
        ("metadata", "x" * (512 * 1024 + 1), "512 KiB. This has 524,289 bytes"),
        ("tags", "team=support", "not JSON in line 1, column 1"),
        ("tags", '["team"]', "look like"),
        ("tags", '{"team": 5}', "in quotes"),
        ("tags", '{"team": "\\ud800"}', "UTF-8"),
        ("agents", '{"agent_name": "notes"}', "look like"),
        ("agents", '[{"agent": "notes"}]', "no such field"),
        ("agents", "[5]", "This must be an object, {…}, not this number."),
        ("agents", "[null]", "This must be an object, {…}, not null."),
        ("egress", '{"tracks": 5}', "tracks must be an object, {…}, not this number."),
        (
            "egress",
            '{"tracks": {"filepath": 5}}',
            "tracks.filepath must be text, in quotes, not this number.",
        ),
        ("egress", '{"tracks": ' + "[" * 5000 + "]" * 5000 + "}", "nested too deep"),
    ],
    ids=lambda text: text[:20],
)
async def test_what_is_wrong_is_said_at_the_field_and_nothing_is_sent(
    field: str, value: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, "/rooms/new", "/rooms", **{**ALL, field: value})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert f"#{field}" in [link.href for link in page.links()]
    kept = dict(page.form("/rooms").fields)
    # JSON that LiveKit doesn't know comes back without what may be a secret.
    value = value.replace('"agent": "notes"', f'"agent": {HIDDEN}').replace("[5]", f"[{HIDDEN}]")
    value = value.replace('"tracks": 5', f'"tracks": {HIDDEN}')
    assert kept | {"csrf_token": ""} == {**ALL, field: value, "metadata": kept["metadata"], "csrf_token": ""}
    assert not world.calls


async def test_a_name_of_256_bytes_is_fine(client: httpx.AsyncClient, world: World) -> None:
    name = "ä" * 128
    assert (await submit(client, "/rooms/new", "/rooms", name=name)).status_code == 303
    assert name in world.rooms


@pytest.mark.parametrize(
    "text", ["x" * 512 * 1024, '{"a":"' + "ü€🎧" * 58253 + '"}'], ids=["ascii", "percent-encoded"]
)
async def test_metadata_of_full_length_is_fine(text: str, client: httpx.AsyncClient, world: World) -> None:
    assert len(text.encode()) > 512 * 1024 - 16
    assert (await submit(client, "/rooms/new", "/rooms", name="x", metadata=text)).status_code == 303
    assert world.rooms["x"].metadata == text


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (
            "room_preset",
            "no preset with this name. It says: unknown room configuration in create room request",
        ),
        ("node_id", "no node with this ID. It says: could not find object"),
    ],
)
async def test_what_livekit_does_not_know_is_said_at_the_field(
    field: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await submit(client, "/rooms/new", "/rooms", name="x", **{field: "none-such"})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert f"#{field}" in [link.href for link in page.links()]
    assert next(one for one in page.all("details") if "adv" in one["class"]).attributes.get("open") == ""
    assert "twirp" not in answer.text
    assert dict(page.form("/rooms").fields)[field] == "none-such"
    assert not world.rooms


async def test_livekits_own_words_are_shown(client: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault("error", code="invalid_argument"))
    page = Page((await submit(client, "/rooms/new", "/rooms", name="x", room_preset="big")).text)
    assert "LiveKit says:" in page.main
    assert "It says" not in page.main


@pytest.mark.parametrize("kind", ["refuse", "cut", "html", "garbage"])
async def test_an_outage_keeps_the_entries(kind: str, client: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault(kind))  # type: ignore[arg-type]
    answer = await submit(client, "/rooms/new", "/rooms", **ALL)
    assert answer.status_code == 502
    kept = dict(Page(answer.text).form("/rooms").fields)
    assert kept["name"] == ALL["name"]
    assert kept["egress"] == ALL["egress"]


async def test_what_can_be_pasted_changes_nothing(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup", metadata="old")
    for part in ("json", "metadata"):
        page = Page((await client.get(f"/rooms/standup/{part}")).text)
        assert "lk room update \\ --metadata old standup" in page.main
        assert "# await lk.room.delete_room(" in page.main
    assert "# lk room delete standup" in Page((await client.get("/rooms/standup/json")).text).main


async def test_the_commands_say_what_the_form_says(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/rooms/new", params={"name": "a b", "max_participants": "7"})).text)
    assert "--empty-timeout 600 \\ --departure-timeout 20 \\ 'a b'" in page.main
    assert "name='a b', empty_timeout=600, departure_timeout=20, max_participants=7," in page.main
    wrong = await submit(client, "/rooms/new", "/rooms", name="a b", empty_timeout="x", tags="{")
    assert "--empty-timeout 600" in Page(wrong.text).main


async def test_a_close_asks_first_and_says_who_is_hit(client: httpx.AsyncClient, world: World) -> None:
    world.join("standup", "ana")
    page = Page((await client.get("/rooms/standup/close")).text)
    assert "1 participant is disconnected" in page.main
    assert "standup" in world.rooms
    answer = await submit(client, "/rooms/standup/close", "/rooms/standup/close")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rooms")
    assert not world.rooms


async def test_a_room_that_is_gone_is_a_404_whatever_is_done_to_it(client: httpx.AsyncClient) -> None:
    answers = [await client.get(f"/rooms/gone{part}") for part in ("", "/json", "/metadata", "/close")]
    answers += [await post_form(client, f"/rooms/gone{part}") for part in ("/close", "/metadata")]
    for answer in answers:
        assert answer.status_code == 404
        assert Page(answer.text).all("nav")
        assert any(
            title in Page(answer.text).main for title in ("This room has closed", "LiveKit can’t find this")
        )


async def test_a_file_extension_in_a_name_changes_nothing(client: httpx.AsyncClient) -> None:
    for name in ("backup.json", "table.csv"):
        answer = await client.get(f"/rooms/{name}")
        assert answer.status_code == 404
        assert Page(answer.text).all("nav")


async def test_the_ticked_rooms_are_closed_together(client: httpx.AsyncClient, world: World) -> None:
    for name in ("a", "b/c", "", "kept"):
        world.create_room(name)
    query = {"room": ["a", "~Yi9j", "~", "gone"]}
    page = Page((await client.get("/rooms/close", params=query)).text)
    assert "Close 3 rooms?" in page.main
    answer = await submit(client, f"/rooms/close?{httpx.QueryParams(query)}", "/rooms/close")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rooms")
    assert set(world.rooms) == {"kept"}


async def test_a_room_that_no_node_has_is_closed_all_the_same(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup")
    world.left_behind.add("standup")
    answer = await submit(client, "/rooms/standup/close", "/rooms/standup/close")
    assert answer.status_code == 303
    assert not world.rooms


async def test_what_could_not_be_closed_is_named(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("here")
    await post_form(client, "/rooms/close", {"room": ["here", "gone", "here", "~!"]})
    page = Page((await client.get("/rooms")).text)
    assert "Closed 1 room, 1 failed" in page.text
    assert "gone: requested room does not exist" in page.text
    assert not world.rooms


@pytest.mark.parametrize("data", [{}, {"room": "~!"}])
async def test_closing_nothing_closes_nothing(
    data: dict[str, str], client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("kept")
    assert (await post_form(client, "/rooms/close", data)).status_code == 303
    assert set(world.rooms) == {"kept"}
    assert "No room is selected" in Page((await client.get("/rooms/close")).text).main
