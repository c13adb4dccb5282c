"""SIP trunks, inbound and outbound, as LiveKit stores them."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from google.protobuf.json_format import MessageToDict
from livekit import api
from livekit.protocol.sip import SIPInboundTrunkInfo, SIPOutboundTrunkInfo, SIPTransport

from livekit_dashboard.phone_numbers import hide
from livekit_dashboard.services.errors.tree import NotFound
from livekit_dashboard.services.session import Session
from livekit_dashboard.services.sip.match.addresses import usable
from livekit_dashboard.services.sip.match.coverage import coverage_of
from livekit_dashboard.services.stored import copy_of, masked

from .numbers import hide_all

T = TypeVar("T")

Direction = Literal["inbound", "outbound"]
TrunkInfo = SIPInboundTrunkInfo | SIPOutboundTrunkInfo
KINDS: Mapping[str, type[TrunkInfo]] = {"inbound": SIPInboundTrunkInfo, "outbound": SIPOutboundTrunkInfo}
TRANSPORTS = {
    SIPTransport.SIP_TRANSPORT_AUTO: "automatic",
    SIPTransport.SIP_TRANSPORT_UDP: "UDP",
    SIPTransport.SIP_TRANSPORT_TCP: "TCP",
    SIPTransport.SIP_TRANSPORT_TLS: "TLS",
}
# What `Trunk` has a place for; whatever else is set is in its `rest`.
SHOWN = frozenset(
    {
        "sip_trunk_id",
        "name",
        "numbers",
        "address",
        "transport",
        "allowed_addresses",
        "allowed_numbers",
        "auth_username",
        "auth_password",
        "metadata",
        "created_at",
        "updated_at",
    }
)


@dataclass(frozen=True)
class Link:
    """A trunk or rule that another one names. `known` is False where it doesn’t exist (any longer)."""

    id: str
    label: str
    known: bool = True
    direction: Direction = "inbound"  # Of a trunk.


@dataclass(frozen=True)
class Trunk:
    """A trunk of either direction. Fields that only the other direction has are empty."""

    id: str
    direction: Direction
    name: str
    numbers: tuple[str, ...]  # Inbound: called numbers, none for any. Outbound: caller numbers.
    address: str  # Outbound: the host that calls are sent to.
    transport: str  # Outbound.
    allowed_addresses: tuple[str, ...]  # Inbound.
    allowed_numbers: tuple[str, ...]  # Inbound.
    auth_username: str
    has_password: bool
    metadata: str
    created: datetime | None
    updated: datetime | None
    rest: Mapping[str, Any]  # Protobuf JSON by field, secrets masked.
    rules: tuple[Link, ...] = ()  # Those that name it.
    any_rules: int = 0  # How many rules take calls from any trunk.
    faults: tuple[str, ...] = ()  # Codes, as in docs/sip-faults.md, sorted.

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def link(self) -> Link:
        """A link to it."""
        return Link(self.id, self.label, direction=self.direction)

    @property
    def asks_password(self) -> bool:
        """LiveKit asks only where both user name and password are set."""
        return bool(self.auth_username) and self.has_password

    @property
    def any_address(self) -> bool:
        """Whether calls may come from everywhere: no list, one that LiveKit ignores, or one of half of all addresses."""
        return not usable(self.allowed_addresses) or coverage_of(self.allowed_addresses).is_open

    @property
    def routed(self) -> bool:
        """Whether any rule may place its calls."""
        return bool(self.rules or self.any_rules)

    def hidden(self) -> "Trunk":
        """A copy with numbers and user name partly masked."""
        return replace(
            self,
            numbers=hide_all(self.numbers),
            allowed_numbers=hide_all(self.allowed_numbers),
            auth_username=hide(self.auth_username),
        )


class Trunks:
    """The calls of LiveKit’s SIP service for trunks. Returns the stored messages."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def list(self, direction: Direction, ids: Sequence[str] = ()) -> Sequence[Any]:
        """All trunks of a direction, or those of the given IDs that exist; in no order. Shared: don’t change them."""
        sip = self._session.api.sip
        if direction == "inbound":
            incoming = api.ListSIPInboundTrunkRequest(trunk_ids=ids)
            read = self._session.read("SIP/ListSIPInboundTrunk", sip.list_inbound_trunk, incoming)
            return (await read).items
        outgoing = api.ListSIPOutboundTrunkRequest(trunk_ids=ids)
        return (await self._session.read("SIP/ListSIPOutboundTrunk", sip.list_outbound_trunk, outgoing)).items

    async def get(self, direction: Direction, trunk_id: str) -> Any:
        """A copy of the stored trunk, to change and write back. Raises NotFound."""
        return copy_of(find(await self.list(direction, [trunk_id]), direction, trunk_id))

    async def create(self, direction: Direction, trunk: Any) -> Trunk:
        """Raises Invalid, with LiveKit’s own words, where it conflicts with another trunk or itself."""
        sip = self._session.api.sip
        if direction == "inbound":
            incoming = api.CreateSIPInboundTrunkRequest(trunk=trunk)
            made: TrunkInfo = await self._call("CreateSIPInboundTrunk", sip.create_inbound_trunk(incoming))
        else:
            outgoing = api.CreateSIPOutboundTrunkRequest(trunk=trunk)
            made = await self._call("CreateSIPOutboundTrunk", sip.create_outbound_trunk(outgoing))
        return from_proto(made)

    async def replace(self, direction: Direction, trunk: Any) -> Trunk:
        """Replaces the stored trunk of that ID. Raises NotFound, Invalid."""
        sip, trunk_id = self._session.api.sip, trunk.sip_trunk_id
        if direction == "inbound":
            saved: TrunkInfo = await self._call(
                "UpdateSIPInboundTrunk", sip.update_inbound_trunk(trunk_id, trunk)
            )
        else:
            saved = await self._call("UpdateSIPOutboundTrunk", sip.update_outbound_trunk(trunk_id, trunk))
        return from_proto(saved)

    async def delete(self, trunk_id: str) -> None:
        """Of either direction. LiveKit reports success for a trunk that doesn’t exist."""
        request = api.DeleteSIPTrunkRequest(sip_trunk_id=trunk_id)
        await self._call("DeleteSIPTrunk", self._session.api.sip.delete_trunk(request))

    async def _call(self, method: str, awaitable: Awaitable[T]) -> T:
        return await self._session.call(f"SIP/{method}", awaitable)


