"""Someone in a room, as other tests find them and what is done to them."""

import httpx
from livekit.protocol import models

from livekit_dashboard.simulator import World
from tests.html import Page

ANA = "/rooms/standup/participants/ana"


def ana(world: World) -> models.ParticipantInfo:
    """As the server has her."""
    return world.participant("standup", "ana")


async def follow(client: httpx.AsyncClient, answer: httpx.Response) -> Page:
    """The page that an action led to."""
    assert answer.status_code == 303
    return Page((await client.get(answer.headers["Location"])).text)
