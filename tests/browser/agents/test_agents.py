"""Agents are dispatched from the browser to the real server, and a worker's agent comes, or doesn't."""

from livekit.protocol import agent_dispatch
from playwright.async_api import Locator, Page, expect

from livekit_dashboard.demo.server import LiveKitServer
from tests.browser.people import People, eventually
from tests.browser.tab import Tab, room_path
from tests.browser.worker import Worker

LONG = 30.0
"""Seconds; LiveKit asks workers for up to 15, and after that the page says that nobody came."""


async def _named(people: People, room: str) -> list[agent_dispatch.AgentDispatch]:
    """The dispatches of a room, but for the one that every room has."""
    listed = await people.lk.agent_dispatch.list_dispatch(room)
    return [dispatch for dispatch in listed if dispatch.agent_name]


async def _dispatch(page: Page, agent_name: str) -> None:
    await page.locator("main").get_by_role("link", name="Dispatch an agent").click()
    await page.get_by_label("Agent name").fill(agent_name)
    await page.get_by_label("Metadata").fill('{"language": "de"}')
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_label("Attributes").fill('{"tier": "gold"}')
    await page.get_by_role("button", name="Dispatch", exact=True).click()


async def test_an_agent_is_dispatched_comes_and_is_sent_away(
    tab: Tab, people: People, room: str, livekit_server: LiveKitServer
) -> None:
    await people.open(room)
    page = tab.page
    await page.goto(room_path(room))
    await page.get_by_role("link", name="Agents", exact=True).last.click()
    await expect(page.get_by_role("row").filter(has_text="(any without a name)")).to_contain_text(
        "Unassigned"
    )
    async with Worker(livekit_server, "notes") as worker:
        await _dispatch(page, "notes")
        await tab.told("Dispatched notes")
        row = page.locator("form.listing").get_by_role("row").filter(has_text="notes")
        await _until(tab, row, "In the room")
        (dispatch,) = await _named(people, room)
        (job,) = worker.jobs
        assert (job.metadata, dict(job.attributes)) == ('{"language": "de"}', {"tier": "gold"})
        agents = page.get_by_role("row").filter(has_text=f"agent-{job.id}")
        await expect(agents).to_contain_text("Listening")
        await expect(agents).to_contain_text(dispatch.id)

        await row.get_by_role("link", name="notes").click()
        await expect(page.locator("main")).to_contain_text("Running")
        await expect(page.locator("main")).to_contain_text(dispatch.state.jobs[0].state.worker_id)
        await page.get_by_role("link", name="Delete").click()
        question = await tab.question("Delete the dispatch of notes?")
        await question.get_by_role("button", name="Delete").click()
        await tab.told("Deleted 1 dispatch")
        assert not await _named(people, room)
        await _until(tab, page.locator("main"), "None now.")


async def test_a_misspelled_name_is_flagged_with_what_to_check(
    tab: Tab, people: People, room: str, livekit_server: LiveKitServer
) -> None:
    page = tab.page
    async with Worker(livekit_server, "notes") as worker:
        await page.goto("/agents/new")
        await page.get_by_label("Room").fill(room)
        await page.get_by_label("Agent name").fill("Notes")
        await page.get_by_role("button", name="Dispatch", exact=True).click()
        row = page.locator("form.listing").get_by_role("row").filter(has_text="Notes")
        await expect(row).to_contain_text("Waiting")
        await _until(tab, row, "No agent came")
        assert not worker.jobs
    await page.get_by_role("link", name="Notes: what to check").click()
    await expect(page.locator("main")).to_contain_text(
        "It was dispatched as Notes; upper and lower case count."
    )


async def test_agents_of_all_rooms_are_looked_for_on_demand(
    tab: Tab, people: People, room: str, livekit_server: LiveKitServer
) -> None:
    page = tab.page
    async with Worker(livekit_server, "notes") as worker:
        request = agent_dispatch.CreateAgentDispatchRequest(agent_name="notes", room=room)
        await people.lk.agent_dispatch.create_dispatch(request)
        await people.open(f"{room}-other")
        await page.goto("/agents")
        await expect(page.get_by_role("link", name=room, exact=True)).to_be_visible()
        await page.get_by_role("link", name="Scan all rooms").click()
        await expect(page.locator("main")).to_contain_text("(5 API calls)")
        row = page.locator("form.listing").get_by_role("row").filter(has_text="notes")
        await _until(tab, row, "In the room", live=False)
        await expect(page.locator("main")).to_contain_text(f"agent-{worker.jobs[0].id}")


async def _until(tab: Tab, place: Locator, text: str, *, live: bool = True) -> None:
    """Sees a text come: by itself, or where nothing does by loading the page again."""

    async def comes() -> bool:
        await tab.page.reload()
        return text in await place.inner_text()

    if live and tab.scripted:
        await expect(place).to_contain_text(text, timeout=LONG * 1000)
    else:
        await eventually(comes, within=LONG)