def new(direction: Direction) -> Any:
    """A trunk in which nothing is set."""
    return KINDS[direction]()


def find(trunks: Sequence[Any], direction: Direction, trunk_id: str) -> Any:
    """Raises NotFound."""
    for trunk in trunks:
        if trunk.sip_trunk_id == trunk_id:
            return trunk
    raise NotFound(f"there is no {direction} trunk of that ID")


def from_proto(trunk: TrunkInfo) -> Trunk:
    """The trunk as templates see it, from the protobuf message."""
    everything = MessageToDict(masked(trunk), preserving_proto_field_name=True)
    return Trunk(
        id=trunk.sip_trunk_id,
        direction="inbound" if isinstance(trunk, SIPInboundTrunkInfo) else "outbound",
        name=trunk.name,
        numbers=tuple(trunk.numbers),
        address=getattr(trunk, "address", ""),
        transport=TRANSPORTS.get(trunk.transport, "unknown")
        if isinstance(trunk, SIPOutboundTrunkInfo)
        else "",
        allowed_addresses=tuple(getattr(trunk, "allowed_addresses", ())),
        allowed_numbers=tuple(getattr(trunk, "allowed_numbers", ())),
        auth_username=trunk.auth_username,
        has_password=bool(trunk.auth_password),
        metadata=trunk.metadata,
        created=moment(trunk, "created_at"),
        updated=moment(trunk, "updated_at"),
        rest={key: value for key, value in everything.items() if key not in SHOWN},
    )


def moment(message: Any, field: str) -> datetime | None:
    """A timestamp in UTC, None if unset; self-hosted servers don’t set it."""
    if not message.HasField(field):
        return None
    at: datetime = getattr(message, field).ToDatetime(tzinfo=UTC)
    return at
