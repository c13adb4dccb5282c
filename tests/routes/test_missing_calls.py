"""A LiveKit that lacks a call, or a whole service, is told from an address where no LiveKit answers."""

import httpx
import pytest

from livekit_dashboard.services.missing import SINCE, sentence
from livekit_dashboard.simulator import Fault, World
from livekit_dashboard.simulator.app import METHODS
from tests.dashboard import post_form, submit
from tests.html import Page
from tests.routes.site import address, fill
from tests.routes.test_cost import CALLS
from tests.routes.test_faults import GETS

TITLE = "This LiveKit server doesn’t have this call"


def no_handler(call: str) -> Fault:
    """As an older server answers, which has the service but not this method."""
    path = f"/twirp/livekit.{call}"
    meta = {"twirp_invalid_route": f"POST {path}"}
    return Fault("error", match=call, code="bad_route", message=f'no handler for path "{path}"', meta=meta)


def no_service(service: str) -> Fault:
    """As an older server answers, which lacks the service, or a proxy that doesn't pass it on."""
    return Fault("html", match=f"{service}/*", status=404)


def assert_missing(answer: httpx.Response, call: str) -> None:
    page = Page(answer.text)
    assert answer.status_code == 501
    assert TITLE in page.main
    assert call in page.main
    assert "LIVEKIT_URL" not in page.main
    assert "isn’t LiveKit" not in page.main


async def test_a_method_that_an_older_server_lacks(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    world.faults.add(no_handler("SIP/UpdateSIPInboundTrunk"))
    trunk = next(iter(world.sip.inbound))
    answer = await submit(client, f"/sip-inbound/{trunk}/edit", f"/sip-inbound/{trunk}/edit", name="renamed")
    page = Page(answer.text)
    assert answer.status_code == 501
    assert TITLE in page.main
    assert "SIP/UpdateSIPInboundTrunk (added in LiveKit 1.9.0)" in page.main
    assert "Check host and port" not in page.main
    # The entries are kept.
    assert 'value="renamed"' in answer.text
    assert (await client.get("/sip-inbound")).status_code == 200


@pytest.mark.parametrize("path", ["/sip-inbound", "/sip-outbound", "/sip-rules", "/sip-match?from=1&to=2"])
async def test_a_server_without_the_sip_service(path: str, client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    world.faults.add(no_service("SIP"))
    assert_missing(await client.get(path), "SIP/List")


@pytest.mark.parametrize("path", ["/rooms/standup/agents", "/agents/all"])
async def test_agents_in_rooms_are_shown_without_the_dispatch_service(
    path: str, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    world.faults.add(no_service("AgentDispatchService"))
    answer = await client.get(path)
    page = Page(answer.text)
    assert answer.status_code == 200
    assert "no call AgentDispatchService/ListDispatch (added in LiveKit 1.7.1)" in page.main
    assert "No agent was asked for" not in page.main
    assert "No dispatch in any room" not in page.main


async def test_lists_that_are_there_are_shown_without_the_one_that_is_not(
    client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    fault = world.faults.add(no_handler("SIP/ListSIPDispatchRule"))
    page = Page((await client.get("/sip-inbound")).text)
    assert "no call SIP/ListSIPDispatchRule" in page.main
    assert all(trunk in page.main for trunk in world.sip.inbound)
    assert_missing(await client.get("/sip-rules"), "SIP/ListSIPDispatchRule")
    assert (await client.get("/sip-calls")).status_code == 200
    world.faults.remove(fault)
    assert "no call" not in Page((await client.get("/sip-inbound")).text).main


async def test_calls_are_shown_without_the_sip_service(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    world.faults.add(no_service("SIP"))
    page = Page((await client.get("/sip-calls")).text)
    assert (
        "no calls SIP/ListSIPDispatchRule, SIP/ListSIPInboundTrunk and SIP/ListSIPOutboundTrunk" in page.main
    )


async def test_the_overview_is_shown_without_the_egress_service(
    client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    world.faults.add(no_service("Egress"))
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "standup" in Page(answer.text).main
    assert TITLE in Page(answer.text).main
    assert_missing(await client.get("/egress"), "Egress/ListEgress")


@pytest.mark.parametrize("call", sorted({call for calls in CALLS.values() for call in calls}))
@pytest.mark.parametrize("kind", [no_handler, lambda call: Fault("html", match=call, status=404)])
async def test_no_page_takes_a_missing_call_for_something_else(
    call: str, kind: object, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    fault = world.faults.add(kind(call))  # type: ignore[operator]
    # Without this one it isn't a LiveKit, unless it says itself that it has no such method.
    proof = fault.kind == "html" and call == "RoomService/ListRooms"
    for url in GETS:
        if call not in CALLS[f"GET {url.name}"] or url.path.endswith((".json", ".csv")):
            continue
        answer = await client.get(address(url), params={"room": "standup"})
        assert answer.status_code in ((502,) if proof else (200, 303, 501)), url.path
        assert ("isn’t LiveKit" in answer.text) == proof, url.path


async def test_toasts_name_the_call(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    world.faults.add(no_handler("RoomService/RemoveParticipant"))
    path = "/rooms/standup/participants/ana/remove"
    answer = await post_form(client, path, headers={"HX-Request": "true"})
    assert answer.status_code == 501
    assert "no call RoomService/RemoveParticipant" in answer.text


async def test_a_proxy_that_answers_everything_itself_is_no_livekit(
    client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    fault = world.faults.add(Fault("html", status=404))
    for path in ("/egress", "/sip-inbound", "/rooms"):
        answer = await client.get(path)
        assert answer.status_code == 502
        assert "Something answers, but it isn’t LiveKit" in Page(answer.text).main
    world.faults.remove(fault)
    assert (await client.get("/egress")).status_code == 200


async def test_it_costs_one_call_to_find_out_for_all_pages(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    world.faults.add(no_service("Egress"))
    for _ in range(3):
        await client.get("/egress")
    assert world.calls.count("RoomService/ListRooms") == 1


async def test_a_request_that_was_changed_on_its_way(client: httpx.AsyncClient, world: World) -> None:
    """Some proxies turn POST into GET. Then it is LiveKit, and has the call."""
    message = 'unsupported method "GET" (only POST is allowed)'
    world.faults.add(Fault("error", match="RoomService/*", code="bad_route", message=message))
    page = Page((await client.get("/rooms")).text)
    assert "A proxy changes requests to LiveKit" in page.main


def test_versions_are_of_calls_that_exist() -> None:
    calls = set(METHODS) | {name.partition("/")[0] for name in METHODS}
    assert set(SINCE) <= calls


@pytest.mark.parametrize(
    ("call", "version", "words"),
    [
        ("RoomService/ListRooms", "", "the server has no call RoomService/ListRooms"),
        ("SIP/DeleteSIPTrunk", "", "the server has no call SIP/DeleteSIPTrunk (added in LiveKit 1.5.2)"),
        (
            "RoomService/PerformRpc",
            "1.8.4",
            "the server has no call RoomService/PerformRpc (added in LiveKit 1.9.2); this server runs 1.8.4",
        ),
        (
            "RoomService/PerformRpc",
            "1.10.0",
            "the server has no call RoomService/PerformRpc (added in LiveKit 1.9.2); this server runs 1.10.0,"
            " so a proxy in front of it probably blocks the call",
        ),
    ],
)
def test_the_sentence_says_what_is_known(call: str, version: str, words: str) -> None:
    assert sentence(call, version) == words
