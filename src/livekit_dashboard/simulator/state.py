"""What the simulated server holds: rooms, stored messages, settings, and what is going to happen to them."""

from google.protobuf.message import Message
from livekit.protocol import agent, egress, models

from livekit_dashboard.simulator.rooms.rooms import Limits, Rooms
from livekit_dashboard.simulator.sip.store import SipStore

from .faults import Faults
from .messages import new_id
from .schedule import Schedule
from .timing import Pace


class State(Rooms):
    """All of a world but its workers. They act on it, and on each other only where `World` hands one to another."""

    def __init__(
        self,
        *,
        redis: bool,
        remote_unmute: bool,
        no_response_after: float,
        count_lag: float,
        handshake: float,
        limits: Limits | None,
        pace: Pace | None,
    ) -> None:
        super().__init__(count_lag=count_lag, limits=limits)
        self.redis = redis
        self.remote_unmute = remote_unmute
        self.no_response_after = no_response_after
        self.handshake = handshake
        self.pace = pace or Pace()
        self.ready = True
        """False makes the health check answer 406."""
        self.server_info = models.ServerInfo(
            version="1.13.5", protocol=17, agent_protocol=1, node_id=new_id("ND_")
        )
        self.egress: dict[str, egress.EgressInfo] = {}
        """By egress id; see ``add_egress``."""
        self.left_behind: set[str] = set()
        """Rooms that are listed though no node has them, as a server at times leaves them when they end."""
        self.workers: dict[str, agent.RegisterWorkerRequest] = {}
        """Agent workers that are connected by websocket, by worker id. They are given no jobs."""
        self.sip = SipStore()
        self.faults = Faults()
        self.calls: list[str] = []
        """Every Twirp call that arrived, as "Service/Method", refused and failed ones included."""
        self.requests: list[tuple[str, Message]] = []
        """Every call that was decoded and allowed, with its request."""
        self.schedule = Schedule()

    def add_egress(self, info: egress.EgressInfo) -> egress.EgressInfo:
        """An egress job to be listed; one without an id is given one."""
        info.egress_id = info.egress_id or new_id("EG_")
        self.egress[info.egress_id] = info
        return info

    async def settled(self) -> None:
        """Return once nothing is under way any more: workers have done what was asked, webhooks are out."""
        await self.schedule.settled()
