"""What an admin does to people, with and without JavaScript, and what the server and the people make of it."""

import pytest
from livekit import api, rtc
from playwright.async_api import Browser, Page, expect

from livekit_dashboard.demo.participants import CAMERA, MICROPHONE
from tests.browser.chromium import new_page
from tests.browser.conftest import ADMIN
from tests.browser.faults import Faults
from tests.browser.people import People, event, eventually, happens
from tests.browser.tab import Tab, room_path
from tests.dashboard import Dashboard, served, settings_for
from tests.livekit_server import real_server


async def test_find_the_room_and_who_publishes(tab: Tab, people: People, room: str) -> None:
    await people.open("some-other-room")
    await people.join(room, "ada", name="Ada Lovelace", microphone=True, camera=True)
    page = tab.page
    await page.goto("/rooms")
    await expect(page.get_by_role("link", name="some-other-room", exact=True)).to_be_visible()
    await tab.search(room.upper())
    await expect(page.get_by_role("link", name="some-other-room", exact=True)).to_be_hidden()
    await page.get_by_role("link", name=room, exact=True).click()
    row = page.get_by_role("row").filter(has_text="Ada Lovelace")
    await expect(row).to_contain_text("ada")
    await expect(row).to_contain_text("Active")
    await expect(row).to_contain_text("640×360")

    person = await tab.click_person("Ada Lovelace")
    assert ("/participants/" in page.url) is not tab.scripted
    info = await people.get(room, "ada")
    await expect(person).to_contain_text(info.sid)
    for track in info.tracks:
        await expect(person.locator(".track", has_text=track.sid)).to_be_visible()
    if tab.scripted:
        await expect(page.locator("tr[aria-selected=true]")).to_contain_text("Ada Lovelace")
        await page.keyboard.press("Escape")
        await expect(person).to_be_hidden()
        await expect(page.get_by_role("link", name="Ada Lovelace")).to_be_focused()


async def test_mute_a_microphone(tab: Tab, people: People, room: str) -> None:
    ada = await people.join(room, "ada", microphone=True)
    muted = event(ada, "track_muted")
    person = await tab.open_person(room, "ada")
    await person.get_by_role("button", name="Mute Microphone", exact=True).click()
    await tab.told("Microphone of ada muted")

    participant, publication = await happens(muted)
    assert (participant.identity, publication.source) == ("ada", MICROPHONE)
    assert ada.muted(MICROPHONE)
    assert (await people.track(room, "ada", MICROPHONE)).muted
    await expect(person.locator(".track")).to_contain_text("muted")
    await expect(person.get_by_role("button", name="Mute Microphone", exact=True)).to_have_count(0)


async def test_unmuting_is_refused_with_a_reason_and_not_offered_again(
    tab: Tab, people: People, room: str, faults: Faults, dashboard: Dashboard
) -> None:
    faults.expect_status(501)
    dashboard.app.state.dashboard.livekit.refusals.forget()
    ada = await people.join(room, "ada", microphone=True)
    ada.mute(MICROPHONE)

    async def server_says_muted() -> bool:
        return (await people.track(room, "ada", MICROPHONE)).muted

    await eventually(server_says_muted)
    person = await tab.open_person(room, "ada")
    await person.get_by_role("button", name="Unmute Microphone").click()
    await expect(tab.page.get_by_role("alert")).to_contain_text("enable_remote_unmute: true")
    assert (await people.track(room, "ada", MICROPHONE)).muted
    # The open panel follows by itself; without JavaScript the next page knows it.
    if not tab.scripted:
        person = await tab.open_person(room, "ada")
    await expect(person.get_by_role("button", name="Unmute Microphone")).to_have_count(0)
    await expect(person).to_contain_text("This server doesn’t allow unmuting others")


