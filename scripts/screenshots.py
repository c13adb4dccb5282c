"""Draws every page of a running dashboard, wide and narrow, light and dark, into a folder.

`make demo`, and beside it: `.venv/bin/python scripts/screenshots.py http://127.0.0.1:8000 shots --password …`
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

from playwright.sync_api import Browser, Page, sync_playwright

Scheme = Literal["light", "dark"]

WIDTHS = {1440: 900, 390: 844}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
CHROMIUM = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def room(page: Page) -> None:
    """The busiest room."""
    page.locator("main tbody .name").first.click()
    page.locator("main .people").wait_for()


def panel(page: Page) -> None:
    """The first one in it, beside the table."""
    room(page)
    page.locator("main tbody .name").first.click()
    page.locator("#panel-main").wait_for()


def participant(page: Page) -> None:
    """The same as a page."""
    room(page)
    page.goto(urljoin(page.url, page.locator("main tbody .name").first.get_attribute("href") or ""))


def closing(page: Page) -> None:
    """The question before a room is closed."""
    room(page)
    page.locator("main .head .btn-outline-danger").click()
    page.locator("dialog[open]").wait_for()


def selected(page: Page) -> None:
    """Rooms about to be closed."""
    for pick in page.locator(".pick input").all()[:2]:
        pick.check()


def wrong(page: Page) -> None:
    """A form that was not taken."""
    page.locator("#name").fill("x" * 257)
    page.locator("#max_participants").fill("-1")
    page.get_by_role("button", name="Create room").click()
    page.locator(".invalid-feedback").first.wait_for()


def token(page: Page) -> None:
    """A new token."""
    page.locator("#room").fill("standup")
    page.locator("#identity").fill("ada")
    page.get_by_role("button", name="Make token").click()
    page.locator("#token").wait_for()


PAGES: dict[str, tuple[str, Callable[[Page], None] | None]] = {
    "overview": ("", None),
    "rooms": ("rooms", None),
    "rooms-selected": ("rooms", selected),
    "rooms-none": ("rooms?q=nothing+like+it", None),
    "room": ("rooms", room),
    "panel": ("rooms", panel),
    "participant": ("rooms", participant),
    "close": ("rooms", closing),
    "new-room": ("rooms/new", None),
    "new-room-wrong": ("rooms/new", wrong),
    "tokens": ("sandbox", None),
    "token": ("sandbox", token),
    "decode": ("sandbox/decode", None),
    "settings": ("settings", None),
    "not-found": ("nothing/here", None),
    "logged-out": ("logout", None),
}


def draw(browser: Browser, arguments: argparse.Namespace, width: int, scheme: Scheme) -> None:
    """All pages in one look. A fresh profile each: logging out is one of them."""
    for name, (path, then) in PAGES.items():
        if arguments.only and name not in arguments.only:
            continue
        with browser.new_context(
            viewport={"width": width, "height": WIDTHS[width]},
            color_scheme=scheme,
            reduced_motion="reduce",
            has_touch=width < 768,
            http_credentials={"username": arguments.username, "password": arguments.password},
        ) as context:
            page = context.new_page()
            page.goto(urljoin(arguments.url.rstrip("/") + "/", path))
            if then:
                then(page)
            page.evaluate("document.fonts.ready")
            page.screenshot(path=arguments.folder / f"{name}-{width}-{scheme}.png", full_page=width < 768)


def main() -> None:
    """Reads the arguments and draws."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url", help="where the dashboard is")
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--username", default=os.environ.get("ADMIN_USERNAME", "admin"))
    parser.add_argument("--password", default=os.environ.get("ADMIN_PASSWORD", ""))
    parser.add_argument("--only", nargs="*", choices=PAGES, help="these pages instead of all")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for width in WIDTHS:
            for scheme in SCHEMES:
                draw(browser, arguments, width, scheme)
        browser.close()
    print(f"{len(list(arguments.folder.glob('*.png')))} pictures in {arguments.folder}")


if __name__ == "__main__":
    main()
