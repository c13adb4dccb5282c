"""One LiveKit deployment: the session with it, and the calls of every area that go through it."""

from typing import Self

from livekit_dashboard.config import Settings
from livekit_dashboard.services.agents.agents import Agents
from livekit_dashboard.services.egress.egress import Egress
from livekit_dashboard.services.ingress.ingress import Ingresses
from livekit_dashboard.services.participants.messages import Messages
from livekit_dashboard.services.participants.participants import Participants
from livekit_dashboard.services.rooms.rooms import Rooms
from livekit_dashboard.services.search.search import Search
from livekit_dashboard.services.server.info import ServerInfo
from livekit_dashboard.services.server.overview import Overviews
from livekit_dashboard.services.sip.sip import Sip
from livekit_dashboard.services.tokens.tokens import Tokens

from .session import Session


class LiveKit:
    """Used as `async with`, since the session belongs to the running event loop.

    `.rooms`, `.participants`, `.egress` … hold the calls, by area. All of them raise LiveKitError and nothing else.
    """

    def __init__(self, settings: Settings) -> None:
        self.session = session = Session(settings)
        self.latency, self.errors, self.refusals = session.latency, session.errors, session.refusals
        self.tokens = Tokens(settings)
        self.rooms = Rooms(session)
        self.participants = Participants(session)
        self.messages = Messages(session, self.participants)
        self.egress = Egress(session)
        self.ingress = Ingresses(session)
        self.agents = Agents(session, self.rooms, self.participants)
        self.sip = Sip(session, self.rooms, self.participants)
        self.search = Search(self.rooms, self.participants, self.egress, self.ingress, self.sip)
        self.overview = Overviews(self.rooms, self.egress)
        self.server = ServerInfo(session, self.tokens)
        session.version = self._version

    async def __aenter__(self) -> Self:
        await self.session.__aenter__()
        self.server.refresh()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.server.close()
        await self.session.__aexit__()

    def _version(self) -> str:
        known = self.server.known
        return known.version if known else ""
