"""The simulated SIP service’s calls for inbound and outbound trunks."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from livekit.protocol import sip

from livekit_dashboard.simulator.errors import TwirpError, internal
from livekit_dashboard.simulator.messages import copy_of, new_id
from livekit_dashboard.simulator.tokens.auth import Grants
from livekit_dashboard.simulator.twirp import method
from livekit_dashboard.simulator.world import World

from .checks import RefusedError, check_inbound, check_outbound
from .conflicts import check_trunks, normalised, with_new
from .store import in_order
from .updates import applied, check_action

Trunk = TypeVar("Trunk")


def sip_admin(grants: Grants, request: object) -> bool:
    """The SIP grant ``admin``."""
    return grants.sip.get("admin") is True


async def create_inbound(world: World, request: sip.CreateSIPInboundTrunkRequest) -> sip.SIPInboundTrunkInfo:
    """A trunk must be protected somehow and must not claim what another has."""
    needs_redis(world)
    try:
        _check_new(request)
        check_inbound(request.trunk)
    except RefusedError as error:
        raise error.in_request() from error
    check_trunks(with_new(_inbound(world, request.trunk.numbers), request.trunk))
    trunk = copy_of(request.trunk)
    trunk.sip_trunk_id = new_id("ST_")
    world.sip.inbound[trunk.sip_trunk_id] = trunk
    return trunk


async def update_inbound(world: World, request: sip.UpdateSIPInboundTrunkRequest) -> sip.SIPInboundTrunkInfo:
    """Only trunks that had these numbers before are looked at for conflicts, itself included."""
    needs_redis(world)
    try:
        check_action(request, request.sip_trunk_id, "trunk", check_inbound)
    except RefusedError as error:
        raise error.in_request() from error
    trunk = applied(_known(world.sip.inbound, request.sip_trunk_id), request)
    try:
        check_inbound(trunk)
    except RefusedError as error:
        raise error.in_result() from error
    others = _inbound(world, trunk.numbers)
    check_trunks(trunk if other.sip_trunk_id == trunk.sip_trunk_id else other for other in others)
    world.sip.inbound[trunk.sip_trunk_id] = trunk
    return trunk


async def get_inbound(world: World, request: sip.GetSIPInboundTrunkRequest) -> sip.GetSIPInboundTrunkResponse:
    """One trunk."""
    needs_redis(world)
    _needs_id(request.sip_trunk_id)
    return sip.GetSIPInboundTrunkResponse(trunk=_known(world.sip.inbound, request.sip_trunk_id))


async def list_inbound(
    world: World, request: sip.ListSIPInboundTrunkRequest
) -> sip.ListSIPInboundTrunkResponse:
    """By id and by number, trunks for any number included. Page limits are ignored."""
    needs_redis(world)
    trunks = _inbound(world, request.numbers)
    if request.trunk_ids:
        trunks = [trunk for trunk in trunks if trunk.sip_trunk_id in request.trunk_ids]
    return sip.ListSIPInboundTrunkResponse(items=trunks)


async def create_outbound(
    world: World, request: sip.CreateSIPOutboundTrunkRequest
) -> sip.SIPOutboundTrunkInfo:
    """A trunk must have an address and a number to call from."""
    needs_redis(world)
    try:
        _check_new(request)
        check_outbound(request.trunk)
    except RefusedError as error:
        raise error.in_request() from error
    trunk = copy_of(request.trunk)
    trunk.sip_trunk_id = new_id("ST_")
    world.sip.outbound[trunk.sip_trunk_id] = trunk
    return trunk


async def update_outbound(
    world: World, request: sip.UpdateSIPOutboundTrunkRequest
) -> sip.SIPOutboundTrunkInfo:
    """Replaces the trunk or changes some fields of it."""
    needs_redis(world)
    try:
        check_action(request, request.sip_trunk_id, "trunk", check_outbound)
    except RefusedError as error:
        raise error.in_request() from error
    trunk = applied(_known(world.sip.outbound, request.sip_trunk_id), request)
    try:
        check_outbound(trunk)
    except RefusedError as error:
        raise error.in_result() from error
    world.sip.outbound[trunk.sip_trunk_id] = trunk
    return trunk


async def get_outbound(
    world: World, request: sip.GetSIPOutboundTrunkRequest
) -> sip.GetSIPOutboundTrunkResponse:
    """One trunk."""
    needs_redis(world)
    _needs_id(request.sip_trunk_id)
    return sip.GetSIPOutboundTrunkResponse(trunk=_known(world.sip.outbound, request.sip_trunk_id))


async def list_outbound(
    world: World, request: sip.ListSIPOutboundTrunkRequest
) -> sip.ListSIPOutboundTrunkResponse:
    """By id and by number, which must be written as it is in the trunk. Page limits are ignored."""
    needs_redis(world)
    trunks = [
        trunk
        for trunk in in_order(world.sip.outbound)
        if (not request.trunk_ids or trunk.sip_trunk_id in request.trunk_ids)
        and (not request.numbers or not trunk.numbers or set(trunk.numbers) & set(request.numbers))
    ]
    return sip.ListSIPOutboundTrunkResponse(items=trunks)


async def delete_trunk(world: World, request: sip.DeleteSIPTrunkRequest) -> sip.SIPTrunkInfo:
    """Deletes a trunk of either kind. One that is not there is no error, nor is one that rules name."""
    needs_redis(world)
    _needs_id(request.sip_trunk_id)
    world.sip.inbound.pop(request.sip_trunk_id, None)
    world.sip.outbound.pop(request.sip_trunk_id, None)
    return sip.SIPTrunkInfo(sip_trunk_id=request.sip_trunk_id)


def needs_redis(world: World) -> None:
    """Refuse what the server has no place for. Raises TwirpError."""
    if not world.redis:
        raise internal("internal", "sip not connected (redis required)")


def trunk_not_found() -> TwirpError:
    """For an id that is not, or that is the other direction's."""
    return TwirpError("not_found", "requested sip trunk does not exist")


