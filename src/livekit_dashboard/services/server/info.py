"""Version, node and region of the LiveKit server, from the socket that agent workers register on.

No RPC reports them. The answer to a worker's registration carries `server_info`; a worker under a name that no dispatch
uses gets no job, opens no room and causes no webhook. The answer is kept for minutes: it is fixed while a server runs.
"""

import asyncio
import contextlib
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import aiohttp
from livekit import api
from livekit.protocol import agent, models

from livekit_dashboard.services.errors.translation import translated
from livekit_dashboard.services.errors.tree import LiveKitError, NotLiveKit
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.tokens.tokens import Tokens

KEEP = 300.0  # Seconds.
RETRY = 15.0  # Seconds, after a probe that failed.


@dataclass(frozen=True)
class Server:
    """What a LiveKit node reports about itself. The region is empty if none is configured."""

    version: str
    node_id: str
    region: str
    protocol: int
    asked: datetime


class ServerInfo:
    """The last answer. Reading one that is too old starts a new probe in the background."""

    def __init__(self, session: Session, tokens: Tokens) -> None:
        self._session = session
        self._tokens = tokens
        self._server: Server | None = None
        self._error: LiveKitError | None = None
        self._due = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def known(self) -> Server | None:
        """The last answer, without waiting; None while there is none. Starts a probe if it is too old."""
        if time.monotonic() >= self._due:
            self.refresh()
        return self._server

    @property
    def error(self) -> LiveKitError | None:
        """Why the last probe failed; None if it succeeded."""
        return self._error

    async def get(self) -> Server | None:
        """As `known`, but waits for a running probe if there is no answer yet."""
        server = self.known
        if server is None and self._task is not None:
            await asyncio.shield(self._task)
        return self._server

    def refresh(self) -> None:
        """Starts a probe unless one is running."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._renew())

    async def close(self) -> None:
        """Ends a probe that is still running."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _renew(self) -> None:
        try:
            self._server, self._error, keep = await self._probe(), None, KEEP
        except LiveKitError as error:
            self._server, self._error, keep = None, error, RETRY
        self._due = time.monotonic() + keep

    async def _probe(self) -> Server:
        """Registers as an agent worker that takes no jobs. Raises LiveKitError."""
        session = self._session
        token = self._tokens.sign(api.VideoGrants(agent=True), ttl=60)
        hello = agent.WorkerMessage(
            register=agent.RegisterWorkerRequest(
                type=agent.JobType.JT_ROOM,
                # An empty name would be offered every job that asks for no agent by name.
                agent_name=f"livekit-dashboard-probe-{uuid.uuid4().hex}",
                version="0",
                allowed_permissions=models.ParticipantPermission(),
            )
        )
        with translated():
            async with (
                asyncio.timeout(session.settings.livekit_timeout),
                session.http.ws_connect(
                    f"{session.settings.api_url}/agent",
                    headers={"Authorization": f"Bearer {token}"},
                    # The only answers that matter are binary and small.
                    max_msg_size=1 << 20,
                ) as socket,
            ):
                await socket.send_bytes(hello.SerializeToString())
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        answer = agent.ServerMessage.FromString(message.data)
                        if answer.HasField("register"):
                            return _from_proto(answer.register.server_info)
        raise NotLiveKit("LiveKit closed the agent socket without an answer")


def _from_proto(info: models.ServerInfo) -> Server:
    return Server(info.version, info.node_id, info.region, info.protocol, datetime.now(UTC))
