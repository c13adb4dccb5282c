"""An agent worker as LiveKit knows them: it registers, takes jobs, and its agents join the rooms."""

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp
from livekit import api
from livekit.protocol import agent

from livekit_dashboard.demo.participants import Person
from livekit_dashboard.demo.server import LiveKitServer


class Worker:
    """There from ``async with`` on until its end; what it does meanwhile is said by ``jobs``."""

    def __init__(self, server: LiveKitServer, agent_name: str) -> None:
        self.jobs: list[agent.Job] = []
        self._server, self._agent_name = server, agent_name
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        grants = api.VideoGrants(agent=True)
        token = api.AccessToken(self._server.api_key, self._server.api_secret).with_grants(grants).to_jwt()
        http = await self._stack.enter_async_context(aiohttp.ClientSession())
        self._socket = await http.ws_connect(
            f"{self._server.url}/agent", headers={"Authorization": f"Bearer {token}"}
        )
        register = agent.RegisterWorkerRequest(
            type=agent.JT_ROOM, agent_name=self._agent_name, version="1", ping_interval=30
        )
        await self._send(agent.WorkerMessage(register=register))
        assert (await self._next()).HasField("register")
        available = agent.UpdateWorkerStatus(status=agent.WS_AVAILABLE)
        await self._send(agent.WorkerMessage(update_worker=available))
        self._working = asyncio.create_task(self._work())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)
        await self._socket.close()
        await self._stack.aclose()

    async def _work(self) -> None:
        while True:
            message = await self._next()
            if message.HasField("availability"):
                job = message.availability.job
                answer = agent.AvailabilityResponse(
                    job_id=job.id,
                    available=True,
                    participant_identity=f"agent-{job.id}",
                    participant_attributes={"lk.agent.state": "listening"},
                )
                await self._send(agent.WorkerMessage(availability=answer))
            elif message.HasField("assignment"):
                self.jobs.append(message.assignment.job)
                person = Person(self._server.ws_url, message.assignment.token)
                await self._stack.enter_async_context(person)

    async def _next(self) -> agent.ServerMessage:
        return agent.ServerMessage.FromString(await self._socket.receive_bytes())

    async def _send(self, message: agent.WorkerMessage) -> None:
        await self._socket.send_bytes(message.SerializeToString())