@pytest.mark.parametrize("scripted", [True, False], ids=["scripted", "plain"])
async def test_a_server_that_allows_it_unmutes(browser: Browser, faults: Faults, scripted: bool) -> None:
    async with (
        real_server(redis=False, config={"room": {"enable_remote_unmute": True}}) as server,
        served(settings_for(server)) as dashboard,
        People.on(server) as people,
        new_page(browser, dashboard.url, faults, scripted=scripted, http_credentials=ADMIN) as page,
    ):
        ada = await people.join("standup", "ada", microphone=True)
        tab = Tab(page, scripted)
        person = await tab.open_person("standup", "ada")
        await person.get_by_role("button", name="Mute Microphone", exact=True).click()
        await tab.told("Microphone of ada muted")
        assert ada.muted(MICROPHONE)
        unmuted = event(ada, "track_unmuted")
        await person.get_by_role("button", name="Unmute Microphone", exact=True).click()
        await tab.told("Microphone of ada unmuted")
        await happens(unmuted)
        assert not (await people.track("standup", "ada", MICROPHONE)).muted
        await expect(person.get_by_role("button", name="Mute Microphone", exact=True)).to_be_visible()


async def test_mute_all_from_the_menu_of_the_row(tab: Tab, people: People, room: str) -> None:
    await people.join(room, "ada", microphone=True, camera=True)
    await tab.page.goto(room_path(room))
    menu = await tab.menu("Actions for ada")
    await menu.get_by_role("button", name="Mute all tracks").click()
    await tab.told("Muted 2 tracks of ada")
    assert all(track.muted for track in (await people.get(room, "ada")).tracks)
    await expect(tab.page.locator("main .chip.off")).to_have_count(2)
    if not tab.scripted:
        assert tab.page.url.endswith(room_path(room))


async def test_mute_all_from_the_details(tab: Tab, people: People, room: str) -> None:
    await people.join(room, "ada", microphone=True, camera=True)
    person = await tab.open_person(room, "ada")
    await person.get_by_role("button", name="Mute all").click()
    await tab.told("Muted 2 tracks of ada")
    assert (await people.track(room, "ada", CAMERA)).muted
    assert (await people.track(room, "ada", MICROPHONE)).muted
    await person.get_by_role("button", name="Mute all").click()
    await tab.told("Nothing left to mute")


async def test_remove_someone(tab: Tab, people: People, room: str) -> None:
    ada = await people.join(room, "ada", name="Ada")
    bob = await people.join(room, "bob", name="Bob")
    bob_sees = event(bob, "participant_disconnected")
    person = await tab.open_person(room, "Ada")
    await person.get_by_role("link", name="Remove").click()
    question = await tab.question("Remove ada?")
    await expect(question).to_contain_text("token stays valid")
    await question.get_by_role("link", name="Cancel").click()
    await expect(question.get_by_role("heading", name="Remove ada?")).to_be_hidden()
    assert await people.find(room, "ada")

    person = await tab.open_person(room, "Ada")
    await person.get_by_role("link", name="Remove").click()
    question = await tab.question("Remove ada?")
    await question.get_by_role("button", name="Remove").click()
    await tab.told("Removed ada")
    assert await ada.gone() == rtc.DisconnectReason.PARTICIPANT_REMOVED
    assert (await happens(bob_sees))[0].identity == "ada"
    assert await people.find(room, "ada") is None
    assert await people.find(room, "bob")
    await expect(tab.page.locator("main").get_by_role("link", name="Ada", exact=True)).to_be_hidden()
    await expect(tab.page.locator("main").get_by_role("link", name="Bob", exact=True)).to_be_visible()


async def test_edit_name_metadata_and_attributes(tab: Tab, people: People, room: str) -> None:
    old = {"seat": "4", "team": "red"}
    ada = await people.join(room, "ada", name="Ada", metadata="old", attributes=old)
    told = [event(ada, f"participant_{what}_changed") for what in ("name", "metadata", "attributes")]
    person = await tab.open_person(room, "Ada")
    await person.get_by_role("link", name="Edit").click()
    page = tab.page
    await expect(page.get_by_label("Name")).to_have_value("Ada")
    await page.get_by_label("Name").fill("Ada L. <3")
    await page.get_by_label("Metadata").fill('{"since": 1843}')
    await page.get_by_label("Attributes").fill('{"team": "blue"}')
    await page.get_by_role("button", name="Save").click()
    await tab.told("Saved")

    info = await people.get(room, "ada")
    assert (info.name, info.metadata, dict(info.attributes)) == (
        "Ada L. <3",
        '{"since": 1843}',
        {"team": "blue"},
    )
    for change in told:
        await happens(change)
    here = ada.room.local_participant
    assert (here.name, here.metadata, here.attributes["team"]) == ("Ada L. <3", '{"since": 1843}', "blue")
    await expect(page.locator("main")).to_contain_text("Ada L. <3")


