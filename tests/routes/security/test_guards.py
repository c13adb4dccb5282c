"""Who is let in, and which actions are taken for the admin's own."""

import time
from urllib.parse import quote

import httpx
import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from livekit_dashboard.addresses.paths import Url
from livekit_dashboard.security.csrf import MAX_AGE, STEP
from livekit_dashboard.security.read_only import HARMLESS
from livekit_dashboard.simulator import World
from tests.dashboard import Dashboard, csrf_token, get_as_written, post_form
from tests.html import Page
from tests.routes.conftest import Browse
from tests.routes.site import FIELDS, GETS, OPEN, POSTS, address, fill

GUARDED = [url for url in (*GETS, *POSTS) if url.name not in OPEN]
CHANGING = [url for url in POSTS if url.name not in HARMLESS]


def _id(url: Url) -> str:
    return f"{url.method} {url.path}"


@pytest.mark.parametrize("url", GUARDED, ids=_id)
async def test_nobody_gets_in_without_a_log_in(url: Url, stranger: httpx.AsyncClient, world: World) -> None:
    fill(world)
    answer = await stranger.request(url.method, address(url))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert not world.calls


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize(
    "path", ["/", "/rooms", "/nothing/here", "/docs", "/openapi.json", "/healthy", "/static"]
)
async def test_nor_by_an_odd_method_or_an_unknown_path(
    method: str, path: str, stranger: httpx.AsyncClient
) -> None:
    assert (await stranger.request(method, path)).status_code == 401


@pytest.mark.parametrize("path", ["/health", "/static/css/base.css"])
async def test_health_and_static_files_are_open(path: str, stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(path)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/static/nothing",
        "/static/../config.py",
        "/static/%2e%2e/config.py",
        "/static/..%2fconfig.py",
        "/static/",
    ],
)
async def test_static_files_are_those_in_static(path: str, dashboard: Dashboard) -> None:
    status, text = await get_as_written(dashboard, path)
    assert status == 404
    assert "Settings" not in text


@pytest.mark.parametrize(
    "path", ["/health/../rooms", "//health", "/health/", "/rooms?x=/health", "/logout/rooms", "/Health"]
)
async def test_an_open_path_opens_no_other(path: str, dashboard: Dashboard) -> None:
    status, _ = await get_as_written(dashboard, path)
    assert status == 401


@pytest.mark.parametrize("path", ["/health", "/logout", "/static/css/base.css", "/static/nothing"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
async def test_an_open_path_tells_a_stranger_nothing(
    method: str, path: str, stranger: httpx.AsyncClient
) -> None:
    answer = await stranger.request(method, path)
    assert answer.status_code in (200, 401, 404, 405)
    assert "csrf_token" not in answer.text
    assert 'class="rail-foot"' not in answer.text


async def test_nobody_gets_a_websocket_without_a_log_in(dashboard: Dashboard) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(dashboard.url.replace("http", "ws") + "/anything")
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("url", POSTS, ids=_id)
async def test_no_action_without_the_forms_token(url: Url, client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    answer = await client.post(address(url), data={"name": "x"})
    assert answer.status_code == 403
    assert "without its token" in Page(answer.text).main
    assert not world.calls


@pytest.mark.parametrize("url", POSTS, ids=_id)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://["},
    ],
    ids=str,
)
async def test_no_action_from_elsewhere(
    url: Url, headers: dict[str, str], client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    answer = await post_form(client, address(url), headers=headers)
    assert answer.status_code == 403
    assert "another" in Page(answer.text).main
    assert not world.calls


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {}], ids=str
)
async def test_an_action_from_a_page_of_ours_is_taken(
    headers: dict[str, str], client: httpx.AsyncClient
) -> None:
    assert (await post_form(client, "/theme", {"theme": "dark"}, headers=headers)).status_code == 303


async def test_a_token_of_another_dashboard_is_refused(
    client: httpx.AsyncClient, browse: Browse, world: World
) -> None:
    other = await browse(admin_password="another password")
    answer = await client.post("/rooms", data={"name": "x", "csrf_token": await csrf_token(other)})
    assert (answer.status_code, world.calls) == (403, [])


async def test_replicas_take_each_others_tokens(client: httpx.AsyncClient, browse: Browse) -> None:
    answer = await client.post("/theme", data={"csrf_token": await csrf_token(await browse())})
    assert answer.status_code == 303


@pytest.mark.parametrize("age", [MAX_AGE - 2 * STEP, MAX_AGE + STEP])
async def test_a_token_is_good_for_a_day(age: int, client: httpx.AsyncClient, dashboard: Dashboard) -> None:
    token = _token_of(dashboard, age)
    answer = await client.post("/theme", data={"csrf_token": token})
    assert answer.status_code == (303 if age < MAX_AGE else 403)
    assert ("more than a day" in answer.text) == (age > MAX_AGE)


@pytest.mark.parametrize("token", ["x", "ImZvcm0i.aa.bb", "", "💥"])
async def test_a_forged_token_is_refused(token: str, client: httpx.AsyncClient) -> None:
    assert (await client.post("/theme", data={"csrf_token": token})).status_code == 403


async def test_a_token_in_the_address_or_in_json_does_not_count(client: httpx.AsyncClient) -> None:
    token = await csrf_token(client)
    assert (await client.post(f"/theme?csrf_token={quote(token)}")).status_code == 403
    assert (await client.post("/theme", json={"csrf_token": token})).status_code == 403


async def test_htmx_is_told_in_a_toast(client: httpx.AsyncClient) -> None:
    answer = await client.post("/rooms", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert 'hx-target="#toasts"' in answer.text


@pytest.mark.parametrize("url", CHANGING, ids=_id)
async def test_read_only_refuses_whatever_changes_something(url: Url, browse: Browse, world: World) -> None:
    fill(world)
    client = await browse(read_only=True)
    answer = await post_form(client, address(url), {"name": "x", "room": "standup", "identity": "ana"})
    assert answer.status_code == 403
    assert "read-only" in Page(answer.text).title
    assert not world.calls


@pytest.mark.parametrize("url", [url for url in POSTS if url.name in HARMLESS], ids=_id)
async def test_read_only_lets_the_harmless_through(url: Url, browse: Browse) -> None:
    client = await browse(read_only=True)
    assert (await post_form(client, address(url), {"token": "x"})).status_code in (303, 422)


@pytest.mark.parametrize("url", GETS, ids=_id)
async def test_read_only_offers_nothing_that_it_refuses(url: Url, browse: Browse, world: World) -> None:
    fill(world)
    client = await browse(read_only=True)
    # The fields tick a box of each kind, for the questions about several.
    answer = await client.get(address(url), params=FIELDS)
    if "html" not in answer.headers.get("Content-Type", ""):
        return
    page = Page(answer.text)
    refused = {address(other) for other in CHANGING}
    offered = {form.action or address(url) for form in page.forms if form.method == "post" and form.buttons}
    assert not offered & refused


def _token_of(dashboard: Dashboard, age: int) -> str:
    """A token as the dashboard made it so many seconds ago."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time()) - age

    key = dashboard.settings.signing_key("csrf")
    return str(URLSafeTimedSerializer(key, salt="csrf", signer=Earlier).dumps("form"))
