"""Recordings in a browser: started from a room's page, seen through their states, stopped. On the simulator, which has a worker."""

import re
from collections.abc import AsyncIterator

import pytest
from livekit import api
from livekit.protocol import egress
from playwright.async_api import Browser, Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from livekit_dashboard.simulator import World
from livekit_dashboard.simulator.timing import Pace
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.people import People
from tests.browser.tab import Tab, room_path
from tests.dashboard import served, settings_for
from tests.livekit_server import simulated_server

# Slow enough to be seen, fast enough for a test.
PACE = Pace(egress_join=0.5, egress_start=1.0, egress_finish=1.0, no_egress_worker=4.0)
START = "Start recording"


@pytest.fixture
def world() -> World:
    world = World(egress_worker=True, pace=PACE)
    world.join("standup", "ada", name="Ada Lovelace")
    world.publish("standup", "ada", "microphone")
    return world


@pytest.fixture(params=["scripted", "plain"])
async def studio(
    request: pytest.FixtureRequest, browser: Browser, world: World, faults: Faults
) -> AsyncIterator[Tab]:
    """A tab of the logged-in admin on a simulated server with a worker, with and without JavaScript."""
    scripted = request.param == "scripted"
    async with (
        simulated_server(world) as server,
        served(settings_for(server)) as dashboard,
        new_page(browser, dashboard.url, faults, scripted=scripted, http_credentials=ADMIN) as page,
    ):
        yield Tab(page, scripted)


async def _becomes(tab: Tab, world: World, state: str) -> None:
    """The page says so by itself; without JavaScript, when it is loaded again."""
    facts = tab.page.locator("main .facts")
    if not tab.scripted:
        await world.settled()
        await tab.page.reload()
    await expect(facts).to_contain_text(state)


async def test_two_clicks_record_a_room_and_two_stop_it(studio: Tab, world: World) -> None:
    page = studio.page
    await page.goto(room_path("standup"))
    await page.locator("main").get_by_role("link", name="Record", exact=True).first.click()
    await page.get_by_role("button", name=START).click()
    await page.wait_for_url("**/egress/EG_*")
    await studio.told("Requested a recording of standup")
    await expect(page.locator("main .facts")).to_contain_text(re.compile("Starting|Recording"))
    await _becomes(studio, world, "Recording")
    (job,) = world.egress.values()
    assert job.status == egress.EgressStatus.EGRESS_ACTIVE

    await page.goto("/egress")
    row = page.locator("tbody tr")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text("rec/standup-")
    await row.get_by_role("link", name="standup", exact=True).click()
    await page.locator("main").get_by_role("link", name="Stop recording", exact=True).click()
    question = await studio.question("Stop recording standup?")
    await question.get_by_role("button", name="Stop").click()
    await studio.told("Requested the end of standup")
    await _becomes(studio, world, "Complete")
    await expect(page.locator(".results")).to_contain_text(job.file_results[0].filename)
    await expect(page.locator("main")).to_contain_text("Without a link: stored on the worker’s disk")


async def test_a_recording_in_a_bucket_ends_with_a_link(studio: Tab, world: World) -> None:
    page = studio.page
    await page.goto("/egress/new?room=standup")
    await page.locator("label[for=storage-s3]").click()
    await page.get_by_label("Bucket", exact=True).locator("visible=true").fill("takes")
    await page.get_by_role("button", name=START).click()
    await _becomes(studio, world, "Recording")
    await page.locator("main").get_by_role("link", name="Stop recording", exact=True).click()
    question = await studio.question("Stop recording standup?")
    await question.get_by_role("button", name="Stop").click()
    await studio.told("Requested the end of standup")
    await _becomes(studio, world, "Complete")
    link = page.locator(".results").get_by_role("link", name="Download")
    (job,) = world.egress.values()
    await expect(link).to_have_attribute(
        "href", f"https://takes.s3.amazonaws.com/{job.file_results[0].filename}"
    )


async def test_without_a_worker_the_page_says_that_it_waits_and_then_what_to_check(
    studio: Tab, world: World, faults: Faults
) -> None:
    if not studio.scripted:
        faults.expect_status(503)
    world.recorder.available = False
    page = studio.page
    await page.goto("/egress/new?room=standup")
    await expect(page.locator(".form-foot")).to_contain_text("Without a worker, this fails after 24 s")
    if studio.scripted:
        await page.get_by_role("button", name=START).click()
        await expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
        await expect(page.get_by_role("button", name=START)).to_be_disabled()
        await expect(page.locator("#wait")).to_contain_text(re.compile("[1-4] s of 24 s"))
    else:
        await page.get_by_role("button", name=START).click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("No egress worker accepted this.")
    await expect(alert).to_contain_text("Check that livekit-egress is running")
    await expect(page.get_by_role("button", name=START)).to_be_enabled()
    await expect(page.get_by_label("Room", exact=True).locator("visible=true")).to_have_value("standup")
    assert not world.egress


async def test_the_page_shows_what_belongs_to_the_choice(studio: Tab) -> None:
    page = studio.page
    await page.goto("/egress/new")
    await expect(page.get_by_label("Layout", exact=True)).to_be_visible()
    await expect(page.locator("#identity")).to_be_hidden()
    await page.locator("label[for=what-track]").click()
    await expect(page.get_by_label("Layout", exact=True)).to_be_hidden()
    await expect(page.locator("#track_id")).to_be_visible()
    await expect(page.locator("#out-stream")).to_be_hidden()
    await page.locator("#out-websocket").check()
    await expect(page.locator("#websocket_url")).to_be_visible()
    await page.locator("label[for=what-web]").click()
    await page.locator("#out-stream").check()
    await expect(page.locator("#stream_urls")).to_be_visible()
    await expect(page.locator("#s3_bucket")).to_be_hidden()
    await page.locator("label[for=storage-gcp]").click()
    await expect(page.locator("#gcp_credentials")).to_be_visible()
    await page.locator("#out-file").uncheck()
    await expect(page.locator("#gcp_credentials")).to_be_hidden()