async def test_a_wrong_attribute_is_told_at_the_field(
    tab: Tab, people: People, room: str, faults: Faults
) -> None:
    faults.expect_status(422)
    await people.join(room, "ada", attributes={"team": "red"})
    await tab.page.goto(f"{room_path(room)}/participants/ada/edit")
    await tab.page.get_by_label("Name").fill("Countess")
    await tab.page.get_by_label("Attributes").fill('{"team": 1}')
    await tab.page.get_by_role("button", name="Save").click()
    await expect(tab.page.get_by_label("Attributes")).to_have_attribute("aria-invalid", "true")
    await expect(tab.page.get_by_label("Attributes")).to_have_value('{"team": 1}')
    await expect(tab.page.get_by_label("Name")).to_have_value("Countess")
    info = await people.get(room, "ada")
    assert (info.name, dict(info.attributes)) == ("", {"team": "red"})


async def test_take_the_permission_to_publish_away(tab: Tab, people: People, room: str) -> None:
    ada = await people.join(room, "ada", microphone=True)
    changed = event(ada, "participant_permissions_changed")
    person = await tab.open_person(room, "ada")
    await expect(person.get_by_role("checkbox", name="Publish", exact=True)).to_be_checked()
    await person.get_by_role("checkbox", name="Publish", exact=True).uncheck()
    await person.get_by_role("button", name="Save permissions").click()
    await tab.told("Permissions of ada saved")

    permission = (await people.get(room, "ada")).permission
    assert (permission.can_publish, permission.can_subscribe, permission.can_publish_data) == (
        False,
        True,
        True,
    )
    await happens(changed)

    async def silenced() -> bool:
        return not (await people.get(room, "ada")).tracks

    await eventually(silenced)
    await expect(person).to_contain_text("no tracks")
    await expect(person.get_by_role("checkbox", name="Publish", exact=True)).not_to_be_checked()


async def test_see_the_json_and_how_to_do_it_elsewhere(tab: Tab, people: People, room: str) -> None:
    await people.join(room, "ada", microphone=True)
    await tab.open_person(room, "ada")
    menu = await tab.menu("More for ada")
    await menu.get_by_role("link", name="JSON, lk and Python").click()
    track = await people.track(room, "ada", MICROPHONE)
    main = tab.page.locator("main")
    await expect(main.get_by_label("livekit.ParticipantInfo")).to_contain_text(track.sid)
    await expect(main.get_by_label("Terminal")).to_contain_text(f"--mute {track.sid}")
    await expect(main.get_by_label("Python")).to_contain_text("update_participant")


async def test_choose_what_may_be_published(tab: Tab, people: People, room: str) -> None:
    ada = await people.join(room, "ada", microphone=True, camera=True)
    person = await tab.open_person(room, "ada")
    await expect(person).to_contain_text("all, if none is selected")
    await person.get_by_role("checkbox", name="Microphone", exact=True).check()
    await person.get_by_role("button", name="Save permissions").click()
    await tab.told("Permissions of ada saved")

    async def seen_no_more() -> bool:
        return [track.source for track in (await people.get(room, "ada")).tracks] == [MICROPHONE]

    await eventually(seen_no_more)
    assert list((await people.get(room, "ada")).permission.can_publish_sources) == [MICROPHONE]
    assert ada.room.local_participant.permissions.can_publish
    await expect(person.get_by_role("checkbox", name="Microphone", exact=True)).to_be_checked()


async def test_permissions_that_someone_else_took_are_not_given_back(
    tab: Tab, people: People, room: str, faults: Faults
) -> None:
    faults.expect_status(409)
    await people.join(room, "ada")
    person = await tab.open_person(room, "ada")
    if tab.scripted:
        await tab.page.get_by_role("button", name="Pause").click()  # or the form would be up to date
    permission = (await people.get(room, "ada")).permission
    permission.can_publish = False
    await people.lk.room.update_participant(
        api.UpdateParticipantRequest(room=room, identity="ada", permission=permission)
    )
    await person.get_by_role("checkbox", name="Send data").uncheck()
    await person.get_by_role("button", name="Save permissions").click()
    await expect(tab.page.get_by_role("alert")).to_contain_text("Someone else changed")
    assert (await people.get(room, "ada")).permission.can_publish_data
    await expect(person.get_by_role("checkbox", name="Publish", exact=True)).not_to_be_checked()
    await expect(person.get_by_role("checkbox", name="Send data")).not_to_be_checked()
    await person.get_by_role("button", name="Save permissions").click()
    await tab.told("Permissions of ada saved")
    permission = (await people.get(room, "ada")).permission
    assert (permission.can_publish, permission.can_publish_data, permission.can_subscribe) == (
        False,
        False,
        True,
    )


