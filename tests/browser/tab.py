"""A browser tab on the dashboard, and the few things that look different with and without JavaScript."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from livekit_dashboard.addresses.names import encode_name


def room_path(room: str) -> str:
    """Where a room's page is."""
    return f"/rooms/{encode_name(room)}"


@dataclass
class Tab:
    """A page, and whether its scripts run."""

    page: Page
    scripted: bool

    async def told(self, text: str) -> None:
        """A message says so: over the page, or on the one that the action led to."""
        await expect(self.page.locator("#toasts")).to_contain_text(text)

    async def open_person(self, room: str, name: str) -> Locator:
        """Goes to the room and opens someone: beside the table, or as a page. Gives that part of it."""
        await self.page.goto(room_path(room))
        return await self.click_person(name)

    async def click_person(self, name: str) -> Locator:
        """Opens someone from the room's page."""
        await self.page.locator("main").get_by_role("link", name=name, exact=True).click()
        place = self.page.locator("#panel" if self.scripted else "main")
        await expect(place.get_by_role("button", name="Save permissions")).to_be_visible()
        return place

    async def question(self, title: str) -> Locator:
        """The question that comes before something is destroyed: a dialog, or a page."""
        place = self.page.locator("dialog#dialog[open]" if self.scripted else "main")
        await expect(place.get_by_role("heading", name=title)).to_be_visible()
        return place

    async def menu(self, label: str) -> Locator:
        """Opens the ⋯ menu of a row."""
        menu = self.page.locator("details.menu").filter(
            has=self.page.locator(f'summary[aria-label="{label}"]')
        )
        await menu.locator("summary").click()
        return menu

    async def search(self, text: str) -> None:
        """Types into the page's search and submits it."""
        await self.page.get_by_role("searchbox").fill(text)
        await self.page.get_by_role("searchbox").press("Enter")
        await self.page.wait_for_url("**?*q=*")
