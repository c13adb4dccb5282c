"""Name, metadata, attributes and permissions of someone in a room, and who else changes them meanwhile."""

from json import loads as parsed_json

import httpx
import pytest
from livekit.protocol import models
from livekit.protocol.room import UpdateParticipantRequest

from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.routes.ana import ANA, ana, follow
from tests.routes.site import fill


@pytest.fixture(autouse=True)
async def _filled(world: World) -> None:
    fill(world)


async def test_a_permission_is_taken_and_the_others_stay(client: httpx.AsyncClient, world: World) -> None:
    """What the form does not show stays too: what may be published, whether it is an agent or a recorder."""
    permission = ana(world).permission
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
    assert "Permissions of ana saved" in (await follow(client, answer)).text
    assert ana(world).permission == wanted


async def test_all_permissions_can_be_taken_and_given_back(client: httpx.AsyncClient, world: World) -> None:
    await submit(client, ANA, f"{ANA}/permissions", permission=None)
    assert ana(world).permission == models.ParticipantPermission()
    await submit(client, ANA, f"{ANA}/permissions", permission=["can_publish", "hidden", "nonsense"])
    assert ana(world).permission == models.ParticipantPermission(can_publish=True, hidden=True)


async def test_an_edit_changes_what_was_changed(client: httpx.AsyncClient, world: World) -> None:
    ana(world).attributes.update({"color": "blue", "lang": "de"})
    before = dict(ana(world).attributes)
    answer = await submit(client, f"{ANA}/edit", "", name="Ana Banana")
    assert "Saved" in (await follow(client, answer)).text
    assert (ana(world).name, ana(world).metadata, dict(ana(world).attributes)) == (
        "Ana Banana",
        "host",
        before,
    )


async def test_an_attribute_that_is_left_out_is_deleted(client: httpx.AsyncClient, world: World) -> None:
    ana(world).attributes.update({"color": "blue"})
    await submit(client, f"{ANA}/edit", "", attributes='{"role": "guest", "new": "1"}')
    assert dict(ana(world).attributes) == {"role": "guest", "new": "1"}
    await submit(client, f"{ANA}/edit", "", attributes="")
    assert not ana(world).attributes


def _parsed(text: str) -> dict[str, str]:
    return dict(parsed_json(text or "{}"))


async def _opened(client: httpx.AsyncClient, path: str, action: str = "") -> dict[str, str]:
    """The fields of a form as it is now."""
    return dict(Page((await client.get(path)).text).form(action).fields)


async def test_what_others_change_while_the_form_is_open_stays(
    client: httpx.AsyncClient, world: World
) -> None:
    """An agent tells its state by an attribute, every second or so."""
    ana(world).attributes.update({"lk.agent.state": "idle", "old": "1"})
    fields = await _opened(client, f"{ANA}/edit")
    ana(world).attributes.update({"lk.agent.state": "speaking", "fresh": "1"})
    del ana(world).attributes["old"]
    ana(world).metadata = "theirs"
    answer = await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B."})
    assert "Saved" in (await follow(client, answer)).text
    assert (ana(world).name, ana(world).metadata) == ("Ana B.", "theirs")
    assert dict(ana(world).attributes) == {"role": "host", "lk.agent.state": "speaking", "fresh": "1"}
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
            setattr(ana(world), key, value)
        else:
            ana(world).attributes[key] = value
    ana(world).attributes["else"] = "1"
    before = ana(world).SerializeToString(deterministic=True)
    answer = await post_form(client, f"{ANA}/edit", fields | ours)
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "Someone else changed this meanwhile" in page.main
    assert ana(world).SerializeToString(deterministic=True) == before
    again = dict(page.form("").fields)
    for key, value in ours.items():
        wanted = _parsed(value) | {"else": "1"} if key == "attributes" else value
        assert (_parsed(again[key]) if key == "attributes" else again[key]) == wanted

    answer = await post_form(client, f"{ANA}/edit", again)
    assert "Saved" in (await follow(client, answer)).text
    assert dict(ana(world).attributes)["else"] == "1"
    now = await _opened(client, f"{ANA}/edit")
    assert (now["name"], now["metadata"]) == (again["name"], again["metadata"])
    assert _parsed(now["attributes"]) == _parsed(again["attributes"])


async def test_two_who_want_the_same_do_not_disagree(client: httpx.AsyncClient, world: World) -> None:
    fields = await _opened(client, f"{ANA}/edit")
    ana(world).name = "Ana B."
    answer = await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B."})
    assert "Nothing was changed" in (await follow(client, answer)).text
    assert "RoomService/UpdateParticipant" not in world.calls


