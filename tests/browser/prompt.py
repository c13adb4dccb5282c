"""The password prompt of the browser, which Playwright has no hold of: who asks, and what is typed."""

import asyncio
from typing import Any

from playwright.async_api import CDPSession, HttpCredentials, Page


class Prompt:
    """Answers the prompt as it is told to, otherwise closes it, and counts how often the browser asks.

    It only asks when it doesn't know: the password that was right once is in Chromium's own memory.
    """

    def __init__(self, session: CDPSession) -> None:
        self.asked = 0
        self._session = session
        self._answers: list[dict[str, Any]] = []
        self._calls: set[asyncio.Task[Any]] = set()

    @classmethod
    async def of(cls, page: Page) -> "Prompt":
        """Takes over the prompt of this page."""
        session = await page.context.new_cdp_session(page)
        prompt = cls(session)
        session.on("Fetch.requestPaused", prompt._on_request)
        session.on("Fetch.authRequired", prompt._on_asked)
        await session.send("Fetch.enable", {"handleAuthRequests": True})
        return prompt

    def type(self, credentials: HttpCredentials, *, times: int = 1) -> None:
        """What is typed when it asks next."""
        self._answers += [{"response": "ProvideCredentials", **credentials}] * times

    def _on_request(self, event: dict[str, Any]) -> None:
        self._send("Fetch.continueRequest", requestId=event["requestId"])

    def _on_asked(self, event: dict[str, Any]) -> None:
        self.asked += 1
        answer = self._answers.pop(0) if self._answers else {"response": "CancelAuth"}
        self._send("Fetch.continueWithAuth", requestId=event["requestId"], authChallengeResponse=answer)

    def _send(self, method: str, **params: Any) -> None:
        call = asyncio.ensure_future(self._session.send(method, params))
        self._calls.add(call)
        call.add_done_callback(self._done)

    def _done(self, call: asyncio.Task[Any]) -> None:
        self._calls.discard(call)
        call.exception()  # A request that was overtaken can't be continued.
