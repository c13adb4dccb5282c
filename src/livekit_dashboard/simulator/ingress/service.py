"""Ingress: what others stream into rooms."""

import asyncio
from typing import Any

from livekit.protocol import ingress

from livekit_dashboard.simulator.errors import TwirpError, internal, no_response
from livekit_dashboard.simulator.messages import copy_of, new_id
from livekit_dashboard.simulator.twirp import method, video_grant
from livekit_dashboard.simulator.world import World

from .checks import RTMP, URL, WHIP, check_ingress, check_url

_TEXTS = ("name", "room_name", "participant_identity", "participant_name", "participant_metadata")


async def create_ingress(world: World, request: ingress.CreateIngressRequest) -> ingress.IngressInfo:
    """RTMP and WHIP are there to be streamed to, over and over; a URL is pulled at once, by a worker."""
    _needs_redis(world)
    if request.input_type not in (RTMP, WHIP, URL):
        raise internal("invalid_argument", "invalid ingress type")
    pulled = request.input_type == URL
    if pulled:
        check_url(request.url)
    info = ingress.IngressInfo(
        ingress_id=new_id("IN_"),
        stream_key="" if pulled else new_id(""),
        url=request.url if pulled else world.ingresses.base_url(request.input_type),
        input_type=request.input_type,
        reusable=not pulled,
        state=ingress.IngressState(),
        **{name: getattr(request, name) for name in _TEXTS},
    )
    _take_settings(info, request)
    check_ingress(info)
    _settle_transcoding(info)
    if pulled and not world.ingresses.available:
        await asyncio.sleep(world.no_response_after)
        raise no_response()
    world.ingresses.items[info.ingress_id] = info
    if pulled:
        world.ingresses.publish(info.ingress_id)
    return info


async def update_ingress(world: World, request: ingress.UpdateIngressRequest) -> ingress.IngressInfo:
    """What is empty or missing stays as it is. An error is forgotten."""
    if not world.redis:
        raise TwirpError("internal", "Internal service panic")
    stored = _known(world, request.ingress_id)
    if not stored.reusable:
        raise internal("invalid_argument", "ingress is not reusable and cannot be modified")
    info = copy_of(stored)
    if info.state.status == ingress.IngressState.ENDPOINT_ERROR:
        info.state.status = ingress.IngressState.ENDPOINT_INACTIVE
    for name in _TEXTS:
        setattr(info, name, getattr(request, name) or getattr(info, name))
    _take_settings(info, request)
    check_ingress(info)
    _settle_transcoding(info)
    stored.CopyFrom(info)
    return stored


async def list_ingress(world: World, request: ingress.ListIngressRequest) -> ingress.ListIngressResponse:
    """By id, else by room. Page tokens are ignored."""
    _needs_redis(world)
    if request.ingress_id:
        return ingress.ListIngressResponse(items=[_known(world, request.ingress_id)])
    items = [
        info
        for info in world.shuffled(world.ingresses.items.values())
        if request.room_name in ("", info.room_name)
    ]
    return ingress.ListIngressResponse(items=items)


async def delete_ingress(world: World, request: ingress.DeleteIngressRequest) -> ingress.IngressInfo:
    """Deletes an ingress and ends what it publishes; gives it as it was, but inactive."""
    _needs_redis(world)
    _known(world, request.ingress_id)
    world.ingresses.stop(request.ingress_id)
    info = world.ingresses.items.pop(request.ingress_id)
    info.state.status = ingress.IngressState.ENDPOINT_INACTIVE
    return info


def _take_settings(info: ingress.IngressInfo, request: Any) -> None:
    if request.HasField("audio"):
        info.audio.CopyFrom(request.audio)
    if request.HasField("video"):
        info.video.CopyFrom(request.video)
    if request.HasField("enable_transcoding"):
        info.enable_transcoding = request.enable_transcoding
    if request.HasField("enabled"):
        info.enabled = request.enabled


def _settle_transcoding(info: ingress.IngressInfo) -> None:
    """Say in both fields, the older one included, whether the media is encoded again."""
    if not info.HasField("enable_transcoding"):
        info.enable_transcoding = info.input_type != WHIP
    info.bypass_transcoding = not info.enable_transcoding


def _known(world: World, ingress_id: str) -> ingress.IngressInfo:
    try:
        return world.ingresses.items[ingress_id]
    except KeyError:
        raise internal("not_found", "ingress does not exist") from None


def _needs_redis(world: World) -> None:
    if not world.redis:
        raise internal("internal", "ingress not connected (redis required)")


_admin = video_grant("ingressAdmin")

METHODS = {
    "Ingress/CreateIngress": method(ingress.CreateIngressRequest, create_ingress, _admin),
    "Ingress/UpdateIngress": method(ingress.UpdateIngressRequest, update_ingress, _admin),
    "Ingress/ListIngress": method(ingress.ListIngressRequest, list_ingress, _admin),
    "Ingress/DeleteIngress": method(ingress.DeleteIngressRequest, delete_ingress, _admin),
}
