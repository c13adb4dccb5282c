"""Storage of SIP trunks and dispatch rules in the simulated server."""

from collections.abc import Mapping
from typing import TypeVar

from livekit.protocol import sip

Item = TypeVar("Item")


class SipStore:
    """Trunks of both directions and dispatch rules, each by id; change them in place."""

    def __init__(self) -> None:
        self.inbound: dict[str, sip.SIPInboundTrunkInfo] = {}
        self.outbound: dict[str, sip.SIPOutboundTrunkInfo] = {}
        self.rules: dict[str, sip.SIPDispatchRuleInfo] = {}


def in_order(items: Mapping[str, Item]) -> list[Item]:
    """By id, which is the one order that the server keeps in its lists."""
    return [item for _, item in sorted(items.items())]
