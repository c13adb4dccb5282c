"""Messages into a room: data that apps listen for, and remote procedure calls that they answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from livekit import api
from livekit.api.twirp_client import TwirpClient
from livekit.protocol.models import DataPacket
from livekit.protocol.room import PerformRpcRequest, PerformRpcResponse

from livekit_dashboard.services.session import Session

from .participants import Participants

# LiveKit says OK to more, but a packet of 256 KiB never arrives (seen with 1.13.5); the topic is part of it.
MAX_DATA = 255 * 1024
MAX_TOPIC = 256
# Of a request and of an answer: LiveKit's own limit.
MAX_RPC_PAYLOAD = 15 * 1024
RPC_SECONDS = 10
# Seconds that LiveKit may take on top of what the participant is given: it retries.
MARGIN = 15.0


@dataclass(frozen=True)
class Data:
    """What to send. `to` are identities; none of them means everyone. Lossy data may get lost, and is not repeated."""

    payload: str
    topic: str = ""
    reliable: bool = True
    to: Sequence[str] = ()


@dataclass(frozen=True)
class Rpc:
    """What to ask a participant's app."""

    method: str
    payload: str
    seconds: int


class Messages:
    """The calls of RoomService that carry data of apps."""

    def __init__(self, session: Session, participants: Participants) -> None:
        self._session = session
        self._participants = participants

    async def send(self, room: str, data: Data) -> None:
        """Passes it to LiveKit, which doesn't report who received it and ignores unknown identities."""
        request = api.SendDataRequest(
            room=room,
            data=data.payload.encode(),
            topic=data.topic,
            kind=DataPacket.RELIABLE if data.reliable else DataPacket.LOSSY,
            destination_identities=data.to,
        )
        await self._session.call("RoomService/SendData", self._session.api.room.send_data(request))

    async def ask(self, room: str, identity: str, rpc: Rpc) -> str:
        """The answer of the participant's app. Raises NotFound, RpcFailed."""
        # The call itself would wait three seconds to find that out.
        await self._participants.get(room, identity)
        request = PerformRpcRequest(
            room=room,
            destination_identity=identity,
            method=rpc.method,
            payload=rpc.payload,
            response_timeout_ms=rpc.seconds * 1000,
        )
        answer = await self._session.call(
            "RoomService/PerformRpc", self._perform(request), limit=rpc.seconds + MARGIN
        )
        return answer.payload

    async def _perform(self, request: PerformRpcRequest) -> PerformRpcResponse:
        """The SDK has no function for this one."""
        settings = self._session.settings
        token = api.AccessToken(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
        jwt = token.with_grants(api.VideoGrants(room_admin=True, room=request.room)).to_jwt()
        client = TwirpClient(self._session.http, settings.api_url, "livekit", failover=False)
        headers = {"Authorization": f"Bearer {jwt}"}
        return await client.request("RoomService", "PerformRpc", request, headers, PerformRpcResponse)
