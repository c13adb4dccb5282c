"""What the simulated server holds, the workers it has, and the things that happen to it."""

from collections.abc import Sequence

from livekit_dashboard.simulator.agents.dispatches import Dispatches
from livekit_dashboard.simulator.egress.auto import AutoEgress
from livekit_dashboard.simulator.egress.worker import Recorder
from livekit_dashboard.simulator.ingress.worker import Ingresses
from livekit_dashboard.simulator.rooms.rooms import Kind, Limits, RoomFullError, Source
from livekit_dashboard.simulator.sip.worker import Telephony
from livekit_dashboard.simulator.webhooks.webhooks import Webhooks

from .state import State
from .timing import Pace

__all__ = ["Kind", "Limits", "RoomFullError", "Source", "World"]


class World(State):
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
        super().__init__(
            redis=redis,
            remote_unmute=remote_unmute,
            no_response_after=no_response_after,
            count_lag=count_lag,
            handshake=handshake,
            limits=limits,
            pace=pace,
        )
        # The first to listen: what others make of an event is told after the event itself.
        self.webhooks = Webhooks(self, webhook_urls)
        self.dispatches = Dispatches(self)
        self.recorder = Recorder(self, available=egress_worker, awaits_publisher=egress_awaits_publisher)
        self.auto_egress = AutoEgress(self, self.recorder)
        self.ingresses = Ingresses(
            self, available=ingress_worker, rtmp_base_url=rtmp_base_url, whip_base_url=whip_base_url
        )
        self.telephony = Telephony(self, self.dispatches, available=sip_worker)
