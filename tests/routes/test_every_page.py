"""What every page has in common."""

import re
from collections import deque
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from livekit_dashboard.addresses.paths import Url
from livekit_dashboard.simulator import World
from tests.dashboard import Dashboard, origin
from tests.html import Page
from tests.routes.site import GETS, HOSTILE, HOSTILE_IDENTITIES, OPEN, PASSPHRASE, address, fill

PAGES = [
    url
    for url in GETS
    if url.name not in (*OPEN, "login", "arrived") and not url.path.endswith((".json", ".csv"))
]
INLINE = re.compile(r"on\w+|style|hx-on.*|srcdoc|nonce")
SCHEMES = re.compile(r"\s*(javascript|data|vbscript):", re.IGNORECASE)


def _id(url: Url) -> str:
    return url.path


def _keeps_the_policy(page: Page) -> bool:
    """No script or style stands in the page itself, and it fetches nothing from elsewhere."""
    inline = [name for element in page.elements for name in element.attributes if INLINE.fullmatch(name)]
    scripts = [
        element for element in page.all("script") if not element.attributes.get("src", "").startswith("/")
    ]
    return not (inline or scripts or page.all("style") or [at for at in page.addresses if SCHEMES.match(at)])


@pytest.mark.parametrize("url", GETS, ids=_id)
async def test_every_address_answers_when_no_room_is_open(url: Url, client: httpx.AsyncClient) -> None:
    assert (await client.get(address(url))).status_code in (200, 303, 401, 404)


@pytest.mark.parametrize("url", PAGES, ids=_id)
async def test_every_page_of_a_busy_server_is_whole(
    url: Url, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    answer = await client.get(address(url))
    page = Page(answer.text)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.all("nav")
    assert page.all("h1")
    assert page.title.partition(" · ")[0]
    assert page.main
    assert _keeps_the_policy(page)


@pytest.mark.parametrize("url", PAGES, ids=_id)
async def test_ids_are_unique_and_labels_meet_their_fields(
    url: Url, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    page = Page((await client.get(address(url))).text)
    ids = [element["id"] for element in page.elements if "id" in element]
    assert len(ids) == len(set(ids))
    assert {element["for"] for element in page.all("label") if "for" in element} <= set(ids)
    for pointer in ("aria-describedby", "aria-labelledby"):
        named = {name for element in page.elements for name in element.attributes.get(pointer, "").split()}
        assert named - set(ids) <= {"dialog-title"}


@pytest.mark.parametrize("url", PAGES, ids=_id)
async def test_what_is_wrong_is_said_at_the_field_too(
    url: Url, client: httpx.AsyncClient, world: World
) -> None:
    """Every form of the page comes back with nonsense in all fields, choices as well."""
    fill(world)
    page = Page((await client.get(address(url))).text)
    asked = [*page.all("input"), *page.all("select"), *page.all("textarea")]
    nonsense = {element["name"]: ["no such thing"] for element in asked if "name" in element}
    for form in page.forms:
        if form.method == "post" and {"csrf_token"} < {name for name, _ in form.fields}:
            data = nonsense | {"csrf_token": [page.value_of("csrf_token")]}
            answer = await client.post(
                form.action or address(url), data=data, headers={"Origin": origin(client)}
            )
            again = Page(answer.text)
            ids = {element["id"] for element in again.elements if "id" in element}
            wrong = {link.href[1:] for link in again.links() if link.href.startswith("#")} - {"main"}
            assert wrong <= ids
            assert {f"{name}-error" for name in wrong} <= ids
            described = " ".join(element.attributes.get("aria-describedby", "") for element in again.elements)
            assert {f"{name}-error" for name in wrong} <= set(described.split())


@pytest.mark.parametrize("url", GETS, ids=_id)
async def test_head_answers_like_get(url: Url, client: httpx.AsyncClient, world: World) -> None:
    fill(world)
    head, get = await client.head(address(url)), await client.get(address(url))
    assert (head.status_code, head.content) == (get.status_code, b"")


@pytest.mark.parametrize("path", ["/nothing", "/rooms/standup/nothing", "/rooms/~!", "/rooms/~gA", "/Rooms"])
async def test_an_unknown_address_is_a_page_with_a_way_out(path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(path)
    page = Page(answer.text)
    assert answer.status_code == 404
    assert page.all("nav")
    assert "no page at this address" in page.main


async def test_a_wrong_method_is_a_page_that_names_the_right_ones(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/settings")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    assert Page(answer.text).all("nav")


async def test_a_slash_too_many_is_forgiven(client: httpx.AsyncClient) -> None:
    answer = await client.get("/rooms/")
    assert answer.status_code == 307
    assert urlsplit(answer.headers["Location"]).path == "/rooms"


async def test_the_navigation_marks_where_one_is(client: httpx.AsyncClient) -> None:
    for path in ("/", "/rooms", "/sandbox", "/settings"):
        page = Page((await client.get(path)).text)
        assert path in [
            link["href"] for link in page.all("a") if link.attributes.get("aria-current") == "page"
        ]


async def test_every_link_leads_somewhere_and_no_name_breaks_a_page(
    client: httpx.AsyncClient, world: World
) -> None:
    """Follows every link from the first page on, in a world where people chose the worst names and texts."""
    for name, identity in zip(HOSTILE.values(), (*HOSTILE_IDENTITIES.values(), "last"), strict=True):
        fill(world, name, identity, text=name)
    seen = 0
    async for path, answer, page in _crawl(client):
        seen += 1
        assert answer.status_code in (200, 303), path
        assert page is None or _keeps_the_policy(page), path
    assert seen > 15 * len(HOSTILE)


async def test_no_page_and_no_header_holds_a_secret(
    dashboard: Dashboard, client: httpx.AsyncClient, world: World
) -> None:
    fill(world)
    secrets = [
        dashboard.settings.livekit_api_secret.get_secret_value(),
        dashboard.settings.admin_password.get_secret_value(),
        *(room.turn_password for room in world.rooms.values()),
        *(trunk.auth_password for trunk in world.sip.inbound.values()),
        PASSPHRASE,
        *(info.stream_key for info in world.ingresses.items.values()),
    ]
    assert all(secrets)
    async for path, answer, _ in _crawl(client):
        everything = answer.text + str(answer.headers.raw)
        assert not [secret for secret in secrets if secret in everything], path


async def _crawl(client: httpx.AsyncClient) -> AsyncIterator[tuple[str, httpx.Response, Page | None]]:
    """Every address that links and forms lead to, each once, but for those that end the session; and what of it is
    a page."""
    waiting, known = deque(["/"]), {"/"}
    while waiting:
        path = waiting.popleft()
        answer = await client.get(path)
        page = Page(answer.text) if "html" in answer.headers.get("Content-Type", "") else None
        yield path, answer, page
        for found in dict.fromkeys(page.addresses if page else ()):
            assert found.startswith(("/", "?")), f"{path} leads to {found}"
            found = path.partition("?")[0] + found if found.startswith("?") else found.partition("#")[0]
            if found not in known and not _left_out(found):
                known.add(found)
                waiting.append(found)


def _left_out(found: str) -> bool:
    """What ends the session, and the same list in another order or another part of it."""
    parts = urlsplit(found)
    actions = (
        "/logout",
        "/theme",
        "/mute",
        "/mute-all",
        "/permissions",
        "/preview",
        "/check",
        "/streams/end",
    )
    return parts.path.endswith(actions) or bool(
        {"sort", "state", "page", "show"} & dict(parse_qsl(parts.query)).keys()
    )
