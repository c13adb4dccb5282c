"""What no page may do: log an error, break the policy, raise a dialog, lose a request."""

import re

from playwright.async_api import ConsoleMessage, Dialog, Page, Request

# Runs before the page's own scripts, in every frame.
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => console.error(
    `policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`))"""
# Whoever leaves a page ends what it still fetches; a poll that is overtaken ends as well.
ABORTED = "net::ERR_ABORTED"
UNUSED_SOCKET = "WebSocket is closed before the connection is established"


class Faults:
    """Collects what went wrong in a test's pages; `check` fails unless the test has said to expect it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._expected: list[re.Pattern[str]] = []

    def expect(self, pattern: str) -> None:
        """Faults that hold this pattern belong to the test. It has to happen: `check` insists on that too."""
        self._expected.append(re.compile(pattern))

    def expect_status(self, status: int) -> None:
        """An answer of this status belongs to the test: Chromium logs each as an error."""
        self.expect(f"the server responded with a status of {status} ")

    async def watch(self, page: Page) -> None:
        """From now on, everything that happens in the page counts."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.seen.append(f"uncaught: {error}"))
        page.on("requestfailed", self._on_failed)
        page.on("dialog", self._on_dialog)
        page.on("crash", lambda _: self.seen.append("the page crashed"))
        await page.add_init_script(REPORT_VIOLATIONS)

    def check(self) -> None:
        """Nothing but the expected has happened, and all of that."""
        unexpected = [fault for fault in self.seen if not any(want.search(fault) for want in self._expected)]
        assert not unexpected, "The browser reports:\n" + "\n".join(unexpected)
        missing = [want.pattern for want in self._expected if not any(map(want.search, self.seen))]
        assert not missing, f"The browser was expected to report {missing}"

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and UNUSED_SOCKET not in message.text:
            self.seen.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _on_failed(self, request: Request) -> None:
        if request.failure != ABORTED:
            self.seen.append(f"failed: {request.method} {request.url} {request.failure}")

    async def _on_dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"dialog: {dialog.type} {dialog.message}")
        await dialog.dismiss()
