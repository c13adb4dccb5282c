"""The websocket that agent workers register on, which also tells the server's version."""

import asyncio
import time

from google.protobuf.json_format import MessageToJson, Parse, ParseError
from google.protobuf.message import DecodeError
from livekit.protocol import agent
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket

from livekit_dashboard.simulator.messages import new_id
from livekit_dashboard.simulator.world import World

JOB_TYPES = frozenset({agent.JT_ROOM, agent.JT_PUBLISHER, agent.JT_PARTICIPANT})


async def agent_socket(websocket: WebSocket) -> None:
    """Registers a worker and keeps it in ``World.workers`` while it stays connected.

    Workers may speak protobuf (binary frames) or JSON (text frames) and are answered in kind. What
    does not parse, and a worker that has not registered in time, is hung up on.
    """
    world: World = websocket.app.state.world
    if not websocket.scope["grants"].allows("agent"):
        await websocket.send_denial_response(PlainTextResponse("no permissions to access the room", 401))
        return
    await websocket.accept()
    session = _Session(world, websocket)
    try:
        async with asyncio.timeout(world.handshake):
            while not session.worker_id and await session.step():
                pass
        while session.worker_id and await session.step():
            pass
    except TimeoutError:
        pass
    finally:
        world.workers.pop(session.worker_id, None)
    await session.hang_up()


class _Session:
    def __init__(self, world: World, websocket: WebSocket) -> None:
        self.worker_id = ""
        self._world = world
        self._websocket = websocket
        self._connected = True

    async def step(self) -> bool:
        """Answer one message; False when the conversation is over."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            self._connected = False
            return False
        binary = message.get("bytes")
        try:
            if binary is not None:
                request = agent.WorkerMessage.FromString(binary)
            else:
                request = Parse(message["text"], agent.WorkerMessage(), ignore_unknown_fields=True)
        except (DecodeError, ParseError):
            return False
        answer = self._answer(request)
        if answer is None:
            return False
        if answer.WhichOneof("message") is None:
            return True
        if binary is not None:
            await self._websocket.send_bytes(answer.SerializeToString())
        else:
            await self._websocket.send_text(MessageToJson(answer, indent=None))
        return True

    async def hang_up(self) -> None:
        if self._connected:
            await self._websocket.close()

    def _answer(self, request: agent.WorkerMessage) -> agent.ServerMessage | None:
        """The reply, an empty one where the server sends none; None to hang up."""
        kind = request.WhichOneof("message")
        if kind == "ping":
            pong = agent.WorkerPong(last_timestamp=request.ping.timestamp, timestamp=int(time.time() * 1000))
            return agent.ServerMessage(pong=pong)
        if kind == "register" and not self.worker_id:
            if request.register.type not in JOB_TYPES:
                return None
            self.worker_id = new_id("AW_")
            self._world.workers[self.worker_id] = request.register
            return agent.ServerMessage(
                register=agent.RegisterWorkerResponse(
                    worker_id=self.worker_id, server_info=self._world.server_info
                )
            )
        return agent.ServerMessage() if kind and self.worker_id else None
