"""Every page and every state of one that has a look of its own, and the scene that they show."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from livekit.protocol.ingress import IngressInput
from playwright.async_api import Page, expect

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.demo.scene import HOTLINE
from tests.browser.people import People
from tests.browser.tab import Tab, room_path

CAMERA = "Stage camera"
ROOM = "design / review <b>"
LONG = "a-room-whose-name-nobody-shortened-" + "0123456789" * 16
TRUNK = "Berlin office"


@dataclass(frozen=True)
class Place:
    """Where it is, what the server answers there, and what to do to get to the state."""

    name: str
    path: str
    status: int = 200
    then: Callable[[Page], Awaitable[None]] | None = None
    down: bool = False  # LiveKit is.

    async def visit(self, page: Page) -> None:
        """Goes there and waits for what is special about it."""
        await page.goto(self.path)
        if self.then:
            await self.then(page)


async def set_scene(people: People) -> None:
    """Rooms with and without people, and all that they may show."""
    await people.open(LONG, metadata="{}", max_participants=3)
    await people.open("empty")
    about = {"seat": "4", "a-key-that-is-rather-long": "value " * 30}
    metadata = '{"role": "host", "tags": ["one", "two"]}'
    ada = {"name": "Ada Lovelace", "metadata": metadata, "attributes": about}
    await people.join(ROOM, "ada", **ada, microphone=True, camera=True)
    bob = await people.join(ROOM, "someone-with-a-long-identity@an.example.com", microphone=True)
    bob.mute()
    stage = {"room_name": ROOM, "participant_identity": "stage", "participant_metadata": metadata}
    await people.feed(CAMERA, **stage)
    whip = {"input_type": IngressInput.WHIP_INPUT, "enabled": False}
    await people.feed(LONG, **whip, room_name=LONG, participant_identity=LONG)
    await people.dispatch(ROOM, "notes", metadata=metadata, attributes=about)
    await people.dispatch(ROOM, LONG)
    await people.telephony(HOTLINE, LONG)
    await people.counted(ROOM, 2)


def _at(*links: str, asks: str = "") -> Callable[[Page], Awaitable[None]]:
    """Follows links, each by what it says; `asks` is the question that the last one leads to."""

    async def follow(page: Page) -> None:
        for link in links:
            await page.locator("main").get_by_role("link", name=link, exact=True).first.click()
            await page.wait_for_load_state()
        if asks:
            await Tab(page, scripted=True).question(asks)

    return follow


async def _key(page: Page) -> None:
    await _at(CAMERA, "Show key")(page)
    await expect(page.locator("#key")).to_be_visible()


def _all(button: str, question: str) -> Callable[[Page], Awaitable[None]]:
    """Selects everything, and asks for what the button does."""

    async def select(page: Page) -> None:
        await page.get_by_role("checkbox", name="Select all").check()
        await page.get_by_role("button", name=button).click()
        await Tab(page, scripted=True).question(question)

    return select


async def _trunking(page: Page) -> None:
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_role("textbox", name="Allowed addresses").fill("x y")
    await page.get_by_role("button", name="Create trunk").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _ruling(page: Page) -> None:
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_role("textbox", name="Room configuration").fill("{")
    await page.get_by_role("button", name="Create rule").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _calling(page: Page) -> None:
    await page.locator("label", has_text="SIP host").click()
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_role("button", name="Place call", exact=True).click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _feeding(page: Page) -> None:
    """All parts of the form at once, and all that can be wrong."""
    await page.get_by_label("Video encoding").select_option("Custom")
    await page.get_by_label("Audio encoding").select_option("Custom")
    await page.get_by_label("High layer", exact=True).fill("x")
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_role("button", name="Create ingress").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _dispatching(page: Page) -> None:
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_role("textbox", name="Attributes").fill("{")
    await page.get_by_role("button", name="Dispatch").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _selected(page: Page) -> None:
    await page.get_by_role("checkbox", name="Select all").check()
    await expect(page.get_by_text("4 selected")).to_be_visible()


async def _menu(page: Page) -> None:
    await Tab(page, scripted=True).menu("Actions for empty")


async def _panel(page: Page) -> None:
    await Tab(page, scripted=True).click_person("Ada Lovelace")


async def _dialog(page: Page) -> None:
    await page.get_by_role("link", name="Close room").click()
    await Tab(page, scripted=True).question(f"Close {ROOM}?")


async def _many(page: Page) -> None:
    await page.get_by_role("checkbox", name="Select all").check()
    await page.get_by_role("button", name="Close rooms").click()
    await Tab(page, scripted=True).question("Close 4 rooms?")


async def _wrong(page: Page) -> None:
    await page.get_by_role("textbox", name="Name", exact=True).fill("x" * 300)
    await page.locator("summary", has_text="Advanced").click()
    await page.get_by_role("textbox", name="Tags").fill("{")
    await page.get_by_role("button", name="Create room").click()
    await expect(page.get_by_role("alert")).to_be_visible()


async def _recording(page: Page) -> None:
    """All parts of the longest form at once."""
    for output in ("stream", "segments", "images"):
        await page.locator(f"#out-{output}").check()
    await page.locator("label[for=storage-s3]").click()
    await page.locator("summary", has_text="Advanced").click()
    await page.locator("#quality").select_option("own")
    for words in ("Placeholders", "Roles, tags", "Proxy"):
        await page.locator("summary", has_text=words).click()


async def _minted(page: Page) -> None:
    await page.get_by_role("textbox", name="Identity", exact=True).fill("ada")
    await page.get_by_role("button", name="Make token").click()
    await page.locator("summary", has_text="Claims, and how").click()
    await expect(page.locator("#token")).to_be_visible()


async def _decoded(page: Page) -> None:
    await _minted(page)
    token = await page.locator("#token").inner_text()
    await page.get_by_role("link", name="Decode").click()
    await page.get_by_role("textbox", name="Token").fill(token)
    await page.get_by_role("button", name="Decode").click()
    await expect(page.locator("#decoded")).to_be_visible()


async def _toast(page: Page) -> None:
    panel = await Tab(page, scripted=True).click_person("Ada Lovelace")
    await panel.get_by_role("button", name="Save permissions").click()
    await expect(page.locator("#toasts .toast")).to_be_visible()


HERE = room_path(ROOM)
PHONE = HOTLINE.guests[0]
CALL = f"/sip-calls/{encode_name(HOTLINE.name)}/{encode_name(PHONE.identity)}"
CALLER, CALLED = "%2B493023125042", "%2B493023125900"
PLACES = (
    Place("overview", "/"),
    Place("rooms", "/rooms"),
    Place("rooms-selected", "/rooms?sort=name", then=_selected),
    Place("rooms-menu", "/rooms?sort=name&show=numbers", then=_menu),
    Place("rooms-none", "/rooms?q=nothing+like+it"),
    Place("close-many", "/rooms", then=_many),
    Place("new-room-wrong", "/rooms/new", 422, then=_wrong),
    Place("room", HERE),
    Place("room-panel", HERE, then=_panel),
    Place("room-mute-many", HERE, then=_all("Mute", "Mute 2 participants?")),
    Place("room-remove-page", f"{HERE}/remove?person=ada"),
    Place("room-toast", HERE, then=_toast),
    Place("room-dialog", HERE, then=_dialog),
    Place("room-empty", room_path(LONG)),
    Place("metadata", f"{HERE}/metadata"),
    Place("room-json", f"{HERE}/json"),
    Place("close-page", f"{HERE}/close"),
    Place("participant", f"{HERE}/participants/ada"),
    Place("participant-json", f"{HERE}/participants/ada/json"),
    Place("edit", f"{HERE}/participants/ada/edit"),
    Place("subscriptions", f"{HERE}/participants/ada/subscriptions"),
    Place("egress", "/egress"),
    Place("egress-new", "/egress/new?room=empty", then=_recording),
    Place("egress-track", "/egress/new?room=empty&track=TR_x"),
    Place("ingress", "/ingress"),
    Place("ingress-none", "/ingress?q=nothing+like+it"),
    Place("ingress-one", "/ingress", then=_at(CAMERA)),
    Place("ingress-disabled", "/ingress", then=_at(LONG)),
    Place("ingress-key", "/ingress", then=_key),
    Place("ingress-edit", "/ingress", then=_at(CAMERA, "Edit")),
    Place("ingress-disable", "/ingress", then=_at(CAMERA, "Disable", asks=f"Disable ingress {CAMERA}?")),
    Place("ingress-delete", "/ingress", then=_at(CAMERA, "Delete", asks=f"Delete ingress {CAMERA}?")),
    Place("ingress-delete-many", "/ingress", then=_all("Delete", "Delete 2 ingresses?")),
    Place("ingress-new", "/ingress/new"),
    Place("ingress-new-wrong", "/ingress/new", 422, then=_feeding),
    Place("agents", "/agents"),
    Place("agents-all", "/agents/all"),
    Place("room-agents", f"{HERE}/agents"),
    Place("room-agents-none", f"{HERE}/agents?q=nothing+like+it"),
    Place("dispatch", f"{HERE}/agents", then=_at("notes")),
    Place(
        "dispatch-delete", f"{HERE}/agents", then=_at("notes", "Delete", asks="Delete the dispatch of notes?")
    ),
    Place("dispatch-delete-many", f"{HERE}/agents", then=_all("Delete", "Delete 3 dispatches?")),
    Place("dispatch-new", "/agents/new"),
    Place("dispatch-new-wrong", "/agents/new?room=empty&agent_name=notes", 422, then=_dispatching),
    Place("trunks-in", "/sip-inbound"),
    Place("trunks-out", "/sip-outbound?show=numbers"),
    Place("trunks-none", "/sip-inbound?q=nothing+like+it"),
    Place("trunk-in", "/sip-inbound", then=_at(TRUNK)),
    Place("trunk-unrouted", "/sip-outbound", then=_at(LONG)),
    Place("trunk-out", "/sip-outbound", then=_at(TRUNK)),
    Place("trunk-edit", "/sip-inbound", then=_at(TRUNK, "Edit")),
    Place("trunk-edit-json", "/sip-outbound", then=_at(TRUNK, "Edit", "As JSON")),
    Place("trunk-delete", "/sip-inbound", then=_at(TRUNK, "Delete", asks=f"Delete {TRUNK}?")),
    Place("trunk-delete-many", "/sip-outbound", then=_all("Delete trunks", "Delete 2 trunks?")),
    Place("trunk-in-new-wrong", "/sip-inbound/new", 422, then=_trunking),
    Place("trunk-out-new", "/sip-outbound/new"),
    Place("rules", "/sip-rules"),
    Place("rules-none", "/sip-rules?q=nothing+like+it"),
    Place("rule", "/sip-rules", then=_at("Orders")),
    Place("rule-long", "/sip-rules", then=_at(LONG)),
    Place("rule-edit", "/sip-rules", then=_at("Orders", "Edit")),
    Place("rule-delete", "/sip-rules", then=_at("Orders", "Delete", asks="Delete Orders?")),
    Place("rule-delete-many", "/sip-rules", then=_all("Delete rules", "Delete 3 rules?")),
    Place("rule-new-wrong", "/sip-rules/new", 422, then=_ruling),
    Place("rule-new-json", "/sip-rules/new?as=json"),
    Place("calls", "/sip-calls"),
    Place("calls-none", "/sip-calls?q=nothing+like+it"),
    Place("call", CALL),
    Place("call-numbers", f"{CALL}?show=numbers"),
    Place("call-transfer", f"{CALL}/transfer"),
    Place("call-hang-up", CALL, then=_at("Hang up", asks="Hang up on +4930••••42?")),
    Place("call-hang-up-many", "/sip-calls", then=_all("Hang up", "Hang up 1 call?")),
    Place("call-new-wrong", "/sip-calls/new", 422, then=_calling),
    Place("call-new-json", "/sip-calls/new?as=json"),
    Place("match", "/sip-match"),
    Place("match-room", f"/sip-match?from={CALLER}&to={CALLED}&source=203.0.113.5"),
    Place("match-nothing", f"/sip-match?from={CALLER}&to=1&source=198.51.100.1"),
    Place("token", "/sandbox?room=empty", then=_minted),
    Place("decode", "/sandbox?room=empty", then=_decoded),
    Place("settings", "/settings"),
    Place("not-found", "/nothing/here", 404),
    Place("logged-out", "/logout", 401),
    Place("error", "/rooms", 502, down=True),
)
