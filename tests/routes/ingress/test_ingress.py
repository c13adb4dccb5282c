"""The list of ingresses, one of them, and what is done to it."""

import csv
import io

import httpx
import pytest
from livekit.protocol import ingress, models

from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.routes.conftest import Browse

State = ingress.IngressState
KEY = "kP3vN8xQ2mWt"


def add(world: World, ingress_id: str = "IN_1", **fields: object) -> ingress.IngressInfo:
    """An RTMP ingress that is stored."""
    given = {
        "ingress_id": ingress_id,
        "stream_key": KEY,
        "url": "rtmp://in.example.com/live",
        "room_name": "town-hall",
        "participant_identity": "stage",
        "reusable": True,
        "enable_transcoding": True,
        **fields,
    }
    info = world.ingresses.items[ingress_id] = ingress.IngressInfo(**given)  # type: ignore[arg-type]
    return info


def _in_state(world: World, ingress_id: str, status: ingress.IngressState.Status, **fields: object) -> None:
    add(world, ingress_id, name=ingress_id.lower(), state=State(status=status), **fields)


def _rows(page: Page) -> list[str]:
    return [link.text for link in page.links("name")]


async def test_live_ones_come_first_and_states_filter(client: httpx.AsyncClient, world: World) -> None:
    _in_state(world, "IN_off", State.ENDPOINT_INACTIVE, enabled=False)
    _in_state(world, "IN_idle", State.ENDPOINT_INACTIVE)
    _in_state(world, "IN_done", State.ENDPOINT_COMPLETE)
    _in_state(world, "IN_bad", State.ENDPOINT_ERROR)
    _in_state(world, "IN_soon", State.ENDPOINT_BUFFERING)
    _in_state(world, "IN_on", State.ENDPOINT_PUBLISHING)
    page = Page((await client.get("/ingress")).text)
    assert _rows(page) == ["in_on", "in_soon", "in_bad", "in_idle", "in_done", "in_off"]
    for state, names in {
        "publishing": ["in_on"],
        "buffering": ["in_soon"],
        "inactive": ["in_idle", "in_done"],
        "error": ["in_bad"],
        "disabled": ["in_off"],
    }.items():
        assert _rows(Page((await client.get("/ingress", params={"state": state})).text)) == names


@pytest.mark.parametrize(
    ("query", "found"), [("STAGE", ["b"]), ("studio", ["a"]), ("in_a", ["a"]), ("x.mp4", ["c"]), ("zzz", [])]
)
async def test_search(query: str, found: list[str], client: httpx.AsyncClient, world: World) -> None:
    add(world, "IN_a", name="a", room_name="studio", participant_identity="one")
    add(world, "IN_b", name="b", participant_identity="stage")
    add(
        world,
        "IN_c",
        name="c",
        input_type=ingress.URL_INPUT,
        url="https://example.com/x.mp4",
        participant_identity="c",
    )
    page = Page((await client.get("/ingress", params={"q": query})).text)
    assert _rows(page) == found
    assert found or "No ingress matches" in page.main


async def test_an_empty_list_teaches_and_an_outage_is_none(client: httpx.AsyncClient, world: World) -> None:
    page = Page((await client.get("/ingress")).text)
    assert "No ingress yet" in page.main
    assert "rtmp_base_url" in page.main
    world.faults.add(Fault("refuse"))
    answer = await client.get("/ingress")
    assert answer.status_code == 502
    assert "No ingress yet" not in answer.text


async def test_without_redis_it_says_what_is_missing(client: httpx.AsyncClient, world: World) -> None:
    world.redis = False
    answer = await client.get("/ingress")
    assert answer.status_code == 501
    assert "This server runs without Redis" in Page(answer.text).main


async def test_files_have_no_stream_key(client: httpx.AsyncClient, world: World) -> None:
    add(world, "IN_1", name="=formula", participant_metadata="m")
    json, text = await client.get("/ingress.json"), (await client.get("/ingress.csv")).text
    (row,) = json.json()["ingresses"]
    assert (row["id"], row["kind"], row["state"], row["room"]) == ("IN_1", "rtmp", "inactive", "town-hall")
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["id"], line["name"], line["enabled"]) == ("IN_1", "'=formula", "True")
    assert KEY not in json.text + text


async def test_the_key_is_in_the_page_only_when_asked_for(client: httpx.AsyncClient, world: World) -> None:
    add(world)
    masked = await client.get("/ingress/IN_1")
    assert KEY not in masked.text
    assert '"$STREAM_KEY"' in Page(masked.text).main
    link = next(link for link in Page(masked.text).links() if link.text == "Show key")
    page = Page((await client.get(link.href)).text)
    copies = [button["data-copy"] for button in page.all("button") if "data-copy" in button]
    assert KEY in copies
    assert f"-f flv rtmp://in.example.com/live/{KEY}" in page.main
    json = next(copy for copy in copies if copy.startswith("{"))
    assert KEY not in json


async def test_whip_has_its_own_lines(client: httpx.AsyncClient, world: World) -> None:
    add(world, input_type=ingress.WHIP_INPUT, url="https://in.example.com/whip", enable_transcoding=False)
    main = Page((await client.get("/ingress/IN_1?show=key")).text).main
    assert f"-f whip -authorization {KEY} \\ https://in.example.com/whip" in main
    assert "Bearer Token" in main
    assert "forwarded unchanged" in main


async def test_read_only_shows_no_key(browse: Browse, world: World) -> None:
    add(world)
    client = await browse(read_only=True)
    answer = await client.get("/ingress/IN_1?show=key")
    assert KEY not in answer.text
    assert "Show key" not in answer.text
    assert "read-only" in Page(answer.text).main