@pytest.mark.parametrize("seen", ["", "{", "[]", "5", "[" * 100_000, '{"x": [], "name": 5}'])
async def test_without_what_was_seen_the_entries_count(
    seen: str, client: httpx.AsyncClient, world: World
) -> None:
    fields = await _opened(client, f"{ANA}/edit")
    await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B.", "seen": seen})
    answer = await post_form(client, f"{ANA}/edit", fields | {"name": "Ana B.", "seen": seen})
    assert answer.status_code in (303, 409)
    assert dict(ana(world).attributes) == {"role": "host"}


async def test_metadata_is_indented_for_reading_and_not_stored_so(
    client: httpx.AsyncClient, world: World
) -> None:
    ana(world).metadata = '{"seat":{"row":4}}'
    page = Page((await client.get(f"{ANA}/edit")).text)
    assert dict(page.form("").fields)["metadata"] == '{\n  "seat": {\n    "row": 4\n  }\n}'
    assert "32 B of 512 KiB. It is indented here for reading: 18 B are stored" in page.main
    await submit(client, f"{ANA}/edit", "", name="Ana B.")
    assert ana(world).metadata == '{"seat":{"row":4}}'


async def test_permissions_that_others_changed_meanwhile_are_not_given_back(
    client: httpx.AsyncClient, world: World
) -> None:
    """LiveKit replaces all of them, so the second one has to look at the first one's first."""
    fields = Page((await client.get(ANA)).text).form(f"{ANA}/permissions").fields
    ticked = [value for name, value in fields if name == "permission"]
    assert {"can_publish", "can_publish_data"} <= {*ticked}
    ana(world).permission.can_publish = False
    data = {**dict(fields), "permission": [key for key in ticked if key != "can_publish_data"]}
    calm = await post_form(client, f"{ANA}/permissions", data, headers={"HX-Request": "true"})
    assert (calm.status_code, calm.headers["HX-Trigger"]) == (409, "app:changed")
    assert "Someone else changed these permissions" in Page(calm.text).text
    answer = await post_form(client, f"{ANA}/permissions", data)
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "Someone else changed this meanwhile" in page.main
    assert ana(world).permission.can_publish_data
    assert [link.href for link in page.links() if link.text == "load it afresh"] == [ANA]

    # The newest is shown, but for what was changed here.
    again = page.form(f"{ANA}/permissions").fields
    kept = [value for name, value in again if name == "permission"]
    assert kept == [key for key in ticked if key not in ("can_publish", "can_publish_data")]
    answer = await post_form(client, f"{ANA}/permissions", {**dict(again), "permission": kept})
    assert answer.status_code == 303
    assert not ana(world).permission.can_publish
    assert not ana(world).permission.can_publish_data


async def test_what_may_be_published_is_chosen(client: httpx.AsyncClient, world: World) -> None:
    page = Page((await client.get(ANA)).text)
    assert "all, if none is selected" in page.main
    wanted = ["", "camera", "screen share audio", "nonsense"]
    await submit(client, ANA, f"{ANA}/permissions", source=wanted)
    sources = ana(world).permission.can_publish_sources
    assert list(sources) == [models.CAMERA, models.SCREEN_SHARE_AUDIO]
    form = Page((await client.get(ANA)).text).form(f"{ANA}/permissions")
    assert [value for name, value in form.fields if name == "source"] == wanted[:3]
    await submit(client, ANA, f"{ANA}/permissions", source="")
    assert not ana(world).permission.can_publish_sources
    assert ana(world).permission.can_publish


async def test_sources_that_have_no_box_stay_beside_those_that_have(
    client: httpx.AsyncClient, world: World
) -> None:
    ana(world).permission.can_publish_sources.extend([models.CAMERA, 99])
    await submit(client, ANA, f"{ANA}/permissions", source=["", "microphone"])
    assert list(ana(world).permission.can_publish_sources) == [models.MICROPHONE, 99]
    await submit(client, ANA, f"{ANA}/permissions", permission=["hidden"])
    assert list(ana(world).permission.can_publish_sources) == [models.MICROPHONE, 99]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "can’t clear a name"),
        ("name", "ä" * 129, "allows 256 bytes"),
        ("metadata", "", "can’t clear metadata"),
        ("attributes", "role=host", "not JSON"),
        ("attributes", '{"role": ["host"]}', "in quotes"),
        ("attributes", '{"\\udfff": "host"}', "UTF-8"),
        ("attributes", '{"role": "' + "x" * 65536 + '"}', "64 KiB"),
    ],
    ids=lambda text: text[:20],
)
async def test_what_is_wrong_is_said_at_the_field_and_nothing_is_changed(
    field: str, value: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    before = ana(world).SerializeToString(deterministic=True)
    answer = await submit(client, f"{ANA}/edit", "", **{field: value})
    page = Page(answer.text)
    assert answer.status_code == 422
    assert words in page.main
    assert dict(page.form("").fields)[field] == value
    assert ana(world).SerializeToString(deterministic=True) == before
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
