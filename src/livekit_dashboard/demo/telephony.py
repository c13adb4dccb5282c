"""Trunks and dispatch rules for the demo, stored through the LiveKit API like the rooms."""

import asyncio
import secrets
from collections.abc import Iterable
from dataclasses import replace

from livekit import api
from livekit.protocol.sip import SIPTransport

from .rooms import TIMEOUT
from .scene import PODCAST, SceneRoom

ORDERS, DIAL_IN = "+493023125900", "+493023125910"
PROVIDER = "203.0.113.0/28"
"""An address reserved for documentation."""


async def with_telephony(lk: api.LiveKitAPI, rooms: Iterable[SceneRoom]) -> list[SceneRoom]:
    """Stores trunks and rules; gives the rooms, the phones in them having come by these."""
    async with asyncio.timeout(TIMEOUT):
        trunk = (
            await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=_inbound()))
        ).sip_trunk_id
        await lk.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=_outbound()))
        rule = await _store(lk, _orders(trunk))
        await _store(lk, _dial_in(trunk))
    came_by = {"sip.trunkID": trunk, "sip.ruleID": rule}
    return [
        replace(
            room,
            guests=tuple(
                replace(guest, attributes={**guest.attributes, **came_by}) if guest.kind == "sip" else guest
                for guest in room.guests
            ),
        )
        for room in rooms
    ]


async def _store(lk: api.LiveKitAPI, rule: api.SIPDispatchRuleInfo) -> str:
    stored = await lk.sip.create_dispatch_rule(api.CreateSIPDispatchRuleRequest(dispatch_rule=rule))
    return stored.sip_dispatch_rule_id


def _inbound() -> api.SIPInboundTrunkInfo:
    return api.SIPInboundTrunkInfo(
        name="Berlin office", numbers=[ORDERS, DIAL_IN], allowed_addresses=[PROVIDER], krisp_enabled=True
    )


def _outbound() -> api.SIPOutboundTrunkInfo:
    return api.SIPOutboundTrunkInfo(
        name="Berlin office",
        address="sip.example.com",
        transport=SIPTransport.SIP_TRANSPORT_TLS,
        numbers=[ORDERS],
        auth_username="berlin",
        auth_password=secrets.token_urlsafe(12),
    )


def _orders(trunk: str) -> api.SIPDispatchRuleInfo:
    """Each caller gets a room of their own, and an agent."""
    return api.SIPDispatchRuleInfo(
        name="Orders",
        trunk_ids=[trunk],
        numbers=[ORDERS],
        rule=api.SIPDispatchRule(dispatch_rule_individual=api.SIPDispatchRuleIndividual(room_prefix="call-")),
        room_config=api.RoomConfiguration(agents=[api.RoomAgentDispatch(agent_name="orders")]),
        attributes={"line": "orders"},
    )


def _dial_in(trunk: str) -> api.SIPDispatchRuleInfo:
    """Who knows the PIN is in the podcast."""
    return api.SIPDispatchRuleInfo(
        name="Podcast dial-in",
        trunk_ids=[trunk],
        numbers=[DIAL_IN],
        rule=api.SIPDispatchRule(
            dispatch_rule_direct=api.SIPDispatchRuleDirect(room_name=PODCAST.name, pin="4242")
        ),
    )