async def test_without_a_base_url_it_says_how_to_get_one(client: httpx.AsyncClient, world: World) -> None:
    add(world, url="")
    main = Page((await client.get("/ingress/IN_1")).text).main
    assert "Not available" in main
    assert "rtmp_base_url:" in main
    assert "ffmpeg" not in main


async def test_what_comes_in_is_what_the_worker_measures(client: httpx.AsyncClient, world: World) -> None:
    state = State(
        status=State.ENDPOINT_PUBLISHING,
        video=ingress.InputVideoState(
            mime_type="video/h264", average_bitrate=2_500_000, width=1280, height=720, framerate=29.97
        ),
        audio=ingress.InputAudioState(
            mime_type="audio/aac", average_bitrate=128_000, channels=2, sample_rate=44_100
        ),
        tracks=[models.TrackInfo(sid="TR_1", type=models.VIDEO, source=models.CAMERA, mime_type="video/VP8")],
        started_at=10**18,
        updated_at=10**18,
    )
    add(world, state=state)
    main = Page((await client.get("/ingress/IN_1")).text).main
    assert "H.264 · 1280×720 · 29.97 fps · 2.5 Mbit/s" in main
    assert "aac · stereo · 44.1 kHz · 128 kbit/s" in main
    assert "CameraVP8" in main
    assert "No stream is connected" not in main


async def test_before_the_first_stream_nothing_is_made_up(client: httpx.AsyncClient, world: World) -> None:
    add(world)
    main = Page((await client.get("/ingress/IN_1")).text).main
    assert "Not available No stream yet" in main
    assert "kbit/s" not in main.split("No stream yet")[1].split("Published participant")[0]


async def test_an_error_is_shown(client: httpx.AsyncClient, world: World) -> None:
    add(world, state=State(status=State.ENDPOINT_ERROR, error="no <b>codec</b>"))
    assert "LiveKit reported: no <b>codec</b>" in Page((await client.get("/ingress/IN_1")).text).main
    assert "no <b>codec</b>" in Page((await client.get("/ingress")).text).main


async def test_a_url_keeps_its_password_to_itself_and_offers_no_change(
    client: httpx.AsyncClient, world: World
) -> None:
    url = "srt://bob:hunter2@example.com:9000?mode=caller&passphrase=swordfish#x"
    add(world, input_type=ingress.URL_INPUT, url=url, stream_key="", reusable=False)
    for path in ("/ingress/IN_1", "/ingress.json", "/ingress.csv", "/ingress"):
        text = (await client.get(path)).text
        assert "hunter2" not in text
        assert "swordfish" not in text
    page = Page((await client.get("/ingress/IN_1")).text)
    assert "srt://bob:••••@example.com:9000?mode=caller&passphrase=••••#x" in page.main
    assert not {"Edit", "Disable", "Show key"} & {link.text for link in page.links()}


@pytest.mark.parametrize("path", ["/ingress/IN_gone", "/ingress/~", "/ingress/IN_gone/edit"])
async def test_one_that_is_not_there_is_a_404(path: str, client: httpx.AsyncClient, world: World) -> None:
    """LiveKit takes a missing id for a wish to see all of them."""
    add(world)
    assert (await client.get(path)).status_code == 404


async def test_disable_and_enable(client: httpx.AsyncClient, world: World) -> None:
    info = add(world, "IN_1", name="Stage", participant_name="kept")
    asked = Page((await client.get("/ingress/IN_1/disable")).text)
    assert "Disable ingress Stage?" in asked.main
    answer = await submit(client, "/ingress/IN_1/disable", "/ingress/IN_1/disable")
    assert answer.headers["Location"] == "/ingress/IN_1"
    expected = ingress.IngressInfo()
    expected.CopyFrom(info)
    expected.enabled = False
    assert world.ingresses.items["IN_1"] == expected
    assert "Disabled" in Page((await client.get("/ingress/IN_1")).text).main
    assert (await submit(client, "/ingress/IN_1", "/ingress/IN_1/enable")).status_code == 303
    expected.enabled = True
    assert world.ingresses.items["IN_1"] == expected


async def test_deleting_says_who_is_hit(client: httpx.AsyncClient, world: World) -> None:
    world.ingresses.available = True
    add(world, name="Stage")
    world.ingresses.publish("IN_1")
    await world.settled()
    asked = Page((await client.get("/ingress/IN_1/delete")).text).main
    assert "Its participant stage leaves the room town-hall immediately" in asked
    answer = await submit(client, "/ingress/IN_1/delete", "/ingress/IN_1/delete")
    assert answer.headers["Location"] == "/ingress"
    assert not world.ingresses.items
    assert not world.participants("town-hall")


async def test_deleting_many_says_what_failed(client: httpx.AsyncClient, world: World) -> None:
    add(world, "IN_1", name="one")
    add(world, "IN_2", name="two")
    query = httpx.QueryParams({"ingress": ["IN_1", "IN_2", "IN_gone"]})
    page = Page((await client.get(f"/ingress/delete?{query}")).text)
    assert "Delete 2 ingresses?" in page.main
    data: dict[str, str | list[str]] = {"ingress": ["IN_1", "IN_gone", "~!"]}
    answer = await post_form(client, "/ingress/delete", data)
    told = Page((await client.get(answer.headers["Location"])).text).text
    assert "Deleted 1 ingress, 1 failed" in told
    assert "IN_gone: ingress does not exist" in told
    assert set(world.ingresses.items) == {"IN_2"}


async def test_nothing_selected_is_no_question(client: httpx.AsyncClient, world: World) -> None:
    add(world)
    page = Page((await client.get("/ingress/delete")).text)
    assert "No ingress is selected" in page.main
    assert page.form("/ingress/delete").buttons == 0
