"""Every page and action of the dashboard, and worlds to show in them."""

from livekit.protocol import agent, agent_dispatch, egress, ingress, sip

from livekit_dashboard.addresses.names import encode_pair
from livekit_dashboard.addresses.paths import Paths, Url
from livekit_dashboard.security.csrf import EXEMPT
from livekit_dashboard.simulator import World
from livekit_dashboard.urls import URLS

PATHS = Paths(URLS, "")
ROOM, IDENTITY, EVENT = "standup", "ana", "EV_seen"
TRUNK, RULE = "ST_office", "SDR_reception"
GETS = tuple(url for url in URLS if url.method == "GET")
POSTS = tuple(url for url in URLS if url.method == "POST" and url.name not in EXEMPT)
"""The actions that forms send."""
OPEN = ("health", "logout", "webhook")
"""What answers without a log-in, besides static files."""

HOSTILE = {
    "markup": "a/b <script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)" \'`',
    "template": "{{ 7 * 7 }}{% raw %}",
    "parent": "..",
    "here": ".",
    "empty": "",
    "blank": " ",
    "newline": "first\nsecond\r\nthird",
    "emoji": "🎧🧑‍🚀",
    "longest": "ä" * 128,
    "longest of all in an address": "\U0010ffff" * 64,
    "right to left": "\u202etxt.exe",
    "new": "new",
    "close": "close",
    "tilde": "~abc",
    "percent": "%2F%00",
    "backslash": "\\\\evil.example",
    "query": "a?b#c&d=e",
    "nul": "a\0b",
    "json": "rooms.json",
    "formula": '=HYPERLINK("http://evil.example")',
}
"""Names that LiveKit takes, each of at most 256 bytes, that have broken consoles."""

FIELDS = {"numbers": "+15550199", "kind": "direct", "room_name": "lounge", "trunk": TRUNK, "rule": RULE}
"""What the forms of trunks and rules need, and their bulk actions."""
INGRESS = "IN_stage"
FIELDS |= {"participant_identity": "stage", "ingress": INGRESS}
DISPATCH = "AD_notes"
FIELDS |= {"agent_name": "notes", "dispatch": f"{ROOM}/{DISPATCH}"}

EGRESS = "EG_wall"
PASSPHRASE = "the passphrase of the stream"
WALL = f"srt://in.example.com:9000?passphrase={PASSPHRASE}"
FIELDS |= {
    "job": EGRESS,
    "what": "room",
    "outputs": "file",
    "file_filepath": "a.mp4",
    "layout": "grid-dark",
}
FIELDS |= {"urls": "srt://two.example.com:9000", "address": WALL}

PHONE = "sip_+15550100"
FIELDS |= {"via": "trunk", "sip_trunk_id": "ST_out", "sip_call_to": "+15550177", "transfer_to": "+15550188"}
FIELDS |= {"payload": "hello", "how": "lossy", "method": "greet", "seconds": "5", "destination": "lounge"}
FIELDS |= {"call": encode_pair(ROOM, PHONE), "person": IDENTITY}

HOSTILE_IDENTITIES = {word: name for word, name in HOSTILE.items() if name}
"""LiveKit takes no empty identity."""


def address(url: Url, room: str = ROOM, identity: str = IDENTITY) -> str:
    """Where a page or an action is, for this room and this participant of it."""
    given = {"room": room, "identity": identity, "event": EVENT, "trunk": TRUNK, "rule": RULE}
    given |= {"direction": "inbound", "egress": EGRESS, "ingress": INGRESS, "dispatch": DISPATCH}
    if url.name.startswith("sip_call"):
        given["identity"] = PHONE
    return PATHS.to(url.name, **{name: value for name, value in given.items() if f"{{{name}:" in url.path})


def fill(world: World, room: str = ROOM, identity: str = IDENTITY, text: str = "") -> None:
    """A room with people of every kind in it, and an empty one; `text` wherever people may put text."""
    world.create_room(room, metadata=text or '{"team": "blue"}', max_participants=10)
    world.join(
        room,
        identity,
        name=text or "Ana",
        metadata=text or "host",
        attributes={text or "role": text or "host"},
    )
    world.publish(room, identity, "microphone", name=text)
    world.publish(room, identity, "camera", name=text, muted=True)
    world.join(room, PHONE, kind="SIP", name=text, attributes={"sip.callStatus": text or "active"})
    world.join(room, "agent-7", kind="AGENT")
    world.publish(room, "agent-7", "microphone")
    world.on_rpc(room, identity, "greet", str.upper)
    world.set_recording(room, True)
    world.create_room("lounge")
    fill_telephony(world, text)
    fill_ingress(world, room, text)
    fill_dispatches(world, room, text)
    fill_egress(world, room, text)


