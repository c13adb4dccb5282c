"""Opens the rooms of a scene through the LiveKit API, the same way on a real server and a simulated one."""

import asyncio
import json
from collections.abc import Iterable, Mapping

from livekit import api

from .scene import SceneRoom

TIMEOUT = 10.0
"""Seconds for one room. The SDK itself has no limit."""


async def open_rooms(lk: api.LiveKitAPI, rooms: Iterable[SceneRoom]) -> None:
    """Creates every room; one that exists is left as it is."""
    for room in rooms:
        async with asyncio.timeout(TIMEOUT):
            await lk.room.create_room(
                api.CreateRoomRequest(
                    name=room.name,
                    metadata=as_json(room.metadata),
                    tags=room.tags,
                    max_participants=room.max_participants,
                    empty_timeout=room.empty_timeout,
                    departure_timeout=room.departure_timeout,
                )
            )


async def record(lk: api.LiveKitAPI, room: SceneRoom) -> None:
    """Starts a recording of the room, which needs a worker."""
    file = api.EncodedFileOutput(file_type=api.EncodedFileType.MP4, filepath="{room_name}-{time}.mp4")
    async with asyncio.timeout(TIMEOUT):
        await lk.egress.start_room_composite_egress(
            api.RoomCompositeEgressRequest(room_name=room.name, layout="speaker-dark", file_outputs=[file])
        )


def as_json(metadata: Mapping[str, object]) -> str:
    """Metadata as applications write it: compact JSON, or nothing at all."""
    return json.dumps(metadata, ensure_ascii=False, separators=(",", ":")) if metadata else ""
