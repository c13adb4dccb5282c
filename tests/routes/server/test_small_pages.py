"""Settings, health, the theme, and messages that are shown once."""

import httpx
import pytest

from livekit_dashboard.config import Settings
from livekit_dashboard.simulator import Fault, World
from tests.dashboard import Dashboard, csrf_token, origin, post_form, submit
from tests.html import Page
from tests.routes.conftest import Browse


async def test_settings_are_listed_and_secrets_are_not(
    dashboard: Dashboard, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/settings")
    page = Page(answer.text)
    for name in Settings.model_fields:
        assert (name.upper() in page.main) == (name != "simulated")
    settings = dashboard.settings
    assert settings.livekit_url in page.main
    assert settings.livekit_api_key not in page.main
    assert settings.livekit_api_secret.get_secret_value() not in answer.text
    assert settings.admin_password.get_secret_value() not in answer.text


@pytest.mark.parametrize("secret", ["s3cr3t-k3y-of-32-characters-or-more", "x" * 32])
async def test_of_a_long_secret_the_ends_are_shown_and_of_the_password_nothing(
    secret: str, browse: Browse
) -> None:
    client = await browse(secret_key=secret, admin_password="a-long-password-of-the-admin")
    page = Page((await client.get("/settings")).text)
    assert f"{secret[:4]}…{secret[-2:]}" in page.main
    assert "a-lo" not in page.main


async def test_health_does_not_ask_livekit(stranger: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault("hang"))
    answer = await stranger.get("/health")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert not world.calls


@pytest.mark.parametrize(
    ("choice", "shown"), [("light", "light"), ("dark", "dark"), ("auto", "auto"), ('"><b>', "auto")]
)
async def test_the_theme_is_kept_in_a_cookie(choice: str, shown: str, client: httpx.AsyncClient) -> None:
    await post_form(client, "/theme", {"theme": "dark"})
    await post_form(client, "/theme", {"theme": choice})
    assert Page((await client.get("/settings")).text).all("html")[0]["data-bs-theme"] == shown
    assert Page((await client.get("/logout")).text).all("html")[0]["data-bs-theme"] == shown


async def test_a_theme_of_the_browsers_own_making_is_ignored(client: httpx.AsyncClient) -> None:
    page = Page((await client.get("/settings", headers={"Cookie": 'theme="><script>'})).text)
    assert page.all("html")[0]["data-bs-theme"] == "auto"


async def test_each_press_of_the_button_is_the_next_theme(client: httpx.AsyncClient) -> None:
    themes = []
    for _ in range(4):
        await submit(client, "/settings", "/theme")
        themes.append(Page((await client.get("/settings")).text).all("html")[0]["data-bs-theme"])
    assert themes == ["light", "dark", "auto", "light"]


@pytest.mark.parametrize(
    ("referer", "expected"),
    [
        ("{own}/rooms?q=a&page=2", "/rooms?q=a&page=2"),
        ("{own}/", "/"),
        ("", "/"),
        ("https://evil.example/rooms", "/"),
        ("{own}.evil.example/rooms", "/"),
        ("{own}@evil.example/rooms", "/"),
        ("{own}//evil.example/", "/evil.example/"),
        ("{own}/\\evil.example/", "/evil.example/"),
        ("{own}/\t/evil.example/", "/%09/evil.example/"),
        ("javascript:alert(1)", "/"),
        ("//evil.example", "/"),
    ],
)
async def test_after_the_theme_one_is_where_one_was_and_never_elsewhere(
    referer: str, expected: str, client: httpx.AsyncClient
) -> None:
    headers = {"Referer": referer.format(own=origin(client))}
    answer = await post_form(client, "/theme", {"theme": "dark"}, headers=headers)
    assert answer.headers["Location"] == expected


async def test_a_message_is_shown_once(client: httpx.AsyncClient) -> None:
    await post_form(client, "/rooms", {"name": "standup"})
    assert "standup is open" in Page((await client.get("/rooms/standup")).text).text
    assert "standup is open" not in Page((await client.get("/rooms/standup")).text).text


async def test_a_poll_does_not_use_the_message_up(client: httpx.AsyncClient) -> None:
    await post_form(client, "/rooms", {"name": "standup"})
    await client.get("/rooms?partial=1")
    await client.get(
        "/rooms", headers={"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "aside#panel"}
    )
    assert "standup is open" in Page((await client.get("/rooms/standup")).text).text


async def test_a_message_shows_a_name_as_text(client: httpx.AsyncClient) -> None:
    await post_form(client, "/rooms", {"name": "<img src=x onerror=alert(1)>"})
    page = Page((await client.get("/rooms")).text)
    assert "<img src=x onerror=alert(1)> is open" in page.text
    assert not page.all("img")


@pytest.mark.parametrize("value", ["x", "eyJ0ZXh0IjoieCJ9.aa.bb", '"'])
async def test_a_forged_message_is_not_shown(value: str, client: httpx.AsyncClient) -> None:
    answer = await client.get("/settings", headers={"Cookie": f"flash={value}"})
    assert answer.status_code == 200
    assert "toast show" not in answer.text


async def test_cookies_are_secure_where_there_is_https(browse: Browse) -> None:
    client = await browse(https_only=True)
    token = await csrf_token(client)
    for path in ("/theme", "/rooms"):
        answer = await client.post(path, data={"csrf_token": token, "theme": "dark", "name": "x"})
        assert "; secure" in answer.headers["Set-Cookie"].lower()
        assert "httponly" in answer.headers["Set-Cookie"].lower()


async def test_the_simulator_is_named_on_every_page(browse: Browse) -> None:
    client = await browse(simulated=True)
    for path in ("/", "/rooms", "/settings", "/nothing"):
        assert "Nothing here is real" in Page((await client.get(path)).text).text
