"""What the simulated server holds, the workers it has, and the things that happen to it."""

from collections.abc import Sequence

from google.protobuf.message import Message
from livekit.protocol import agent, egress, models

from .agent_dispatches import Dispatches
from .auto_egress import AutoEgress
from .egress_worker import Recorder
from .faults import Faults
from .ingress_worker import Ingresses
from .messages import new_id
from .pace import Pace
from .rooms import Kind, Limits, RoomFullError, Rooms, Source
from .schedule import Schedule
from .sip_store import SipStore
from .sip_worker import Telephony
from .webhooks import Webhooks

__all__ = ["Kind", "Limits", "RoomFullError", "Source", "World"]


class World(Rooms):
    """The rooms, participants, jobs, trunks and workers of one simulated server.

    What is stored is the protobuf messages themselves; change them in place where no method fits.
    Methods raise KeyError for what does not exist. Rooms do not expire, and participants do not leave by
    themselves; only workers do things on their own, ``pace`` saying how fast.

    - ``no_response_after``: seconds until the server says that a node, a participant or the worker
      of a job is not there (3 on the real one)
    - ``count_lag``: how long Room.num_participants and num_publishers lag (up to 5 or more on the
      real one)
    - ``handshake``: how long an agent worker may take to register (10 on the real one)
    - ``egress_worker``, ``ingress_worker``, ``sip_worker``: whether there is one; see ``recorder``,
      ``ingresses`` and ``telephony``
    - ``egress_awaits_publisher``: recordings of a room without publishers are aborted
    - ``rtmp_base_url``, ``whip_base_url``: as in the server's configuration, empty by default
    - ``webhook_urls``: who is told of events, signed with the first key of ``create_app``
    """

    def __init__(
        self,
        *,
        redis: bool = True,
        remote_unmute: bool = False,
        no_response_after: float = 0.05,
        count_lag: float = 0.0,
        handshake: float = 10.0,
        limits: Limits | None = None,
        pace: Pace | None = None,
        egress_worker: bool = False,
        egress_awaits_publisher: bool = False,
        ingress_worker: bool = False,
        sip_worker: bool = False,
        rtmp_base_url: str = "",
        whip_base_url: str = "",
        webhook_urls: Sequence[str] = (),
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
        # The first to listen: what others make of an event is told after the event itself.
        self.webhooks = Webhooks(self, webhook_urls)
        self.dispatches = Dispatches(self)
        self.recorder = Recorder(self, available=egress_worker, awaits_publisher=egress_awaits_publisher)
        self.auto_egress = AutoEgress(self)
        self.ingresses = Ingresses(
            self, available=ingress_worker, rtmp_base_url=rtmp_base_url, whip_base_url=whip_base_url
        )
        self.telephony = Telephony(self, available=sip_worker)

    def add_egress(self, info: egress.EgressInfo) -> egress.EgressInfo:
        """An egress job to be listed; one without an id is given one."""
        info.egress_id = info.egress_id or new_id("EG_")
        self.egress[info.egress_id] = info
        return info

    async def settled(self) -> None:
        """Return once nothing is under way any more: workers have done what was asked, webhooks are out."""
        await self.schedule.settled()
