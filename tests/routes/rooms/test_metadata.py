"""The metadata of an open room: shown, saved, and changed by someone else meanwhile."""

import httpx
import pytest

from livekit_dashboard.simulator import World
from tests.dashboard import post_form, submit
from tests.html import Page


async def test_metadata_is_shown_indented_and_saved_as_typed(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup", metadata='{"a":{"b":1}}')
    page = Page((await client.get("/rooms/standup/metadata")).text)
    assert dict(page.form("").fields)["metadata"] == '{\n  "a": {\n    "b": 1\n  }\n}'
    answer = await submit(client, "/rooms/standup/metadata", "", metadata="one\r\ntwo")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rooms/standup/metadata")
    assert world.rooms["standup"].metadata == "one\ntwo"


async def test_what_was_indented_for_reading_is_not_stored_so(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup", metadata='{"a":{"b":1}}')
    answer = await submit(client, "/rooms/standup/metadata", "")
    assert "Nothing was changed" in (await client.get(answer.headers["Location"])).text
    assert "RoomService/UpdateRoomMetadata" not in world.calls
    assert world.rooms["standup"].metadata == '{"a":{"b":1}}'


async def test_metadata_that_someone_else_changed_is_not_overwritten_unasked(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup", metadata="old")
    fields = dict(Page((await client.get("/rooms/standup/metadata")).text).form("").fields)
    world.rooms["standup"].metadata = "theirs"
    untouched = await post_form(client, "/rooms/standup/metadata", fields)
    assert untouched.status_code == 303
    answer = await post_form(client, "/rooms/standup/metadata", fields | {"metadata": "ours"})
    page = Page(answer.text)
    assert answer.status_code == 409
    assert "Someone else changed this meanwhile" in page.main
    assert world.rooms["standup"].metadata == "theirs"
    again = dict(page.form("").fields)
    assert again["metadata"] == "ours"
    assert (await post_form(client, "/rooms/standup/metadata", again)).status_code == 303
    assert world.rooms["standup"].metadata == "ours"


async def test_bytes_that_are_stored_and_bytes_that_are_shown(
    client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup", metadata='{"a":{"b":1}}')
    world.create_room("plain", metadata="words")
    page = Page((await client.get("/rooms/standup/metadata")).text)
    assert "27 B of 512 KiB. It is indented here for reading: 13 B are stored" in page.main
    page = Page((await client.get("/rooms/plain/metadata")).text)
    assert "5 B of 512 KiB" in page.main
    assert "indented" not in page.main


async def test_metadata_that_would_get_too_long_is_not_indented(
    client: httpx.AsyncClient, world: World
) -> None:
    text = "[" + "1," * (250 * 1024) + "1]"
    world.create_room("standup", metadata=text)
    answer = await submit(client, "/rooms/standup/metadata", "", metadata=text.replace("1]", "2]"))
    assert answer.status_code == 303
    assert world.rooms["standup"].metadata == text.replace("1]", "2]")


@pytest.mark.parametrize(
    "text", ['{"half": "\\ud800"}', "[" * 100_000, "{" * 20, '{"x": 1e999}', "\0", "</textarea><script>"]
)
async def test_metadata_that_others_wrote_can_be_opened_and_saved(
    text: str, client: httpx.AsyncClient, world: World
) -> None:
    world.create_room("standup", metadata=text)
    assert (await client.get("/rooms/standup")).status_code == 200
    assert (await client.get("/rooms/standup/json")).status_code == 200
    answer = await submit(client, "/rooms/standup/metadata", "")
    assert answer.status_code == 303


async def test_metadata_can_be_emptied(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup", metadata="x")
    await submit(client, "/rooms/standup/metadata", "", metadata="")
    assert world.rooms["standup"].metadata == ""


async def test_metadata_too_long_stays_in_the_form(client: httpx.AsyncClient, world: World) -> None:
    world.create_room("standup")
    text = "y" * (512 * 1024 + 1)
    answer = await submit(client, "/rooms/standup/metadata", "", metadata=text)
    assert answer.status_code == 422
    assert dict(Page(answer.text).form("").fields)["metadata"] == text
    assert "RoomService/UpdateRoomMetadata" not in world.calls
