"""Calls of EgressService: list, start, change and stop recordings and streams."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from livekit import api
from livekit.protocol import egress

from livekit_dashboard.services.errors.tree import NotFound
from livekit_dashboard.services.errors.workers import NoEgressWorker, NoWorker
from livekit_dashboard.services.session import Session

from . import jobs as egress_jobs
from .jobs import Job
from .requests import BY_MESSAGE

# Seconds that a start may take: LiveKit stops waiting for a worker after 24.
START_LIMIT = 40.0


@dataclass(frozen=True)
class ActiveEgress:
    """The number of running or starting recordings and streams; one job can be both."""

    total: int
    files: int
    streams: int


class Egress:
    """The calls of EgressService."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def active(self) -> ActiveEgress:
        """The running jobs. Raises NeedsRedis on a server without Redis."""
        items = await self._list(api.ListEgressRequest(active=True))
        jobs = [egress_jobs.from_proto(item) for item in items]
        streams = sum(1 for job in jobs if job.streams)
        files = sum(1 for job in jobs if len(job.streams) < len(job.results))
        return ActiveEgress(total=len(jobs), files=files, streams=streams)

    async def list(self, room: str = "") -> list[Job]:
        """All jobs that LiveKit lists, ended ones for about a day, in no order. Raises NeedsRedis."""
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
        """Starts a recording with a request of any kind. Raises NoEgressWorker after 24 s without a worker."""
        start = BY_MESSAGE[type(request)]
        method: Any = getattr(self._session.api.egress, start.method)
        limit = max(START_LIMIT, self._session.settings.livekit_timeout)
        try:
            info = await self._session.call(f"Egress/{start.rpc}", method(request), limit=limit)
        except NoWorker as error:
            raise NoEgressWorker.like(error) from error
        return egress_jobs.from_proto(info)

    async def stop(self, egress_id: str) -> Job:
        """Stops a recording; its worker then stores the files. Raises NotFound, or Ended."""
        request = api.StopEgressRequest(egress_id=egress_id)
        return await self._change("StopEgress", self._session.api.egress.stop_egress(request))

    async def set_layout(self, egress_id: str, layout: str) -> Job:
        """Changes the layout. Raises NotFound."""
        request = api.UpdateLayoutRequest(egress_id=egress_id, layout=layout)
        return await self._change("UpdateLayout", self._session.api.egress.update_layout(request))

    async def add_streams(self, egress_id: str, urls: Sequence[str]) -> Job:
        """Adds streams. Raises NotFound, or Ended."""
        return await self._update_stream(egress_id, add_output_urls=urls)

    async def remove_stream(self, egress_id: str, url: str) -> Job:
        """Ends the stream with this whole address. Raises NotFound, or Ended."""
        return await self._update_stream(egress_id, remove_output_urls=[url])

    async def remove_listed_stream(self, egress_id: str, key: str) -> Job:
        """Ends the stream with this `stream_key`, if LiveKit lists its whole address. Raises NotFound, or Ended."""
        url = egress_jobs.address_of(await self._info(egress_id), key)
        if url is None:
            raise NotFound("there is no such stream any more")
        return await self.remove_stream(egress_id, url)

    async def _update_stream(self, egress_id: str, **urls: Any) -> Job:
        request = api.UpdateStreamRequest(egress_id=egress_id, **urls)
        return await self._change("UpdateStream", self._session.api.egress.update_stream(request))

    async def _change(self, method: str, awaitable: Awaitable[egress.EgressInfo]) -> Job:
        return egress_jobs.from_proto(await self._session.call(f"Egress/{method}", awaitable))

    async def _info(self, egress_id: str) -> egress.EgressInfo:
        for item in await self._list(api.ListEgressRequest(egress_id=egress_id)):
            return item
        raise NotFound("egress does not exist")

    async def _list(self, request: egress.ListEgressRequest) -> Sequence[egress.EgressInfo]:
        answer = await self._session.read("Egress/ListEgress", self._session.api.egress.list_egress, request)
        return answer.items
