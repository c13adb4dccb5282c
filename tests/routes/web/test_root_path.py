"""ROOT_PATH: under a prefix, behind a proxy that strips it and behind one that passes it on."""

from urllib.parse import urlsplit

import httpx
import pytest

from livekit_dashboard.simulator import World
from tests.dashboard import post_form
from tests.html import Page
from tests.routes.conftest import Browse
from tests.routes.site import fill

ROOT = "/ops/livekit"


@pytest.fixture(params=["stripping", "passing on"])
def prefix(request: pytest.FixtureRequest) -> str:
    """What the app gets of the prefix."""
    return "" if request.param == "stripping" else ROOT


@pytest.fixture
async def client(browse: Browse, world: World) -> httpx.AsyncClient:
    fill(world)
    return await browse(root_path=f"{ROOT}/")


@pytest.mark.parametrize(
    "path",
    ["/", "/rooms", "/rooms/standup", "/rooms/standup/participants/ana", "/sandbox", "/settings", "/nothing"],
)
async def test_every_address_on_a_page_has_the_prefix_once(
    path: str, prefix: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get(prefix + path)
    assert answer.status_code == (404 if path == "/nothing" else 200)
    addresses = [at for at in Page(answer.text).addresses if not at.startswith("?")]
    assert addresses
    for address in addresses:
        assert address.startswith(f"{ROOT}/")
        assert address.count(ROOT) == 1


async def test_the_prefix_itself_is_the_first_page(client: httpx.AsyncClient) -> None:
    for path in (ROOT, f"{ROOT}/"):
        answer = await client.get(path, follow_redirects=True)
        assert answer.status_code == 200
        assert Page(answer.text).title.startswith("Overview")


async def test_files_and_health_are_found(prefix: str, client: httpx.AsyncClient) -> None:
    page = Page((await client.get(f"{prefix}/settings")).text)
    sheet = page.all("link")[1]["href"]
    answer = await client.get(prefix + sheet.removeprefix(ROOT))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert (await client.get(f"{prefix}/health", auth=httpx.BasicAuth("x", "y"))).status_code == 200


async def test_redirects_and_cookies_stay_under_the_prefix(
    prefix: str, client: httpx.AsyncClient, world: World
) -> None:
    token = Page((await client.get(f"{prefix}/settings")).text).value_of("csrf_token")
    closed = await client.post(f"{prefix}/rooms/standup/close", data={"csrf_token": token})
    assert closed.headers["Location"] == f"{ROOT}/rooms"
    theme = await client.post(f"{prefix}/theme", data={"csrf_token": token, "theme": "dark"})
    assert theme.headers["Location"] == f"{ROOT}/"
    out = await client.get(f"{prefix}/logout")
    for answer in (closed, theme, out):
        assert f"path={ROOT};" in f"{answer.headers['Set-Cookie'].lower()};"
    assert "standup" not in world.rooms


async def test_a_log_out_leads_back_under_the_prefix(client: httpx.AsyncClient) -> None:
    await client.get(f"{ROOT}/logout")
    assert (await client.get(f"{ROOT}/rooms")).headers["Location"] == f"{ROOT}/logout"
    await client.get(f"{ROOT}/auth/login")
    assert (await client.get(f"{ROOT}/auth/login")).headers["Location"] == f"{ROOT}/"


async def test_the_prefix_opens_no_way_around_the_log_in(browse: Browse) -> None:
    client = await browse(root_path="/static")
    client.auth = None
    for path in ("/static/rooms", "/rooms", "/static"):
        assert (await client.get(path)).status_code == 401
    assert (await client.get("/static/static/css/base.css")).status_code == 200


async def test_a_room_named_like_the_prefix_is_itself(browse: Browse, world: World) -> None:
    world.create_room("rooms")
    client = await browse(root_path="/rooms")
    for path in ("/rooms/rooms/rooms", "/rooms/rooms"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert Page(answer.text).title.startswith("rooms" if path.count("/") == 3 else "Rooms")


async def test_a_slash_too_many_is_forgiven_under_the_prefix(client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{ROOT}/rooms/")
    assert urlsplit(answer.headers["Location"]).path == f"{ROOT}/rooms"


async def test_actions_work_under_the_prefix(client: httpx.AsyncClient, world: World) -> None:
    answer = await post_form(client, f"{ROOT}/rooms", {"name": "new one"})
    assert answer.headers["Location"] == f"{ROOT}/rooms/~bmV3IG9uZQ"
    assert "new one" in world.rooms
