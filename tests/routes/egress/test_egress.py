"""The list of recordings, one of them, and what is done to it while it runs."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from livekit import api
from livekit.protocol import egress

from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.livekit_server import Simulator
from tests.routes.site import HOSTILE_IDENTITIES

STATUS = egress.EgressStatus
SECOND = 10**9
BEGAN = 1_790_000_000 * SECOND
S3 = api.S3Upload(access_key="AKIA", secret="hush", bucket="takes")
ONE, TWO = "rtmp://a.example.com/app/key-number-one", "rtmps://b.example.com/app/key-number-two"


@pytest.fixture(autouse=True)
def _worker(world: World) -> None:
    """A worker, and a room with someone who publishes."""
    world.recorder.available = True
    world.join("standup", "ada", name="Ada")
    world.publish("standup", "ada", "microphone")
    world.publish("standup", "ada", "camera")


@pytest.fixture
async def lk(simulator: Simulator) -> AsyncIterator[api.LiveKitAPI]:
    async with api.LiveKitAPI(simulator.url, simulator.api_key, simulator.api_secret) as lk:
        yield lk


async def _record(lk: api.LiveKitAPI, **fields: Any) -> str:
    """Starts a recording of the room, and gives its id."""
    given = {"room_name": "standup", "layout": "grid-dark", **fields}
    if not {"file_outputs", "stream_outputs"} & fields.keys():
        given["file_outputs"] = [api.EncodedFileOutput(filepath="rec/take.mp4", s3=S3)]
    started = await lk.egress.start_room_composite_egress(api.RoomCompositeEgressRequest(**given))
    return started.egress_id


def _ended(world: World, name: str, **fields: Any) -> egress.EgressInfo:
    given = {"status": STATUS.EGRESS_COMPLETE, "started_at": BEGAN, "ended_at": BEGAN + 90 * SECOND}
    return world.add_egress(egress.EgressInfo(egress_id=name, **given | fields))


@pytest.fixture
def jobs(world: World) -> None:
    """Jobs that differ in everything one can sort and filter by."""
    for minute, (room, status, seconds, size) in enumerate(
        (
            ("alpha", STATUS.EGRESS_COMPLETE, 60, 1 << 20),
            ("beta", STATUS.EGRESS_ACTIVE, 0, 0),
            ("beta", STATUS.EGRESS_FAILED, 0, 0),
            ("gamma", STATUS.EGRESS_ABORTED, 0, 0),
            ("delta", STATUS.EGRESS_LIMIT_REACHED, 7200, 5 << 30),
            ("delta", STATUS.EGRESS_STARTING, 0, 0),
            ("delta", STATUS.EGRESS_ENDING, 0, 0),
        )
    ):
        running = status in (STATUS.EGRESS_ACTIVE, STATUS.EGRESS_STARTING, STATUS.EGRESS_ENDING)
        file = egress.FileInfo(filename=f"take-{minute}.mp4", duration=seconds * SECOND, size=size)
        _ended(
            world,
            f"EG_{minute}",
            room_name=room,
            status=status,
            started_at=BEGAN + minute * SECOND,
            ended_at=0 if running else BEGAN + 100 * SECOND,
            file_results=[file],
        )


async def _ids(client: httpx.AsyncClient, query: str = "") -> list[str]:
    page = Page((await client.get(f"/egress{query}")).text)
    return [link.href.rpartition("/")[2] for link in page.links("name")]


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "6 5 1 4 3 2 0"),
        ("?state=active", "6 5 1"),
        ("?state=complete", "0"),
        ("?state=failed", "4 3 2"),
        ("?room=beta", "1 2"),
        ("?room=beta&state=failed", "2"),
        ("?room=nothing", ""),
        ("?q=TAKE-3", "3"),
        ("?q=EG_4", "4"),
        ("?q=alph", "0"),
        ("?sort=started", "0 1 2 3 4 5 6"),
        ("?sort=-started", "6 5 4 3 2 1 0"),
        ("?sort=name", "0 1 2 4 5 6 3"),
        ("?sort=-size&state=failed", "4 2 3"),
        ("?sort=-duration&per_page=2", "4 0"),
        ("?sort=state&state=active", "1 6 5"),
        ("?sort=nothing", "6 5 1 4 3 2 0"),
    ],
)
async def test_the_address_says_what_is_listed(query: str, expected: str, client: httpx.AsyncClient) -> None:
    found = await _ids(client, query)
    assert found == [f"EG_{number}" for number in expected.split()]


@pytest.mark.usefixtures("jobs")
async def test_livekit_filters_by_room(client: httpx.AsyncClient, world: World) -> None:
    await client.get("/egress?room=beta")
    assert [request for name, request in world.requests if name == "Egress/ListEgress"] == [
        api.ListEgressRequest(room_name="beta")
    ]


@pytest.mark.usefixtures("jobs")
async def test_a_row_says_how_it_went(client: httpx.AsyncClient) -> None:
    text = Page((await client.get("/egress")).text).main
    for words in ("Recording", "Starting", "Ending", "Complete", "Failed", "Aborted", "Limit reached"):
        assert words in text
    assert "1:00 1 MiB" in text
    assert "2:00:00 5 GiB" in text


@pytest.mark.usefixtures("jobs")
async def test_only_what_runs_can_be_picked(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/egress")).text)
    picks = [box["value"] for box in page.all("input") if box.attributes.get("name") == "job"]
    assert picks == ["EG_6", "EG_5", "EG_1"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "No recordings"),
        ("?room=standup", "No recording of this room"),
        ("?q=x", "No recording matches"),
    ],
)
async def test_an_empty_list_says_why_and_what_to_do(
    query: str, words: str, client: httpx.AsyncClient
) -> None:
    page = Page((await client.get(f"/egress{query}")).text)
    assert words in page.main
    assert [
        link for link in page.links() if link.href in ("/egress/new", "/egress/new?room=standup", "/egress")
    ]


async def test_without_redis_the_page_says_how_to_get_there(client: httpx.AsyncClient, world: World) -> None:
    world.redis = False
    answer = await client.get("/egress")
    assert answer.status_code == 501
    assert "This server runs without Redis" in Page(answer.text).main


async def test_a_file_with_a_web_address_is_a_link(client: httpx.AsyncClient, world: World) -> None:
    file = egress.FileInfo(
        filename="rec/take.mp4",
        location="https://takes.s3.amazonaws.com/rec/take.mp4?sig=1&x=2",
        started_at=BEGAN,
        ended_at=BEGAN + 90 * SECOND,
        duration=90 * SECOND,
        size=3 << 30,
    )
    _ended(world, "EG_1", room_name="standup", file_results=[file], manifest_location="https://takes/m.json")
    for path in ("/egress", "/egress/EG_1"):
        page = Page((await client.get(path)).text)
        link = next(link for link in page.all("a") if link["href"] == file.location)
        assert link["rel"] == "noopener noreferrer"
        assert "Download" in page.main
    assert "1:30 · 3 GiB" in page.main
    assert "2026-09-21 14:13:20 UTC to 2026-09-21 14:14:50 UTC" in page.main
    assert "https://takes/m.json" in [link["href"] for link in page.all("a")]


@pytest.mark.parametrize(
    "location", ["/out/rec/take.mp4", "file:///out/take.mp4", "javascript:alert(1)", "data:text/html,x"]
)
async def test_any_other_location_is_text_to_copy(
    location: str, client: httpx.AsyncClient, world: World
) -> None:
    file = egress.FileInfo(filename="rec/take.mp4", location=location, size=1)
    _ended(world, "EG_1", room_name="standup", file_results=[file], manifest_location=location)
    page = Page((await client.get("/egress/EG_1")).text)
    assert location not in [link["href"] for link in page.all("a")]
    copies = [button["data-copy"] for button in page.all("button") if "data-copy" in button]
    assert "rec/take.mp4" in copies
    assert location in copies
    assert "LiveKit reports a web address" in page.main


async def test_what_was_not_stored_is_not_made_up(client: httpx.AsyncClient, world: World) -> None:
    failed = {"status": STATUS.EGRESS_FAILED, "error": "upload failed"}
    _ended(world, "EG_1", room_name="r", file_results=[egress.FileInfo(filename="a.mp4")], **failed)
    assert "No stored file reported by LiveKit" in Page((await client.get("/egress/EG_1")).text).main


async def test_each_result_says_on_its_own_whether_it_was_stored(
    client: httpx.AsyncClient, world: World
) -> None:
    _ended(
        world,
        "EG_images",
        room_name="r",
        image_results=[egress.ImagesInfo(filename_prefix="stills/x", image_count=5)],
    )
    page = Page((await client.get("/egress/EG_images")).text).main
    assert "5 images" in page
    assert "LiveKit reports how many images were stored, but no links to them." in page
    assert "No stored" not in page
    _ended(
        world,
        "EG_mixed",
        room_name="r",
        status=STATUS.EGRESS_FAILED,
        file_results=[egress.FileInfo(filename="a.mp4", location="https://takes/a.mp4", size=7)],
        segment_results=[egress.SegmentsInfo(playlist_name="a.m3u8")],
        image_results=[egress.ImagesInfo(filename_prefix="stills/x")],
    )
    page = Page((await client.get("/egress/EG_mixed")).text).main
    assert "No stored segments reported by LiveKit." in page
    assert "No stored images reported by LiveKit." in page
    assert "No stored file" not in page


async def test_while_it_runs_nothing_is_missing_yet(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    job = await _record(lk)
    await world.settled()
    page = Page((await client.get(f"/egress/{job}")).text).main
    assert "Size Available when the recording ends" in page.replace("SizeA", "Size A")
    assert "No stored" not in page


async def test_segments_and_images_are_shown_with_their_counts(
    client: httpx.AsyncClient, world: World
) -> None:
    segments = egress.SegmentsInfo(
        playlist_name="hls/all.m3u8",
        playlist_location="https://cdn/hls/all.m3u8",
        live_playlist_location="https://cdn/hls/live.m3u8",
        segment_count=12,
        size=2048,
    )
    images = egress.ImagesInfo(filename_prefix="stills/x", image_count=1)
    _ended(world, "EG_1", room_name="r", segment_results=[segments], image_results=[images])
    page = Page((await client.get("/egress/EG_1")).text)
    assert {"https://cdn/hls/all.m3u8", "https://cdn/hls/live.m3u8"} <= {
        link["href"] for link in page.all("a")
    }
    assert "2 KiB · 12 segments" in page.main
    assert "1 image stills/x" in page.main


async def test_every_time_reads_as_a_date(client: httpx.AsyncClient, world: World) -> None:
    file = egress.FileInfo(filename="x", started_at=BEGAN + SECOND, ended_at=BEGAN + 90 * SECOND)
    _ended(world, "EG_1", room_name="r", updated_at=BEGAN + 91 * SECOND, file_results=[file])
    text = Page((await client.get("/egress/EG_1")).text).main
    for time in (
        "Requested2026-09-21 14:13:20",
        "Started2026-09-21 14:13:21",
        "Ended2026-09-21 14:14:50",
    ):
        assert time in text
    assert str(BEGAN) not in text


async def test_a_failure_is_said_and_explained(client: httpx.AsyncClient, world: World) -> None:
    _ended(
        world,
        "EG_1",
        room_name="r",
        status=STATUS.EGRESS_ABORTED,
        error="Start signal not received",
        error_code=412,
        details="End reason: Source closed",
    )
    text = Page((await client.get("/egress/EG_1")).text).main
    assert "Aborted. The worker reported: Start signal not received (412)" in text
    assert "no participant published" in text
    assert "End reason: Source closed" in text


async def test_a_recording_that_livekit_has_forgotten_is_a_404(client: httpx.AsyncClient) -> None:
    for path in ("", "/json", "/layout", "/streams", "/stop"):
        assert (await client.get(f"/egress/EG_gone{path}")).status_code == 404
    for path in ("/stop", "/layout", "/streams", "/streams/end"):
        data = {"layout": "grid", "urls": "srt://h:1", "address": "srt://h:1"}
        assert (await post_form(client, f"/egress/EG_gone{path}", data)).status_code == 404


async def test_the_json_holds_no_secret(client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI) -> None:
    passphrase = "srt://h:1?passphrase=top-secret&mode=caller"
    first = await _record(lk, stream_outputs=[api.StreamOutput(urls=[passphrase])])
    # LiveKit itself hides what only one output has.
    world.egress[first].room_composite.file_outputs.add(filepath="x", s3=S3)
    page = (await client.get(f"/egress/{first}/json")).text
    assert "top-secret" not in page
    assert "hush" not in page
    assert "mode=caller" in page
    assert world.egress[first].stream_results[0].url == passphrase


async def test_a_recording_is_stopped_after_a_question(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    job = await _record(lk)
    await world.settled()
    page = Page((await client.get(f"/egress/{job}/stop")).text)
    assert "Stop recording standup?" in page.main
    assert world.egress[job].status == STATUS.EGRESS_ACTIVE
    answer = await submit(client, f"/egress/{job}/stop", f"/egress/{job}/stop")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/egress/{job}")
    await world.settled()
    page = Page((await client.get(f"/egress/{job}")).text)
    # It is complete by now, so the message must not say that it is still being stored.
    assert "Requested the end of standup" in page.text
    assert "being finished" not in page.text
    assert "Complete" in page.main
    assert f"https://takes.s3.amazonaws.com/{world.egress[job].file_results[0].filename}" in [
        link["href"] for link in page.all("a")
    ]


async def test_what_has_ended_cannot_be_stopped_again(client: httpx.AsyncClient, world: World) -> None:
    _ended(world, "EG_1", room_name="standup")
    page = Page((await client.get("/egress/EG_1/stop")).text)
    assert "There is nothing to stop" in page.main
    answer = await post_form(client, "/egress/EG_1/stop")
    assert answer.status_code == 409
    assert "This recording has already ended" in Page(answer.text).main


async def test_many_are_stopped_together(client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI) -> None:
    running = [await _record(lk), await _record(lk)]
    await world.settled()
    _ended(world, "EG_over", room_name="standup")
    query = httpx.QueryParams({"job": [*running, "EG_over", "EG_gone"]})
    page = Page((await client.get(f"/egress/stop?{query}")).text)
    assert "Stop 2 recordings?" in page.main
    assert (await submit(client, f"/egress/stop?{query}", "/egress/stop")).status_code == 303
    await world.settled()
    assert {world.egress[job].status for job in running} == {STATUS.EGRESS_COMPLETE}
    await post_form(client, "/egress/stop", {"job": ["EG_over"]})
    assert "Stopped 0 recordings, 1 failed" in Page((await client.get("/egress")).text).text
    assert "No recording is selected" in Page((await client.get("/egress/stop")).text).main


async def test_the_layout_of_a_running_recording_is_changed(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    job = await _record(lk)
    await world.settled()
    page = Page((await client.get(f"/egress/{job}/layout")).text)
    assert dict(page.form("").fields)["layout"] == "grid-dark"
    answer = await submit(client, f"/egress/{job}/layout", "", layout="speaker-light")
    assert answer.status_code == 303
    assert world.participant("standup", job).metadata == '{"layout":"speaker-light"}'


@pytest.mark.parametrize(
    ("layout", "words"), [("", "Enter a layout."), ("a\nb", "control character"), ("x" * 8193, "8 KiB")]
)
async def test_a_layout_that_is_none(
    layout: str, words: str, client: httpx.AsyncClient, world: World
) -> None:
    answer = await post_form(client, "/egress/EG_1/layout", {"layout": layout})
    assert answer.status_code == 422
    assert words in Page(answer.text).main
    assert not world.calls


async def test_layouts_are_offered_for_what_has_one(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    alone = await _record(lk, audio_only=True, layout="")
    composed = await _record(lk)
    for job, offered in ((alone, False), (composed, True)):
        page = Page((await client.get(f"/egress/{job}")).text)
        assert (f"/egress/{job}/layout" in [link.href for link in page.links()]) is offered


async def test_streams_are_added_and_ended(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    job = await _record(lk, stream_outputs=[api.StreamOutput(urls=[ONE])])
    await world.settled()
    here = f"/egress/{job}/streams"
    answer = await submit(client, here, here, urls=f" {TWO} \n")
    assert (answer.status_code, answer.headers["Location"]) == (303, here)
    page = Page((await client.get(here)).text)
    assert "rtmp://a.example.com/app/{key...one}" in page.main
    assert "rtmps://b.example.com/app/{key...two}" in page.main
    assert "key-number" not in page.main
    answer = await submit(client, here, f"{here}/end", address=ONE)
    assert answer.status_code == 303
    assert [stream.status for stream in world.egress[job].stream_results] == [
        egress.StreamInfo.FINISHED,
        egress.StreamInfo.ACTIVE,
    ]


async def test_a_stream_whose_address_is_listed_whole_is_ended_by_a_button(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    urls = ["srt://h:1?passphrase=top-secret", "srt://h:2"]
    job = await _record(lk, stream_outputs=[api.StreamOutput(urls=urls)])
    await world.settled()
    answer = await client.get(f"/egress/{job}/streams")
    assert "top-secret" not in answer.text
    (first, _) = [dict(form.fields) for form in Page(answer.text).forms if "key" in dict(form.fields)]
    assert (await post_form(client, f"/egress/{job}/streams/end", first)).status_code == 303
    assert [stream.status for stream in world.egress[job].stream_results] == [
        egress.StreamInfo.FINISHED,
        egress.StreamInfo.ACTIVE,
    ]
    assert (await post_form(client, f"/egress/{job}/streams/end", {"key": "none"})).status_code == 404


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("", {"urls": ""}, "Enter an address."),
        ("", {"urls": "https://x"}, "This begins with https://."),
        ("", {"urls": "rtmp://x"}, "rtmp://host/app/stream-key"),
        ("/end", {"address": ""}, "Enter the address."),
        ("/end", {"address": "rtmp://a.example.com/app/other"}, "no active stream at this address"),
    ],
)
async def test_a_wrong_address_is_said_at_the_field(
    path: str, data: dict[str, str], words: str, client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    job = await _record(lk, stream_outputs=[api.StreamOutput(urls=[ONE])])
    await world.settled()
    answer = await post_form(client, f"/egress/{job}/streams{path}", data)
    assert answer.status_code == 422
    assert words in Page(answer.text).main
    assert "Egress/UpdateStream" not in world.calls
    (name, value) = next(iter(data.items()))
    assert value in [text for form in Page(answer.text).forms for key, text in form.fields if key == name]


async def test_what_livekit_says_of_an_address_holds_no_key(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    """Neither in the form, nor in the list of recent errors, which stays."""
    job = await _record(lk)
    await world.settled()
    world.faults.add(
        Fault(
            "error",
            match="Egress/Update*",
            code="not_found",
            message=f"twirp error unknown: stream {ONE} not found",
        )
    )
    answer = await post_form(client, f"/egress/{job}/streams", {"urls": TWO})
    assert answer.status_code == 404
    assert "stream rtmp://a.example.com/app/•••• not found" in Page(answer.text).main
    overview = await client.get("/")
    assert "Egress/UpdateStream" in overview.text
    assert "key-number-one" not in answer.text + overview.text


@pytest.mark.parametrize("name", HOSTILE_IDENTITIES.values(), ids=HOSTILE_IDENTITIES)
async def test_a_room_of_any_name_is_recorded(name: str, client: httpx.AsyncClient, world: World) -> None:
    """But for the empty one, which workers take for none."""
    world.create_room(name)
    answer = await submit(client, str(httpx.URL("/egress/new", params={"room": name})), "/egress/new")
    assert answer.status_code == 303, Page(answer.text).main
    (job,) = world.egress.values()
    assert job.room_name == name
    found = (await client.get("/egress.json", params={"room": name})).json()
    assert [one["room"] for one in found["egress"]] == [name]


async def test_files_hold_what_the_page_shows(client: httpx.AsyncClient, world: World) -> None:
    file = egress.FileInfo(filename="=take.mp4", location="https://takes/x", size=5, duration=90 * SECOND)
    _ended(world, "EG_1", room_name="+room", file_results=[file], error="@x", status=STATUS.EGRESS_FAILED)
    (job,) = (await client.get("/egress.json?state=failed")).json()["egress"]
    assert (job["id"], job["state"], job["seconds"], job["size"]) == ("EG_1", "failed", 90.0, 5)
    assert job["requested"] == "2026-09-21T14:13:20+00:00"
    assert job["results"][0]["url"] == "https://takes/x"
    answer = await client.get("/egress.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="egress.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["room"], row["error"], row["outputs"]) == ("'+room", "'@x", "'=take.mp4")
    assert (row["urls"], row["ended"]) == ("https://takes/x", "2026-09-21T14:14:50+00:00")


async def test_the_overview_counts_files_and_streams(
    client: httpx.AsyncClient, world: World, lk: api.LiveKitAPI
) -> None:
    await _record(lk)
    file = api.EncodedFileOutput(filepath="a.mp4")
    await _record(lk, stream_outputs=[api.StreamOutput(urls=[ONE])], file_outputs=[file])
    await _record(lk, stream_outputs=[api.StreamOutput(urls=[TWO])])
    _ended(world, "EG_over", room_name="standup")
    page = Page((await client.get("/")).text)
    figure = next(link for link in page.links() if link.href == "/egress?state=active")
    assert figure.text.startswith("Active recordings 3")
    assert "2 files, 2 streams" in figure.text


async def test_kinds_of_the_second_generation_are_told(client: httpx.AsyncClient, world: World) -> None:
    request = egress.StartEgressRequest(
        room_name="r", template=egress.TemplateSource(layout="grid", audio_only=True)
    )
    _ended(world, "EG_1", room_name="r", egress=request)
    text = Page((await client.get("/egress/EG_1")).text).main
    assert "Custom" in text
    assert "Initial layoutgrid" in text
    assert "Audio only" in text
