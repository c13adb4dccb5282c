"""What the workers of a simulated server do and have done; the real server of the demo has no workers."""

import asyncio
import secrets
import time

from livekit import api
from livekit.protocol import agent_dispatch, egress

from livekit_dashboard.simulator import World

from .rooms import TIMEOUT, record
from .scene import ALL_HANDS, HOTLINE

BUSY, DECLINES = "+493023125001", "+493023125002"
"""Who can be called without being reached; all others answer."""
HOUR = 3600
BUCKET = egress.S3Upload(
    bucket="loopback-recordings",
    endpoint="s3.example.com",
    access_key="AKIADEMO",
    secret=secrets.token_urlsafe(12),
)
ACCESS_DENIED = (
    "upload failed: operation error S3: PutObject, StatusCode: 403, api error AccessDenied: Access Denied"
)


async def furnish(lk: api.LiveKitAPI, world: World) -> None:
    """Recordings, a stream that comes in, an agent's job, and phones that aren't answered. Needs the rooms."""
    world.telephony.callees |= {BUSY: "is busy", DECLINES: "declines"}
    for guest in HOTLINE.guests:
        if guest.kind == "agent":
            dispatch = agent_dispatch.AgentDispatch(agent_name=guest.name, room=HOTLINE.name)
            world.dispatches.bring(dispatch, guest.identity)
    _remember(world)
    await record(lk, ALL_HANDS)
    request = api.CreateIngressRequest(
        input_type=api.IngressInput.RTMP_INPUT,
        name="Stage camera",
        room_name=ALL_HANDS.name,
        participant_identity="stage-camera",
        participant_name="Stage camera",
    )
    async with asyncio.timeout(TIMEOUT):
        made = await lk.ingress.create_ingress(request)
    world.ingresses.publish(made.ingress_id)


def _remember(world: World) -> None:
    now = time.time()
    episode = egress.RoomCompositeEgressRequest(
        room_name="podcast-episode-41",
        audio_only=True,
        file_outputs=[
            egress.EncodedFileOutput(
                file_type=egress.EncodedFileType.OGG, filepath="loopback/episode-41.ogg", s3=BUCKET
            )
        ],
    )
    world.recorder.remember("room_composite", episode, began=now - 7 * HOUR, ended=now - 6 * HOUR)
    page = egress.WebEgressRequest(
        url="https://status.example.com/wall",
        file_outputs=[
            egress.EncodedFileOutput(file_type=egress.EncodedFileType.MP4, filepath="wall.mp4", s3=BUCKET)
        ],
    )
    world.recorder.remember(
        "web", page, began=now - 2 * HOUR, ended=now - 2 * HOUR + 340, error=ACCESS_DENIED
    )