async def test_what_is_wrong_is_said_and_the_secret_has_to_be_entered_again(
    studio: Tab, world: World, faults: Faults
) -> None:
    faults.expect_status(422)
    page = studio.page
    await page.goto("/egress/new?room=standup")
    await page.locator("#out-stream").check()
    await page.locator("#stream_urls").fill("https://a.rtmp.youtube.com/live2/x7q9")
    await page.locator("label[for=storage-s3]").click()
    await page.locator("#s3_bucket").fill("takes")
    await page.locator("#s3_access_key").fill("AKIA")
    await page.locator("#s3_secret").fill("hush-hush")
    await page.get_by_role("button", name=START).click()
    await expect(page.get_by_role("alert")).to_contain_text("One field needs another look.")
    await page.get_by_role("alert").get_by_role("link", name="Stream addresses").click()
    await expect(page.locator("#stream_urls-error")).to_contain_text("This begins with https://.")
    await expect(page.locator("#s3_bucket")).to_have_value("takes")
    await expect(page.locator("#s3_secret")).to_have_value("")
    await expect(page.get_by_text("Enter it again")).to_have_count(2)
    assert "hush-hush" not in await page.content()
    assert not world.egress


async def test_the_request_is_shown_before_it_is_sent(studio: Tab, world: World) -> None:
    """With JavaScript it follows the form, and secrets stay in their fields; without, there is a button."""
    page = studio.page
    await page.goto("/egress/new?room=standup")
    await page.locator("#file_filepath").fill("calls/{room_name}/{track_id}")
    await page.locator("label[for=storage-azure]").click()
    await page.locator("#azure_account_key").fill("hush-hush")
    if studio.scripted:
        await page.locator("#azure_account_key").blur()
    else:
        await page.get_by_role("button", name="Preview").click()
    await expect(page.locator("#request")).to_contain_text('"account_key": "$AZURE_KEY"')
    await expect(page.locator("#file_filepath-becomes")).to_contain_text(
        "Becomes calls/standup/{track_id}.mp4"
    )
    await expect(page.locator("#file_filepath-becomes")).to_contain_text("{track_id} stays as it is")
    await expect(page.locator("#azure_account_key")).to_have_value("hush-hush" if studio.scripted else "")
    assert not world.egress


async def test_the_help_says_how_fresh_the_request_is(studio: Tab) -> None:
    page = studio.page
    await page.goto("/egress/new?room=standup")
    fresh = page.get_by_text("updated as you fill in the form")
    old = page.locator("#request noscript")
    button = page.get_by_role("button", name="Preview")
    await expect(fresh if studio.scripted else old).to_be_visible()
    await expect(old if studio.scripted else fresh).to_be_hidden()
    await expect(button).to_have_count(0 if studio.scripted else 1)


async def test_streams_are_added_and_ended_while_it_runs(studio: Tab, world: World) -> None:
    page = studio.page
    await page.goto("/egress/new?room=standup")
    await page.locator("#out-file").uncheck()
    await page.locator("#out-stream").check()
    await page.locator("#stream_urls").fill("rtmp://a.example.com/app/key-number-one")
    await page.get_by_role("button", name=START).click()
    await _becomes(studio, world, "Streaming")
    await page.locator("main").get_by_role("link", name="Edit streams", exact=True).click()
    await page.get_by_label("Stream addresses").fill("rtmp://b.example.com/app/key-number-two")
    await page.get_by_role("button", name="Add streams", exact=True).click()
    await studio.told("Stream added")
    await expect(page.locator("tbody tr")).to_have_count(2)
    await page.get_by_label("Stream address", exact=True).fill("rtmp://a.example.com/app/key-number-one")
    await page.get_by_role("button", name="End stream", exact=True).click()
    await studio.told("Stream ended")
    (job,) = world.egress.values()
    assert [stream.status for stream in job.stream_results] == [
        egress.StreamInfo.FINISHED,
        egress.StreamInfo.ACTIVE,
    ]


async def test_many_are_stopped_together(studio: Tab, world: World) -> None:
    for _ in range(3):
        file = api.EncodedFileOutput(filepath="x.mp4")
        request = api.RoomCompositeEgressRequest(room_name="standup", layout="grid", file_outputs=[file])
        world.recorder.start("room_composite", request)
    await world.settled()
    page = studio.page
    await page.goto("/egress?state=active")
    for box in await page.locator(".pick input").all():
        await box.check()
    await page.get_by_role("button", name="Stop recordings", exact=True).click()
    question = await studio.question("Stop 3 recordings?")
    await question.get_by_role("button", name="Stop 3 recordings").click()
    await studio.told("Stopped 3 recordings")
    await world.settled()
    assert {job.status for job in world.egress.values()} == {egress.EgressStatus.EGRESS_COMPLETE}


async def test_the_real_server_has_no_worker(
    page: Page, people: People, room: str, livekit_server: LiveKitServer, faults: Faults
) -> None:
    """It takes 19 to 24 seconds to say so."""
    await people.join(room, "ada", microphone=True)
    await page.goto(f"/egress/new?room={room}")
    await expect(page.locator("main")).to_contain_text(re.compile("Open now"))
    await page.get_by_role("button", name=START).click()
    await expect(page.get_by_text("Waiting for a worker.")).to_be_visible()
    await expect(page.get_by_role("alert")).to_contain_text("No egress worker accepted this.", timeout=40_000)
