"""Phone numbers are masked wherever someone reads them, on every page that can be reached; links still work."""

import re
from collections import deque
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from livekit import api
from livekit.protocol import egress, sip
from livekit.protocol.webhook import WebhookEvent

from livekit_dashboard.addresses.names import encode_name
from livekit_dashboard.services.webhooks.webhooks import from_proto
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import Dashboard, submit
from tests.html import Page
from tests.routes.conftest import Browse
from tests.routes.site import fill

CALLER, NATIONAL, CALLEE, OWN = "+15105550123", "5105550134", "+442071838750", "+4930555777"
NUMBERS = tuple(number.lstrip("+") for number in (CALLER, NATIONAL, CALLEE, OWN))
READ = ("title", "aria-label", "alt", "label")
# Pages that can be reached from here on, and not only from the list of calls.
START = ("/", "/rooms", "/egress", "/webhooks", "/sip-calls", "/sip-inbound", "/sip-outbound", "/sip-rules")


@pytest.fixture
async def rooms(world: World, dashboard: Dashboard) -> list[str]:
    """The rooms of three calls on a busy server that has heard of them by every way."""
    fill(world)
    world.sip.inbound.clear()
    world.sip.rules.clear()
    world.sip.inbound["ST_in"] = sip.SIPInboundTrunkInfo(
        sip_trunk_id="ST_in", name="Front desk", numbers=[OWN], allowed_numbers=[CALLER, NATIONAL]
    )
    world.sip.outbound["ST_out"] = sip.SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", name="Provider", address="sip.example.com", numbers=[OWN]
    )
    individual = sip.SIPDispatchRuleIndividual(room_prefix="call-")
    world.sip.rules["SDR_one"] = sip.SIPDispatchRuleInfo(
        sip_dispatch_rule_id="SDR_one",
        name="One room a caller",
        rule=sip.SIPDispatchRule(dispatch_rule_individual=individual),
        trunk_ids=["ST_in"],
        inbound_numbers=[CALLER, NATIONAL],
    )
    calls = [world.telephony.incoming(CALLER, OWN), world.telephony.incoming(NATIONAL, OWN)]
    request = api.CreateSIPParticipantRequest(sip_trunk_id="ST_out", sip_call_to=CALLEE, room_name="support")
    calls.append(world.telephony.dial(request, world.sip.outbound["ST_out"], OWN))
    names = []
    for number, call in enumerate(calls):
        assert call is not None
        names.append(call.room)
        for event in ("room_started", "participant_joined"):
            hook = WebhookEvent(
                id=f"EV_{event}_{number}",
                event=event,
                room=world.rooms[call.room],
                participant=call.person if event.startswith("p") else None,
            )
            dashboard.app.state.dashboard.webhooks.feed.add(from_proto(hook))
        world.add_egress(
            egress.EgressInfo(
                egress_id=f"EG_call{number}",
                room_name=call.room,
                status=egress.EgressStatus.EGRESS_COMPLETE,
                started_at=10**18,
                ended_at=10**18 + 10**9,
                room_composite=egress.RoomCompositeEgressRequest(room_name=call.room),
                file_results=[egress.FileInfo(filename=f"{call.room}.mp4", location=f"/out/{call.room}.mp4")],
            )
        )
    return names


def _read(page: Page) -> str:
    """Everything in a page that someone reads or hears, but for the numbers in help texts."""
    attributes = [element[name] for element in page.elements for name in READ if name in element]
    return " ".join([page.title, page.text, *attributes])


def _whole(text: str) -> list[str]:
    return [number for number in NUMBERS if number in re.sub(r"[^0-9A-Za-z]", "", text)]


async def _walk(client: httpx.AsyncClient, start: tuple[str, ...], most: int) -> dict[str, httpx.Response]:
    """The answers to GET of every address that pages lead to, the nearest first."""
    seen: dict[str, httpx.Response] = {}
    queue = deque(start)
    while queue and len(seen) < most:
        address = queue.popleft()
        parts = urlsplit(address)
        query = dict(parse_qsl(parts.query))
        skipped = query.keys() & {"show", "sort", "q", "per_page", "partial", "state"}
        if address in seen or parts.netloc or skipped or parts.path in ("/logout", "/arrived", "/live"):
            continue
        if parts.path.startswith("/static"):
            continue
        seen[address] = await client.get(address)
        if "html" in seen[address].headers.get("content-type", ""):
            page = Page(seen[address].text)
            queue += [
                element["href"] for element in page.elements if element.tag == "a" and "href" in element
            ]
    return seen


async def test_no_page_shows_a_number_whole(client: httpx.AsyncClient, rooms: list[str]) -> None:
    answers = await _walk(client, START, most=400)
    kinds = {re.sub(r"~[^/?]*|(EG|EV|ST|SDR|RM)_\w+", "*", urlsplit(address).path) for address in answers}
    # The walk came to the pages of a call in every area.
    assert {
        "/rooms/*",
        "/rooms/*/participants/*",
        "/egress/*",
        "/sip-calls/*/*",
        "/webhooks/events/*",
    } <= kinds
    assert {"/rooms/*/close", "/sip-calls/*/*/hang-up", "/rooms/*/participants/*/json"} <= kinds
    shown = {}
    for address, answer in answers.items():
        assert answer.status_code < 400, address
        html = "html" in answer.headers.get("content-type", "")
        whole = _whole(_read(Page(answer.text)) if html else answer.text)
        # What a form field holds is for LiveKit, not for readers.
        if whole and html and Page(answer.text).forms:
            fields = {value for form in Page(answer.text).forms for _, value in form.fields}
            whole = [number for number in whole if not any(number in value for value in fields)]
        if whole:
            shown[address] = whole
        assert not _whole(urlsplit(address).path), address
    assert not shown
    assert len(rooms) == 3