async def test_what_was_saved_does_not_hide_what_others_change_later(
    page: Page, people: People, room: str
) -> None:
    """A box that was clicked stays as it was clicked, for the browser, until the form is new."""
    await people.join(room, "ada")
    tab = Tab(page, scripted=True)
    person = await tab.open_person(room, "ada")
    box = person.get_by_role("checkbox", name="Send data")
    await box.uncheck()
    await person.get_by_role("button", name="Save permissions").click()
    await tab.told("Permissions of ada saved")
    await expect(box).not_to_be_checked()
    permission = (await people.get(room, "ada")).permission
    permission.can_publish_data = True
    await people.lk.room.update_participant(
        api.UpdateParticipantRequest(room=room, identity="ada", permission=permission)
    )
    await expect(box).to_be_checked()


async def test_subscribe_and_unsubscribe(tab: Tab, people: People, room: str) -> None:
    await people.join(room, "ada", microphone=True)
    bob = await people.join(room, "bob", auto_subscribe=False)
    page = tab.page
    await page.goto(f"{room_path(room)}/participants/bob/subscriptions")
    subscribed = event(bob, "track_subscribed")
    await page.get_by_role("button", name="Subscribe Microphone of ada", exact=True).click()
    await tab.told("Subscribed bob")
    track, _, publisher = await happens(subscribed)
    assert publisher.identity == "ada"

    async def receives() -> bool:
        return any(stats.HasField("inbound_rtp") for stats in await track.get_stats())

    async def receives_no_more() -> bool:
        return not await receives()

    await eventually(receives)
    await page.get_by_role("button", name="Unsubscribe Microphone of ada", exact=True).click()
    await tab.told("Unsubscribed bob")
    # Bob's client reports no event when the server ends a subscription; the media stops all the same.
    await eventually(receives_no_more)


async def test_someone_who_leaves_while_one_looks(
    page: Page, people: People, room: str, faults: Faults, way: str
) -> None:
    """The panel says so, once, and neither it nor the page goes on asking for them."""
    if way == "polled":
        faults.expect_status(404)
    ada = await people.join(room, "ada")
    await people.join(room, "bob")
    tab = Tab(page, scripted=True)
    panel = await tab.open_person(room, "ada")
    await ada.leave()
    await expect(panel).to_contain_text("Participant has left")
    await expect(page.locator("#panel-main")).to_have_count(0)
    await expect(page.locator("main").get_by_role("link", name="ada", exact=True)).to_be_hidden()
    await expect(page.locator("#outage")).to_be_empty()
    await expect(page.locator("#live-word")).to_have_text("Live" if way == "pushed" else "Polling")
    await panel.get_by_role("button", name="Close").click()
    await expect(panel).to_be_hidden()


@pytest.mark.parametrize("action", ["mute-all", "remove", "permissions"])
async def test_someone_who_has_left_meanwhile(
    tab: Tab, people: People, room: str, faults: Faults, action: str
) -> None:
    """A page that is older than the truth: the answer says so, whatever was clicked."""
    faults.expect_status(404)
    ada = await people.join(room, "ada")
    await people.join(room, "bob")
    person = await tab.open_person(room, "ada")
    if action == "remove":
        await person.get_by_role("link", name="Remove").click()
        person = await tab.question("Remove ada?")
    elif tab.scripted:
        await tab.page.get_by_role("button", name="Pause").click()  # or the panel would say so first
    await ada.leave()

    async def left() -> bool:
        return await people.find(room, "ada") is None

    await eventually(left)
    names = {"mute-all": "Mute all", "remove": "Remove", "permissions": "Save permissions"}
    await person.get_by_role("button", name=names[action]).click()
    if tab.scripted:
        await expect(tab.page.get_by_role("alert")).to_be_visible()
    else:
        await expect(tab.page.get_by_role("heading", name="This participant has left")).to_be_visible()
