"""HTTP Basic, the limit on failed log-ins, and the log-out that HTTP Basic does not have."""

import base64

import httpx
import pytest

from livekit_dashboard.security import known_browser
from livekit_dashboard.security.rate_limit import LOGGED
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
            client.cookies.clear()  # A browser that is known is another matter.
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


async def _lock_out(dashboard: Dashboard) -> None:
    """Somebody else behind the same address guesses until it has to wait."""
    async with dashboard.client(anonymous=True) as other:
        while (await other.get("/settings", headers=WRONG)).status_code == 401:
            pass
        assert (await other.get("/settings", headers=RIGHT)).status_code == 429


async def test_a_browser_that_was_logged_in_before_is_not_locked_out_by_others(serve: Serve) -> None:
    dashboard = await serve(login_failures_per_minute=10)
    async with dashboard.client(anonymous=True) as browser:
        assert (await browser.get("/settings", headers=RIGHT)).status_code == 200
        await _lock_out(dashboard)
        assert (await browser.get("/settings", headers=RIGHT)).status_code == 200
        # One that was closed meanwhile has forgotten the password, so it is asked for it.
        asked = await browser.get("/settings")
        assert (asked.status_code, asked.headers["WWW-Authenticate"][:5]) == (401, "Basic")


async def test_the_cookie_of_a_known_browser_is_no_log_in(serve: Serve) -> None:
    """Whoever stole it gets five guesses a minute, and no page."""
    dashboard = await serve()
    async with dashboard.client(anonymous=True) as browser:
        await browser.get("/settings", headers=RIGHT)
        assert (await browser.get("/settings")).status_code == 401
        await _lock_out(dashboard)
        guesses = [(await browser.get("/settings", headers=WRONG)).status_code for _ in range(6)]
        assert guesses == [401] * 5 + [429]
        assert (await browser.get("/settings", headers=RIGHT)).status_code == 429


@pytest.mark.parametrize("value", ["", "known", "ImFueSI.Z.forged", '"x"'])
async def test_a_forged_cookie_of_a_known_browser_is_none(value: str, serve: Serve) -> None:
    dashboard = await serve(login_failures_per_minute=1)
    await _lock_out(dashboard)
    async with dashboard.client(anonymous=True) as browser:
        answer = await browser.get("/settings", headers=RIGHT | {"Cookie": f"known={value}"})
        assert answer.status_code == 429


@pytest.mark.parametrize(
    "changed",
    [{"admin_password": "another one"}, {"livekit_api_secret": "x" * 40}, {"admin_username": "root"}],
)
async def test_the_cookie_is_good_for_one_password_only(changed: dict[str, str], serve: Serve) -> None:
    first, second = await serve(), await serve(login_failures_per_minute=1, **changed)
    async with first.client(anonymous=True) as browser:
        await browser.get("/settings", headers=RIGHT)
        cookie = f"known={browser.cookies['known']}"
    right = _basic(second.settings.admin_username, second.settings.admin_password.get_secret_value())
    async with second.client(anonymous=True) as browser:
        await browser.get("/settings", headers=WRONG)
        assert (await browser.get("/settings", headers=right | {"Cookie": cookie})).status_code == 429


async def test_the_cookie_is_left_once_and_expires(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    dashboard = await serve(login_failures_per_minute=1)
    async with dashboard.client(anonymous=True) as browser:
        cookies = (await browser.get("/settings", headers=RIGHT)).headers.get_list("Set-Cookie")
        (cookie,) = [cookie.lower() for cookie in cookies if cookie.startswith("known=")]
        assert {"httponly", "samesite=lax", "path=/", "max-age=2592000"} <= set(cookie.split("; "))
        assert "Set-Cookie" not in (await browser.get("/settings", headers=RIGHT)).headers
        assert "known=" not in (await browser.get("/settings", headers=WRONG)).headers.get("Set-Cookie", "")
        await _lock_out(dashboard)
        assert (await browser.get("/settings", headers=RIGHT)).status_code == 200
        monkeypatch.setattr(known_browser, "MAX_AGE", -1)
        assert (await browser.get("/settings", headers=RIGHT)).status_code == 429


async def test_a_log_out_forgets_the_browser(serve: Serve) -> None:
    dashboard = await serve()
    async with dashboard.client(anonymous=True) as browser:
        await browser.get("/settings", headers=RIGHT)
        await browser.get("/logout")
        assert "known" not in browser.cookies


async def test_the_page_says_what_is_going_on_and_for_how_long(serve: Serve) -> None:
    dashboard = await serve(login_failures_per_minute=3)
    await _lock_out(dashboard)
    async with dashboard.client(anonymous=True) as browser:
        answer = await browser.get("/settings", headers=RIGHT)
    seconds = int(answer.headers["Retry-After"])
    main = Page(answer.text).main
    assert 50 <= seconds <= 60
    assert (
        f"3 logins from your address (127.0.0.1) failed within a minute. For {seconds} more seconds" in main
    )
    assert "A browser that has logged in here before" in main
    assert "TRUSTED_PROXIES" in answer.text


async def test_failed_log_ins_are_logged_by_address_alone(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    dashboard = await serve(login_failures_per_minute=2, trusted_proxies=("127.0.0.1",))
    async with dashboard.client(anonymous=True) as client:
        for _ in range(5):
            await client.get("/settings", headers=WRONG | {"X-Forwarded-For": "198.51.100.1"})
        await client.get("/settings", headers=RIGHT | {"X-Forwarded-For": "198.51.100.2"})
    lines = [record.getMessage() for record in caplog.records if "basic_auth" in record.name]
    assert lines == [
        "Login from 198.51.100.1 failed: wrong user name or password",
        "Login from 198.51.100.1 failed: wrong user name or password",
        "Too many failed logins from 198.51.100.1: its logins are rejected for up to a minute",
    ]
    assert "guess" not in caplog.text


async def test_a_flood_of_failures_does_not_flood_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    dashboard = await serve(trusted_proxies=("127.0.0.1",))
    async with dashboard.client(anonymous=True) as client:
        for number in range(LOGGED + 30):
            await client.get("/settings", headers=WRONG | {"X-Forwarded-For": f"198.51.100.{number}"})
    lines = [record.getMessage() for record in caplog.records if "basic_auth" in record.name]
    assert len(lines) == LOGGED + 1
    assert lines[-1] == "More than 60 failed logins in a minute: further ones are counted, but not logged"
