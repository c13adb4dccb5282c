"""What is said of things that are not there, in whose words, and where that leads."""

import httpx
import pytest

from livekit_dashboard.simulator import Fault, World
from tests.dashboard import post_form
from tests.html import Page
from tests.routes.site import fill


@pytest.mark.parametrize(
    ("path", "words", "href"),
    [
        ("/rooms/gone", "There is no open room of that name. A room closes some time after", "/rooms"),
        ("/rooms/standup/agents/AD_gone", "There is no dispatch of that id", "/rooms/standup/agents"),
        ("/sip-inbound/ST_gone", "There is no inbound trunk of that ID", "/sip-inbound"),
        ("/sip-rules/SDR_gone", "There is no dispatch rule of that ID. Dispatch rules are", "/sip-rules"),
        ("/sip-calls/standup/ana", "“ana” in room “standup” isn’t a phone", "/sip-calls"),
        ("/webhooks/events/EV_gone", "keeps the last webhooks in memory", "/webhooks"),
        ("/nothing/here", "Nothing is served at /nothing/here", "/rooms"),
    ],
)
async def test_our_words_are_not_put_into_livekits_mouth(
    path: str, words: str, href: str, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    answer = await client.get(path)
    page = Page(answer.text)
    assert answer.status_code == 404
    assert words in page.main
    assert "LiveKit says" not in page.main
    assert href in [link.href for link in page.links("btn-primary")]
    assert ("A room closes" in page.main) is (path == "/rooms/gone")


@pytest.mark.parametrize(
    ("path", "words", "href"),
    [
        (
            "/egress/EG_gone",
            "egress does not exist. LiveKit removes recordings from its list about a day",
            "/egress",
        ),
        ("/ingress/IN_gone", "ingress does not exist. Ingresses are kept until", "/ingress"),
    ],
)
async def test_what_is_said_fits_the_kind(
    path: str, words: str, href: str, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    page = Page((await client.get(path)).text)
    assert f"LiveKit says: {words}" in page.main
    assert "A room closes" not in page.main
    assert href in [link.href for link in page.links("btn-primary")]


async def test_livekits_own_words_are_quoted(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    page = Page((await client.get("/rooms/standup/participants/gone")).text)
    assert "LiveKit says: participant does not exist. Participants are listed until they leave" in page.main
    assert "/rooms/standup" in [link.href for link in page.links("btn-primary")]
    headers = {"HX-Request": "true"}
    path = "/rooms/standup/participants/gone?panel=1&partial=1"
    assert "LiveKit says: participant does not exist." in (await client.get(path, headers=headers)).text


async def test_a_track_that_is_gone(client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    answer = await post_form(client, "/rooms/standup/participants/ana/mute", {"track_sid": "TR_gone"})
    assert "The participant has no such track any more" in Page(answer.text).main
    assert "LiveKit says" not in Page(answer.text).main


async def test_a_form_too_tells_whose_words_they_are(client: httpx.AsyncClient, world: World) -> None:
    refused = Page((await post_form(client, "/rooms/gone/data", {"payload": "x", "how": "reliable"})).text)
    assert "There is no open room of that name." in refused.main
    assert "LiveKit says" not in refused.main
    world.faults.add(Fault("cut"))
    cut = Page((await post_form(client, "/rooms/gone/metadata", {"metadata": "x"})).text)
    assert "LiveKit can’t be reached. Nothing was saved." in cut.main
    assert "LiveKit says" not in cut.main
