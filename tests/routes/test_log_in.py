"""HTTP Basic, the limit on failed log-ins, and the log-out that HTTP Basic does not have."""

import base64

import httpx
import pytest

from tests.dashboard import PASSWORD, USERNAME, Dashboard
from tests.html import Page
from tests.routes.conftest import Browse, Serve

HTMX = {"HX-Request": "true"}


def _basic(username: str, password: str, encoding: str = "utf-8") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode(encoding)).decode()}


RIGHT, WRONG = _basic(USERNAME, PASSWORD), _basic(USERNAME, "guess")


@pytest.mark.parametrize("name", [USERNAME, "Jörg 🎧"])
@pytest.mark.parametrize("password", [PASSWORD, "с паролем", "::", " blanks "])
async def test_the_admin_gets_in_whatever_characters_are_used(name: str, password: str, serve: Serve) -> None:
    dashboard = await serve(admin_username=name, admin_password=password)
    async with dashboard.client(anonymous=True) as client:
        assert (await client.get("/settings", headers=_basic(name, password))).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        _basic("root", PASSWORD),
        _basic(USERNAME, "wrong"),
        _basic(USERNAME, ""),
        _basic("", ""),
        _basic(USERNAME.upper(), PASSWORD),
        _basic(USERNAME, PASSWORD + " "),
        _basic(USERNAME, PASSWORD, "latin-1"),
        {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()},
        {"Authorization": "Basic not base64!"},
        {"Authorization": "Basic ÿ"},
        {"Authorization": "Basic"},
        {"Authorization": "Bearer " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()},
        {"Authorization": ""},
    ],
    ids=str,
)
async def test_nobody_else_gets_in(headers: dict[str, str], stranger: httpx.AsyncClient) -> None:
    answer = await stranger.get("/settings", headers=httpx.Headers(headers, encoding="latin-1"))
    assert answer.status_code == 401
    assert 'charset="UTF-8"' in answer.headers["WWW-Authenticate"]
    assert Page(answer.text).all("nav")


async def test_the_log_in_page_says_nothing_about_the_server(
    stranger: httpx.AsyncClient, dashboard: Dashboard
) -> None:
    text = (await stranger.get("/rooms")).text
    for known in (dashboard.settings.server_name, dashboard.settings.livekit_api_key, f">{USERNAME}<"):
        assert known not in text


async def test_the_scheme_is_written_in_any_case(stranger: httpx.AsyncClient) -> None:
    headers = {"Authorization": RIGHT["Authorization"].replace("Basic", "bAsIc")}
    assert (await stranger.get("/settings", headers=headers)).status_code == 200


async def test_after_too_many_failures_an_address_has_to_wait(serve: Serve) -> None:
    dashboard = await serve(login_failures_per_minute=3)
    async with dashboard.client(anonymous=True) as client:
        assert [(await client.get("/settings", headers=WRONG)).status_code for _ in range(4)] == [
            401,
            401,
            401,
            429,
        ]
        answer = await client.get("/settings", headers=RIGHT)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert (await client.get("/health")).status_code == 200


async def test_asking_without_a_password_is_no_failure(serve: Serve) -> None:
    dashboard = await serve(login_failures_per_minute=1)
    async with dashboard.client(anonymous=True) as client:
        assert [(await client.get("/settings")).status_code for _ in range(5)] == [401] * 5
        assert (await client.get("/settings", headers=RIGHT)).status_code == 200


async def test_a_trusted_proxy_tells_addresses_apart(serve: Serve) -> None:
    dashboard = await serve(login_failures_per_minute=1, trusted_proxies=("127.0.0.1",))
    async with dashboard.client(anonymous=True) as client:

        async def status(address: str, headers: dict[str, str]) -> int:
            return (await client.get("/settings", headers=headers | {"X-Forwarded-For": address})).status_code

        assert await status("198.51.100.1", WRONG) == 401
        assert await status("198.51.100.1", RIGHT) == 429
        assert await status("198.51.100.2", RIGHT) == 200
        # What a client puts there itself comes before what the proxy adds.
        assert await status("198.51.100.2, 198.51.100.1", RIGHT) == 429


