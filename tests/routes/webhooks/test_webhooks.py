"""LiveKit's way in, and what is shown of what came."""

import asyncio
import re
from html import unescape

import httpx
import pytest

from livekit_dashboard.services.webhooks.samples import sample
from tests.dashboard import Dashboard, post_form
from tests.html import Page
from tests.routes.conftest import Browse

CONTENT_TYPE = {"Content-Type": "application/webhook+json"}


async def _send(
    dashboard: Dashboard, stranger: httpx.AsyncClient, body: str, header: str | None = None
) -> httpx.Response:
    signed = dashboard.app.state.dashboard.webhooks.sign(body.encode()) if header is None else header
    return await stranger.post(
        "/webhooks/livekit", content=body.encode(), headers={**CONTENT_TYPE, "Authorization": signed}
    )


def _rows(html: str) -> list[tuple[str, ...]]:
    """Event, room and participant of the rows, sorted."""
    rows = re.findall(r'<tr id="row-.*?</tr>', html, re.DOTALL)
    cells = [re.findall(r"<td.*?</td>", row, re.DOTALL)[:3] for row in rows]
    return sorted(tuple(unescape(re.sub("<[^>]+>", "", cell)).strip() for cell in row) for row in cells)


async def test_a_signed_webhook_is_listed_and_a_repeated_one_once(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    body = sample("track_published", "a/b <b>", "ana")
    assert (await _send(dashboard, stranger, body)).status_code == 200
    assert (await _send(dashboard, stranger, body)).status_code == 200
    html = (await client.get("/webhooks?q=a%2Fb")).text
    page = Page(html)
    assert _rows(html) == [("track_published", "a/b <b>", "ana")]
    link = next(link for link in page.links() if link.text == "track_published")
    assert "TR_AMq2Wf7sLkXz" in (await client.get(link.href)).text


@pytest.mark.parametrize("header", ["", "Bearer x", "x"])
async def test_a_webhook_that_livekit_did_not_sign_is_refused_and_not_shown(
    header: str, dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    answer = await _send(dashboard, stranger, sample("room_started", "forged-room"), header)
    assert answer.status_code == 401
    assert answer.json()["error"]
    assert "forged-room" not in (await client.get("/webhooks")).text


async def test_it_needs_no_log_in_and_no_form_token_and_works_read_only(browse: Browse) -> None:
    client = await browse(read_only=True)
    client.auth = None
    answer = await client.post("/webhooks/livekit", content=b"{}", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers


async def test_an_event_of_a_time_that_cannot_be_is_kept_and_its_time_is_not_made_up(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    body = '{"event": "room_started", "id": "EV_far", "createdAt": "99999999999999999"}'
    assert (await _send(dashboard, stranger, body)).status_code == 200
    assert "Not available" in Page((await client.get("/webhooks/events/EV_far")).text).main


async def test_events_are_filtered_by_the_address(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for name in ("room_started", "egress_ended", "track_published"):
        await _send(dashboard, stranger, sample(name, "lab", "ben"))
    html = (await client.get("/webhooks?state=egress")).text
    assert {name for name, _, _ in _rows(html)} == {"egress_ended"}
    html = (await client.get("/webhooks?q=ben&state=track")).text
    assert _rows(html) == [("track_published", "lab", "ben")]


async def test_events_are_narrowed_to_exactly_one_event_room_or_participant(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    for name, room, identity in (
        ("participant_joined", "lab", "ben"),
        ("participant_left", "lab", "ben"),
        ("participant_left", "lab", "ben-2"),
        ("participant_joined", "lab-2", "ben"),
        ("participant_joined", "a/b <b>&", "ana&co"),
    ):
        await _send(dashboard, stranger, sample(name, room, identity))

    async def shown(query: str) -> list[tuple[str, ...]]:
        return _rows((await client.get(f"/webhooks?{query}")).text)

    left, joined = "participant_left", "participant_joined"
    assert await shown("event=participant_left") == [(left, "lab", "ben"), (left, "lab", "ben-2")]
    assert await shown("room=lab-2") == [(joined, "lab-2", "ben")]
    assert await shown("participant=ben-2") == [(left, "lab", "ben-2")]
    assert await shown("room=lab&participant=ben&event=participant_joined") == [(joined, "lab", "ben")]
    assert await shown("room=lab&q=joined&state=participant") == [(joined, "lab", "ben")]
    assert "No event matches the filters" in (await client.get("/webhooks?room=la")).text
    # Every cell leads to its like, the other filters kept, and so does the way back.
    page = Page((await client.get("/webhooks?q=ana&state=participant")).text)
    links = {link["aria-label"]: link["href"] for link in page.all("a") if "aria-label" in link}
    html = (await client.get(links["Show only the room a/b <b>&"])).text
    assert _rows(html) == [(joined, "a/b <b>&", "ana&co")]
    room = Page(html)
    sent = next(dict(form.fields) for form in room.forms if "q" in dict(form.fields))
    assert (sent["q"], sent["state"], sent["room"]) == ("ana", "participant", "a/b <b>&")
    back = {link["aria-label"]: link["href"] for link in room.all("a") if "aria-label" in link}
    assert back["Any room"] == "/webhooks?q=ana&state=participant"


async def test_what_points_a_server_here_stays_to_be_found(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    await _send(dashboard, stranger, sample("room_started", "lab"))
    page = Page((await client.get("/webhooks")).text)
    link = next(link for link in page.links() if link.text == "Set up")
    text = (await client.get(link.href)).text
    assert f"- {dashboard.url}/webhooks/livekit" in text
    assert f"api_key: {dashboard.settings.livekit_api_key}" in text


async def test_a_sample_that_is_signed_here_passes_the_verifier(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/webhooks/samples?event=participant_left&room=lab&identity=ben")).text)
    fields = [dict(form.fields) for form in page.forms if form.method == "post"]
    body = next(given["body"] for given in fields if "body" in given)
    assert '"participant_left"' in body
    signed = Page((await post_form(client, "/webhooks/samples", {"body": body})).text)
    token = next(
        button["data-copy"]
        for button in signed.all("button")
        if "data-copy" in button and "." in button["data-copy"]
    )
    good = await post_form(client, "/webhooks/verify", {"authorization": token, "body": body})
    assert "A receiver would accept it" in good.text
    bad = await post_form(client, "/webhooks/verify", {"authorization": token, "body": body + " "})
    assert "A receiver would refuse it" in bad.text
    assert "not the one that was signed" in bad.text


async def test_nothing_to_check_is_said_at_the_field(client: httpx.AsyncClient) -> None:
    answer = await post_form(client, "/webhooks/verify", {"authorization": "kept", "body": ""})
    assert answer.status_code == 422
    assert "Paste the body of the request" in answer.text
    assert "kept" in answer.text


async def test_samples_are_sent_nowhere_unless_that_is_switched_on(client: httpx.AsyncClient) -> None:
    assert "Sign and send" not in (await client.get("/webhooks/samples")).text
    answer = await post_form(client, "/webhooks/send", {"body": "{}", "url": "http://127.0.0.1:9/"})
    assert answer.status_code == 404


async def test_a_sample_is_sent_to_ones_own_endpoint_and_checked_there(browse: Browse) -> None:
    client = await browse(webhook_send=True)
    here = f"{str(client.base_url).rstrip('/')}/webhooks/livekit"
    body = sample("room_started", "sent-by-hand")
    answer = await post_form(client, "/webhooks/send", {"body": body, "url": here})
    assert "Status 200" in answer.text
    assert "sent-by-hand" in (await client.get("/webhooks")).text
    refused = await post_form(client, "/webhooks/send", {"body": body, "url": "http://169.254.169.254/"})
    assert refused.status_code == 422
    assert "loopback and private addresses only" in refused.text
    assert "sent-by-hand" in refused.text


RAW = (
    '{"event":"egress_ended", "createdAt":"1796133600","id":"EV_raw","newField":{"b":1,"a":1.50},'
    '"egressInfo":{"egressId":"EG_1","roomName":"lab", "fileResults":[],"roomComposite":{"fileOutputs":'
    '[{"s3":{"secret":"sec-MARK-1","accessKey":"sec-MARK-2","bucket":"b"}},{"gcp":{"credentials":"sec-MARK-3"}}],'
    '"streamOutputs":[{"urls":["rtmp://live.example.com/app/sec-MARK-4"]}]}},'
    '"future":{"deep":[{"session_token":"sec-MARK-5"},{"auth-password":["sec-MARK-6"]}]}}'
)


async def test_the_body_is_shown_as_it_came_but_for_its_secrets(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    assert (await _send(dashboard, stranger, RAW)).status_code == 200
    html = (await client.get("/webhooks/events/EV_raw")).text
    assert "sec-MARK" not in html
    shown = unescape(re.search(r'<pre[^>]*id="received"[^>]*>(.*?)</pre>', html, re.DOTALL)[1])  # type: ignore[index]
    wanted = re.sub("sec-MARK-[0-9]", "••••", RAW)
    assert shown == wanted
    indented = unescape(re.search(r'<pre[^>]*id="indented"[^>]*>(.*?)</pre>', html, re.DOTALL)[1])  # type: ignore[index]
    assert re.sub(r"\s", "", indented) == re.sub(r"\s", "", wanted)
    assert '"a": 1.50' in indented
    copied = [button["data-copy"] for button in Page(html).all("button") if "data-copy" in button]
    assert wanted in copied
    assert "Copy without secrets" in html


async def test_a_body_without_secrets_is_shown_whole_and_copied_whole(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    body = (
        '{ "id" : "EV_plain",\n\t"event":"room_started", "room":{"metadata":"{\\"x\\": \\"<b>\\u2028\\"}"} }'
    )
    await _send(dashboard, stranger, body)
    html = (await client.get("/webhooks/events/EV_plain")).text
    assert unescape(re.search(r'id="received"[^>]*>(.*?)</pre>', html, re.DOTALL)[1]) == body  # type: ignore[index]
    assert "character for character" in html
    assert "Copy without secrets" not in html


async def test_an_event_that_livekit_does_not_have_is_named_at_the_form(client: httpx.AsyncClient) -> None:
    answer = await client.get("/webhooks/samples?event=room_exploded")
    assert "LiveKit has no event of this name" in answer.text
    assert "coerce" not in answer.text


async def test_phone_numbers_are_masked_on_the_page_and_whole_in_the_copy(
    dashboard: Dashboard, client: httpx.AsyncClient, stranger: httpx.AsyncClient
) -> None:
    number = "+15557654321"
    body = (
        f'{{"event":"participant_joined","id":"EV_sip","room":{{"name":"call-_{number}_abC2efGh3jkL"}},'
        f'"participant":{{"identity":"sip_{number}","kind":"SIP","attributes":{{"sip.phoneNumber":"{number}"}}}}}}'
    )
    await _send(dashboard, stranger, body)
    for path in (
        "/webhooks",
        "/webhooks/events/EV_sip",
        "/webhooks?room=" + f"call-_%2B{number[1:]}_abC2efGh3jkL",
    ):
        page = Page((await client.get(path)).text)
        assert number not in page.main
        assert "+1555••••21" in page.main
    page = Page((await client.get("/webhooks/events/EV_sip")).text)
    assert body in [button["data-copy"] for button in page.all("button") if "data-copy" in button]
    assert "Copy (whole number)" in page.main


@pytest.mark.parametrize(
    ("signed", "header", "pasted", "said"),
    [
        (
            '{"event":"participant_left","id":"EV_1"}',
            "{}",
            '{"event": "participant_left","id": "EV_1"}',
            ("Made with LIVEKIT_API_SECRET", "not the one that was signed", "parsed and written again"),
        ),
        (
            '{"event":"participant_left","id":"EV_1"}',
            "Bearer {}",
            "undefined",
            ("without “Bearer”", "the word “undefined”", "no WebhookEvent in JSON"),
        ),
        (
            '{"id":"EV_8","event":"egress_started","createdAt":{"$numberLong":"1736317932"}}',
            "{}",
            '{"id":"EV_8","event":"egress_started","createdAt":{"$numberLong":"1736317932"}}',
            ("no WebhookEvent in JSON", "“createdAt” is spelled as MongoDB stores it"),
        ),
    ],
    ids=["case 14", "case 15", "case 17"],
)
async def test_the_page_of_the_verifier_names_what_is_wrong(
    dashboard: Dashboard,
    client: httpx.AsyncClient,
    signed: str,
    header: str,
    pasted: str,
    said: tuple[str, ...],
) -> None:
    token = dashboard.app.state.dashboard.webhooks.sign(signed.encode())
    answer = await post_form(
        client, "/webhooks/verify", {"authorization": header.format(token), "body": pasted}
    )
    page = Page(answer.text).main
    assert "A receiver would refuse it" in page
    for words in said:
        assert words in page


async def test_a_sender_that_hangs_up_leaves_no_traceback(
    dashboard: Dashboard, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    where = httpx.URL(dashboard.url)
    _, writer = await asyncio.open_connection(where.host, where.port)
    writer.write(b"POST /webhooks/livekit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
    await asyncio.sleep(0.2)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.2)
    assert (await client.get("/webhooks")).status_code == 200
    assert not [record for record in caplog.records if record.exc_info]