def fill_telephony(world: World, text: str = "") -> None:
    """Trunks of both directions, and a rule for the inbound one; those of a second call have other ids."""
    world.telephony.available = True
    more = f"{len(world.sip.rules)}" if world.sip.rules else ""
    trunk, rule, number = TRUNK + more, RULE + more, f"+1555010{more}"
    world.sip.inbound[trunk] = sip.SIPInboundTrunkInfo(
        sip_trunk_id=trunk,
        name=text or "Office",
        metadata=text,
        numbers=[number, text] if text else [number],
        auth_username=text or "office",
        auth_password="the password of the trunk",
        headers={text or "X-Team": text},
    )
    world.sip.outbound[f"ST_out{more}"] = sip.SIPOutboundTrunkInfo(
        sip_trunk_id=f"ST_out{more}", name=text, address=text or "sip.example.com", numbers=[number]
    )
    world.sip.rules[rule] = sip.SIPDispatchRuleInfo(
        sip_dispatch_rule_id=rule,
        name=text or "Reception",
        rule=sip.SIPDispatchRule(dispatch_rule_direct=sip.SIPDispatchRuleDirect(room_name=text or "board")),
        trunk_ids=[trunk],
        metadata=text,
        attributes={text or "from": text},
    )


def fill_ingress(world: World, room: str = ROOM, text: str = "") -> None:
    """An ingress for this room; one of a second call has another id."""
    more = f"{len(world.ingresses.items)}" if world.ingresses.items else ""
    world.ingresses.items[INGRESS + more] = ingress.IngressInfo(
        ingress_id=INGRESS + more,
        name=text or "Stage camera",
        stream_key=f"qG7sR2kX9pLz{more}",
        url="rtmp://in.example.com/live",
        room_name=room,
        participant_identity=text or "stage",
        participant_name=text,
        participant_metadata=text,
        reusable=True,
        enable_transcoding=True,
        state=ingress.IngressState(error=text),
    )


def fill_dispatches(world: World, room: str = ROOM, text: str = "") -> None:
    """A dispatch that brought the agent who is there, and one of long ago that nobody took."""
    state = agent.JobState(
        status=agent.JS_RUNNING,
        participant_identity="agent-7",
        worker_id="AW_1",
        error=text,
        started_at=10**18,
    )
    job = agent.Job(id="AJ_7", agent_name=text or "notes", room=world.rooms[room], state=state)
    for number, jobs in enumerate(([job], [])):
        dispatch = agent_dispatch.AgentDispatch(
            id=DISPATCH + str(number or ""),
            room=room,
            agent_name=text or "notes",
            metadata=text,
            attributes={text or "language": text},
            state=agent_dispatch.AgentDispatchState(created_at=10**18, jobs=jobs),
        )
        world.dispatches.items[room][dispatch.id] = dispatch


def fill_egress(world: World, room: str = ROOM, text: str = "") -> None:
    """A web page that a worker records and streams, and a recording of this room that has failed."""
    more = f"{len(world.egress)}" if world.egress else ""
    world.recorder.available = True
    page = egress.WebEgressRequest(
        url=f"https://wall.example.com/{text}",
        file_outputs=[egress.EncodedFileOutput(filepath=text or "wall.mp4")],
        stream_outputs=[egress.StreamOutput(urls=[WALL])],
    )
    world.recorder.start("web", page, EGRESS + more)
    file = egress.FileInfo(filename=text or "take.mp4", location=text, started_at=10**18)
    world.add_egress(
        egress.EgressInfo(
            egress_id=f"EG_failed{more}",
            room_name=room,
            status=egress.EgressStatus.EGRESS_FAILED,
            error=text or "upload failed",
            details=text,
            started_at=10**18,
            ended_at=10**18 + 10**9,
            file_results=[file],
            room_composite=egress.RoomCompositeEgressRequest(room_name=room, layout=text),
        )
    )


def sid(world: World, source: int = 0, room: str = ROOM, identity: str = IDENTITY) -> str:
    """The id of a track; those of `fill` are the microphone and the camera."""
    return world.participant(room, identity).tracks[source].sid