async def test_an_ipv6_network_is_one_address(serve: Serve) -> None:
    """Whoever has one address of a network has the other 2^64 too."""
    dashboard = await serve(login_failures_per_minute=1, trusted_proxies=("127.0.0.1",))
    async with dashboard.client(anonymous=True) as client:
        wrong = WRONG | {"X-Forwarded-For": "2001:db8:1:2::1"}
        assert (await client.get("/settings", headers=wrong)).status_code == 401
        for address, status in (("2001:db8:1:2:ffff::2", 429), ("2001:db8:1:3::1", 200)):
            answer = await client.get("/settings", headers=RIGHT | {"X-Forwarded-For": address})
            assert answer.status_code == status


async def test_nobody_else_is_believed_about_addresses(serve: Serve) -> None:
    dashboard = await serve(login_failures_per_minute=1, trusted_proxies=("192.0.2.0/24",))
    async with dashboard.client(anonymous=True) as client:
        for address in ("198.51.100.1", "198.51.100.2"):
            answer = await client.get("/settings", headers=WRONG | {"X-Forwarded-For": address})
        assert answer.status_code == 429


async def test_htmx_with_a_wrong_password_is_led_to_the_log_in_without_a_dialog(
    stranger: httpx.AsyncClient,
) -> None:
    answer = await stranger.get("/rooms?partial=1", headers=WRONG | HTMX)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (403, "/auth/login")
    assert "WWW-Authenticate" not in answer.headers


async def test_htmx_outside_the_folder_of_the_log_in_is_asked_and_the_browser_answers_by_itself(
    stranger: httpx.AsyncClient,
) -> None:
    answer = await stranger.get("/rooms?partial=1", headers=HTMX)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


async def test_logging_out_and_in_again(client: httpx.AsyncClient) -> None:
    """The browser of this test sends the right password all the time, as real ones do."""
    assert (await client.get("/settings")).status_code == 200

    out = await client.get("/logout")
    assert (out.status_code, out.headers["WWW-Authenticate"]) == (401, "Session")
    assert "logged out" in Page(out.text).main

    page = await client.get("/rooms")
    assert (page.status_code, page.headers["Location"]) == (303, "/logout")
    poll = await client.get("/rooms?partial=1", headers=HTMX)
    assert (poll.status_code, poll.headers["HX-Redirect"]) == (403, "/logout")

    asked = await client.get("/auth/login")
    assert asked.status_code == 401
    assert asked.headers["WWW-Authenticate"].startswith("Basic ")

    back = await client.get("/auth/login")
    assert (back.status_code, back.headers["Location"]) == (303, "/")
    assert "signed_out" not in client.cookies
    assert (await client.get("/rooms")).status_code == 200


async def test_the_right_password_is_asked_for_after_a_log_out(dashboard: Dashboard) -> None:
    async with dashboard.client(anonymous=True) as client:
        await client.get("/logout")
        await client.get("/auth/login", headers=RIGHT)
        assert (await client.get("/auth/login", headers=WRONG)).status_code == 401
        assert (await client.get("/settings", headers=RIGHT)).status_code == 303
        assert (await client.get("/auth/login", headers=RIGHT)).status_code == 303
        assert (await client.get("/settings", headers=RIGHT)).status_code == 200


async def test_the_cookie_is_kept_from_scripts_and_other_sites(
    client: httpx.AsyncClient, browse: Browse
) -> None:
    cookie = (await client.get("/logout")).headers["Set-Cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= set(cookie.split("; "))
    assert "secure" not in cookie
    https = await browse(https_only=True)
    assert "secure" in (await https.get("/logout")).headers["Set-Cookie"].lower()


@pytest.mark.parametrize("value", ["out", "Im91dCI.forged", "", '"out"'])
async def test_a_forged_log_out_is_none(value: str, client: httpx.AsyncClient) -> None:
    assert (await client.get("/settings", headers={"Cookie": f"signed_out={value}"})).status_code == 200


async def test_a_forged_log_in_is_none(client: httpx.AsyncClient) -> None:
    """Neither an unsigned `asked` nor one of another dashboard's makes a challenge superfluous."""
    await client.get("/logout")
    client.cookies.set("signed_out", "ImFza2VkIg.forged")
    assert (await client.get("/auth/login", auth=httpx.BasicAuth("x", "y"))).status_code == 401


@pytest.mark.parametrize("destination", ["image", "iframe", "script", "empty"])
async def test_nothing_on_another_site_logs_the_admin_out(
    destination: str, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/logout", headers={"Sec-Fetch-Dest": destination})
    assert "Set-Cookie" not in answer.headers
    assert (await client.get("/settings")).status_code == 200