async def test_a_page_says_that_it_masks_and_shows_them_when_asked(
    client: httpx.AsyncClient, rooms: list[str]
) -> None:
    for path in ("/rooms", f"/rooms/{encode_name(rooms[0])}", "/egress", "/webhooks"):
        page = Page((await client.get(path)).text)
        assert "Numbers partly masked" in page.main, path
        (link,) = [link for link in page.links() if link.text == "Show numbers"]
        shown = Page((await client.get(link.href)).text)
        assert CALLER in shown.text
        assert "Numbers partly masked" not in shown.main
        exports = [
            item.href for item in shown.links() if item.text in ("CSV", "JSON") and ".csv" in item.href
        ]
        assert all("show=numbers" in href for href in exports), path
    assert "Numbers partly masked" not in Page((await client.get("/rooms/standup/close")).text).text


async def test_a_copy_is_whole_and_says_so(client: httpx.AsyncClient, rooms: list[str]) -> None:
    (identity,) = {f"sip_{CALLER}"}
    path = f"/rooms/{encode_name(rooms[0])}/participants/{encode_name(identity)}"
    page = Page((await client.get(path)).text)
    copies = [element for element in page.elements if element.attributes.get("data-copy") == identity]
    assert copies
    assert all(copy["title"].endswith("(whole number)") for copy in copies)
    json = Page((await client.get(f"{path}/json")).text)
    (copy,) = [
        element for element in json.elements if '"sip.phoneNumber"' in element.attributes.get("data-copy", "")
    ]
    assert CALLER in copy["data-copy"]
    assert "Copy (whole number)" in json.text
    assert not _whole(json.text)


@pytest.mark.usefixtures("rooms")
async def test_the_json_of_a_trunk_and_a_rule_is_masked_and_copied_whole(
    client: httpx.AsyncClient, world: World
) -> None:
    # Numbers without a plus, and a PIN, which no shape gives away.
    world.sip.inbound["ST_in"].numbers.append("4930777")
    rule = world.sip.rules["SDR_one"]
    rule.rule.dispatch_rule_individual.pin = "4711"
    for path, marks in (
        ("/sip-inbound/ST_in", ("4930777", CALLER)),
        ("/sip-rules/SDR_one", ("4711", CALLER)),
    ):
        page = Page((await client.get(path)).text)
        assert "Copy (whole numbers)" in page.text, path
        (copy,) = [
            element["data-copy"]
            for element in page.elements
            if '"name"' in element.attributes.get("data-copy", "") and "{" in element["data-copy"][:2]
        ]
        for mark in marks:
            assert mark in copy, path
            assert mark not in _read(page), path


@pytest.mark.parametrize("path", ["/rooms", "/egress", "/sip-calls", "/sip-inbound", "/sip-rules"])
@pytest.mark.parametrize("ending", [".json", ".csv"])
@pytest.mark.usefixtures("rooms")
async def test_an_export_is_masked_like_its_page(path: str, ending: str, client: httpx.AsyncClient) -> None:
    masked = (await client.get(path + ending)).text
    shown = (await client.get(path + ending, params={"show": "numbers"})).text
    assert not _whole(masked)
    assert "••••" in masked
    assert _whole(shown)


@pytest.mark.usefixtures("rooms")
async def test_a_search_for_a_number_finds_it_and_masks_it(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/search", params={"q": CALLER})).text)
    assert "+1510••••23" in page.main
    assert not _whole(page.text)


async def test_a_failure_and_its_report_have_no_number(
    client: httpx.AsyncClient, world: World, rooms: list[str]
) -> None:
    world.faults.add(Fault("refuse"))
    answer = await client.get(f"/rooms/{encode_name(rooms[0])}")
    assert answer.status_code == 502
    assert not _whole(_read(Page(answer.text)))
    # The report is for others to read, so it is masked in the clipboard too.
    copies = [element["data-copy"] for element in Page(answer.text).elements if "data-copy" in element]
    assert any("reason" in copy for copy in copies)
    assert not any(_whole(copy) for copy in copies)
    overview = await client.get("/")
    assert not _whole(_read(Page(overview.text)))


async def test_the_setting_shows_numbers_everywhere(browse: Browse, rooms: list[str]) -> None:
    client = await browse(show_phone_numbers=True)
    assert CALLER in Page((await client.get("/rooms")).text).main
    assert CALLER in (await client.get("/rooms.csv")).text
    assert "Show numbers" not in Page((await client.get("/sip-calls")).text).text
    assert rooms


async def test_a_message_after_an_action_is_masked(client: httpx.AsyncClient, rooms: list[str]) -> None:
    path = f"/rooms/{encode_name(rooms[0])}/close"
    answer = await submit(client, path, path)
    assert answer.status_code == 303
    assert not _whole(_read(Page((await client.get(answer.headers["Location"])).text)))
