"""Recordings and streams: list, start, change and stop them."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf.message import Message
from livekit import api
from livekit.protocol import egress

from . import egress_jobs
from .egress_jobs import Job
from .egress_requests import BY_MESSAGE
from .errors import NoEgressWorker, NotFound, NoWorker

if TYPE_CHECKING:
    from .livekit import LiveKit

# Seconds that a start may take: LiveKit gives up after 24 if no worker takes it.
START_LIMIT = 40.0


@dataclass(frozen=True)
class ActiveEgress:
    """How many recordings and streams are running or starting; one job may be both."""

    total: int
    files: int
    streams: int


class Egress:
    """The calls of EgressService."""

    def __init__(self, livekit: "LiveKit") -> None:
        self._livekit = livekit

    async def active(self) -> ActiveEgress:
        """Raises NeedsRedis on a server that can't have any."""
        items = await self._list(api.ListEgressRequest(active=True))
        jobs = [egress_jobs.from_proto(item) for item in items]
        streams = sum(1 for job in jobs if job.streams)
        files = sum(1 for job in jobs if len(job.streams) < len(job.results))
        return ActiveEgress(total=len(jobs), files=files, streams=streams)

    async def list(self, room: str = "") -> list[Job]:
        """All jobs that LiveKit still knows, ended ones for about a day; in no order. Raises NeedsRedis."""
        return [
            egress_jobs.from_proto(item) for item in await self._list(api.ListEgressRequest(room_name=room))
        ]

    async def get(self, egress_id: str) -> Job:
        """Raises NotFound."""
        return egress_jobs.from_proto(await self._info(egress_id))

    async def get_with_json(self, egress_id: str) -> tuple[Job, str]:
        """The job, and the same as protobuf JSON for reading, its secrets masked. Raises NotFound."""
        info = await self._info(egress_id)
        return egress_jobs.from_proto(info), egress_jobs.shown_json(info)

    async def start(self, request: Message) -> Job:
        """Starts what a request of any kind asks for. Raises NoEgressWorker after some 24 s if no worker takes it."""
        start = BY_MESSAGE[type(request)]
        method: Any = getattr(self._livekit.api.egress, start.method)
        limit = max(START_LIMIT, self._livekit.settings.livekit_timeout)
        try:
            info = await self._livekit.call(f"Egress/{start.rpc}", method(request), limit=limit)
        except NoWorker as error:
            raise NoEgressWorker.like(error) from error
        return egress_jobs.from_proto(info)

    async def stop(self, egress_id: str) -> Job:
        """Asks the worker to finish. Raises NotFound, or Ended if it has."""
        request = api.StopEgressRequest(egress_id=egress_id)
        return await self._change("StopEgress", self._livekit.api.egress.stop_egress(request))

    async def set_layout(self, egress_id: str, layout: str) -> Job:
        """Shows another layout from now on. Raises NotFound."""
        request = api.UpdateLayoutRequest(egress_id=egress_id, layout=layout)
        return await self._change("UpdateLayout", self._livekit.api.egress.update_layout(request))

    async def add_streams(self, egress_id: str, urls: Sequence[str]) -> Job:
        """Streams to more addresses. Raises NotFound, or Ended."""
        return await self._update_stream(egress_id, add_output_urls=urls)

    async def remove_stream(self, egress_id: str, url: str) -> Job:
        """Ends the stream to one address, given whole. Raises NotFound, or Ended."""
        return await self._update_stream(egress_id, remove_output_urls=[url])

    async def remove_listed_stream(self, egress_id: str, key: str) -> Job:
        """The same for an address that LiveKit lists whole, by what stands for it. Raises NotFound, or Ended."""
        url = egress_jobs.address_of(await self._info(egress_id), key)
        if url is None:
            raise NotFound("there is no such stream any more")
        return await self.remove_stream(egress_id, url)

    async def _update_stream(self, egress_id: str, **urls: Any) -> Job:
        request = api.UpdateStreamRequest(egress_id=egress_id, **urls)
        return await self._change("UpdateStream", self._livekit.api.egress.update_stream(request))

    async def _change(self, method: str, awaitable: Awaitable[egress.EgressInfo]) -> Job:
        return egress_jobs.from_proto(await self._livekit.call(f"Egress/{method}", awaitable))

    async def _info(self, egress_id: str) -> egress.EgressInfo:
        for item in await self._list(api.ListEgressRequest(egress_id=egress_id)):
            return item
        raise NotFound("egress does not exist")

    async def _list(self, request: egress.ListEgressRequest) -> Sequence[egress.EgressInfo]:
        answer = await self._livekit.read("Egress/ListEgress", self._livekit.api.egress.list_egress, request)
        return answer.items
