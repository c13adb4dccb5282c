"""The jump box: a search over everything; and the keys that pages understand."""

from dataclasses import dataclass, field

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.config import Settings
from livekit_dashboard.security.read_only import FORMS
from livekit_dashboard.services.rooms.scan import MOST
from livekit_dashboard.services.search.search import AT_FIRST, Found
from livekit_dashboard.web.dependencies import Config, LiveKit, Webhooks
from livekit_dashboard.web.render import page


@dataclass(frozen=True)
class Place:
    """A page that can be jumped to; `words` are other names for it."""

    label: str
    route: str
    icon: str
    words: str = ""
    params: dict[str, str] = field(default_factory=dict)


PLACES = (
    Place("Overview", "overview", "grid-1x2", "home start latency errors"),
    Place("Rooms", "rooms", "door-open"),
    Place("New room", "room_new", "plus-lg", "create open"),
    Place("Egress", "egresses", "record-circle", "recordings streams"),
    Place("Start recording", "egress_new", "record-circle", "egress stream hls rtmp file"),
    Place("Ingress", "ingresses", "box-arrow-in-right", "rtmp whip obs"),
    Place("New ingress", "ingress_new", "plus-lg", "create rtmp whip url"),
    Place("Agents", "agents", "robot", "dispatch jobs"),
    Place("New dispatch", "dispatch_new", "plus-lg", "agent create"),
    Place("Inbound trunks", "sip_trunks", "telephone-inbound", "sip telephony", {"direction": "inbound"}),
    Place("Outbound trunks", "sip_trunks", "telephone-outbound", "sip telephony", {"direction": "outbound"}),
    Place("New inbound trunk", "sip_trunk_new", "plus-lg", "sip create", {"direction": "inbound"}),
    Place("New outbound trunk", "sip_trunk_new", "plus-lg", "sip create", {"direction": "outbound"}),
    Place("Dispatch rules", "sip_rules", "signpost-split", "sip pin"),
    Place("New dispatch rule", "sip_rule_new", "plus-lg", "sip create"),
    Place("Calls", "sip_calls", "telephone", "sip phone live"),
    Place("Place a call", "sip_call_new", "telephone-plus", "sip phone dial"),
    Place("Explain a call", "sip_match", "signpost-2", "sip match which rule"),
    Place("Tokens", "sandbox", "key", "sandbox jwt join"),
    Place("Decode a token", "sandbox_decode", "key", "jwt verify"),
    Place("Webhooks", "webhooks", "arrow-left-right", "events feed"),
    Place("Webhook samples", "webhook_samples", "arrow-left-right", "sign test"),
    Place("Verify a webhook", "webhook_verify", "arrow-left-right", "signature"),
    Place("Settings", "settings", "sliders", "environment configuration version"),
    Place("Keys", "keys", "keyboard", "shortcuts help"),
)
KEYS = (
    (("/",), "Search this list"),
    (("j", "k"), "Next and previous row"),
    (("↑", "↓"), "The same, from the search box or a row"),
    (("x",), "Select the row"),
    (("Ctrl K", "⌘ K"), "Search everything"),
    (("Enter",), "Open the row, or the result of a search"),
    (("Esc",), "Close the dialog, side panel, or menu"),
    (("?",), "Show this list"),
)


async def search(request: Request, livekit: LiveKit, webhooks: Webhooks, settings: Config) -> Response:
    """Six calls at the same time, and one for each of the ten fullest rooms; with `?in=people` of many more."""
    q = request.query_params.get("q", "").strip()
    people = request.query_params.get("in") == "people"
    present, most = webhooks.feed.present(), MOST if people else AT_FIRST
    found = await livekit.search.find(q, present, sip=settings.enable_sip, most=most) if q else Found(())
    return page(
        request,
        "search/index.html.j2",
        q=q,
        found=found,
        places=places(q, settings),
        people=people,
        most=MOST,
        told=len(present),
    )


async def keys(request: Request) -> Response:
    """The keyboard shortcuts."""
    return page(request, "search/keys.html.j2", keys=KEYS)


def places(q: str, settings: Settings) -> list[Place]:
    """The pages that have, for every word of the search, one that begins with it; names before other words."""
    words = q.casefold().split()
    found = [
        place
        for place in PLACES
        if (settings.enable_sip or not place.route.startswith("sip_"))
        and not (settings.read_only and place.route in FORMS)
        and all(f" {word}" in f" {place.label} {place.words}".casefold() for word in words)
    ]
    return sorted(found, key=lambda place: not place.label.casefold().startswith(q.casefold()))