def _inbound(world: World, numbers: Sequence[str]) -> list[sip.SIPInboundTrunkInfo]:
    wanted = set(map(normalised, numbers))
    return [
        trunk
        for trunk in in_order(world.sip.inbound)
        if not wanted or not trunk.numbers or wanted & set(map(normalised, trunk.numbers))
    ]


def _check_new(request: Any) -> None:
    if not request.HasField("trunk"):
        raise RefusedError("missing trunk")
    if request.trunk.sip_trunk_id:
        raise RefusedError("trunk id must not be set")


def _needs_id(trunk_id: str) -> None:
    if not trunk_id:
        raise TwirpError("invalid_argument", "trunk ID is required")


def _known(trunks: Mapping[str, Trunk], trunk_id: str) -> Trunk:
    try:
        return trunks[trunk_id]
    except KeyError:
        raise trunk_not_found() from None


METHODS = {
    "SIP/CreateSIPInboundTrunk": method(sip.CreateSIPInboundTrunkRequest, create_inbound, sip_admin),
    "SIP/UpdateSIPInboundTrunk": method(sip.UpdateSIPInboundTrunkRequest, update_inbound, sip_admin),
    "SIP/GetSIPInboundTrunk": method(sip.GetSIPInboundTrunkRequest, get_inbound, sip_admin),
    "SIP/ListSIPInboundTrunk": method(sip.ListSIPInboundTrunkRequest, list_inbound, sip_admin),
    "SIP/CreateSIPOutboundTrunk": method(sip.CreateSIPOutboundTrunkRequest, create_outbound, sip_admin),
    "SIP/UpdateSIPOutboundTrunk": method(sip.UpdateSIPOutboundTrunkRequest, update_outbound, sip_admin),
    "SIP/GetSIPOutboundTrunk": method(sip.GetSIPOutboundTrunkRequest, get_outbound, sip_admin),
    "SIP/ListSIPOutboundTrunk": method(sip.ListSIPOutboundTrunkRequest, list_outbound, sip_admin),
    "SIP/DeleteSIPTrunk": method(sip.DeleteSIPTrunkRequest, delete_trunk, sip_admin),
}
