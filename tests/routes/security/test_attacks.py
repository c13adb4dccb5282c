"""What others may put into LiveKit, against the pages that show it; and what no page of ours sends."""

import httpx
import pytest
from livekit.protocol import egress

from livekit_dashboard.addresses.paths import Url
from livekit_dashboard.simulator import World
from tests.dashboard import csrf_token
from tests.routes.site import FIELDS, POSTS, address


@pytest.mark.parametrize("location", ["http://[", "javascript:alert(1)//", "https://[not an address]/a.mp4"])
async def test_a_location_that_is_no_link_is_shown_as_text(
    location: str, client: httpx.AsyncClient, world: World
) -> None:
    world.recorder.available = True
    file = egress.FileInfo(filename="a.mp4", location=location)
    segments = egress.SegmentsInfo(playlist_name="a.m3u8", live_playlist_location=location)
    world.add_egress(
        egress.EgressInfo(
            egress_id="EG_odd",
            status=egress.EgressStatus.EGRESS_COMPLETE,
            file_results=[file],
            segment_results=[segments],
            manifest_location=location,
        )
    )
    for page in ("/egress", "/egress/EG_odd"):
        answer = await client.get(page)
        assert answer.status_code == 200
        assert f'href="{location}' not in answer.text


@pytest.mark.parametrize("url", POSTS, ids=lambda url: url.name)
async def test_a_file_in_place_of_a_text_is_refused(url: Url, client: httpx.AsyncClient) -> None:
    data = {"csrf_token": await csrf_token(client), **FIELDS}
    answer = await client.post(address(url), data=data, files={"auth_password": b"\x00\xff"})
    assert answer.status_code == 400
    assert "The dashboard failed" not in answer.text
