"""The scene as data: realistic room names, and who is in them. Both stages play the same one.

Telephone numbers are from the ranges that regulators keep for fiction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

HOUR = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """Seconds in one state, then seconds in the other, and so on."""

    first: float
    then: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Someone in a room. ``camera`` and ``screen`` name the codec they publish with, or nothing.

    ``mutes`` is the rhythm of speaking and being muted, ``drifts`` that of being there and away;
    without them, participants keep talking and stay. ``watches`` is the identity whose video they receive.
    """

    identity: str
    name: str = ""
    metadata: Mapping[str, object] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: Literal["standard", "agent", "sip"] = "standard"
    microphone: bool = False
    camera: str = ""
    screen: str = ""
    watches: str = ""
    mutes: Rhythm | None = None
    drifts: Rhythm | None = None

    @property
    def publishes(self) -> bool:
        """Whether the guest publishes anything at all; the others may only listen."""
        return bool(self.microphone or self.camera or self.screen)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneRoom:
    """A room to create. ``max_participants`` 0 means no limit; times are in seconds."""

    name: str
    guests: tuple[Guest, ...] = ()
    metadata: Mapping[str, object] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    max_participants: int = 0
    empty_timeout: int = HOUR
    departure_timeout: int = HOUR


def _audience() -> tuple[Guest, ...]:
    names = (
        ("lucia.fernandez", "Lucía Fernández", "Madrid", "web"),
        ("w.chen", "陈伟", "Shanghai", "ios"),
        ("amara.okafor", "Amara Okafor", "Lagos", "android"),
        ("noa.levi", "נועה לוי", "Haifa", "web"),
        ("d.kovalenko", "Дмитро Коваленко", "Kyiv", "web"),
        ("siobhan.oneill", "Siobhán O’Neill", "Galway", "ios"),
        ("priya.raman", "பிரியா ராமன்", "Chennai", "android"),
        ("tomas.novak", "Tomáš Novák", "Brno", "web"),
        ("y.aydin", "Yağmur Aydın", "Izmir", "web"),
        ("omar.haddad", "عمر حداد", "Amman", "ios"),
        ("minji.park", "박민지", "Busan", "android"),
    )
    return tuple(
        Guest(identity=identity, name=name, metadata={"office": office}, attributes={"client": client})
        for identity, name, office, client in names
    )


ALL_HANDS = SceneRoom(
    name="all-hands-november",
    metadata={"team": "everyone", "host": "ana.kovac", "agenda": ["numbers", "roadmap", "questions"]},
    tags={"kind": "event"},
    max_participants=50,
    guests=(
        Guest(
            identity="ana.kovac",
            name="Ana Kovač",
            metadata={"office": "Zagreb", "role": "host"},
            attributes={"client": "web", "stage": "speaker"},
            microphone=True,
            camera="vp8",
        ),
        Guest(
            identity="m.ito",
            name="伊藤 美咲",
            metadata={"office": "Kyoto", "role": "speaker"},
            attributes={"client": "web", "stage": "speaker"},
            microphone=True,
            camera="vp9",
            screen="vp9",
            mutes=Rhythm(first=20, then=10),
        ),
        Guest(
            identity="jonas.weiss",
            name="Jonas Weiß",
            metadata={"office": "Berlin", "role": "questions"},
            attributes={"client": "ios", "stage": "backstage", "hand": "raised"},
            microphone=True,
            mutes=Rhythm(first=6, then=14),
        ),
        *_audience(),
    ),
)

PODCAST = SceneRoom(
    name="podcast-episode-42",
    metadata={"show": "Loopback", "episode": 42, "chapters": True},
    tags={"kind": "audio"},
    max_participants=6,
    guests=(
        Guest(identity="greta", name="Greta Lindqvist", attributes={"mic": "SM7B"}, microphone=True),
        Guest(
            identity="kwame",
            name="Kwame Mensah",
            attributes={"mic": "headset"},
            microphone=True,
            mutes=Rhythm(first=9, then=6),
        ),
        Guest(identity="producer", name="Inês (producer)", metadata={"role": "producer"}),
    ),
)

DESIGN_REVIEW = SceneRoom(
    name="design/review <b>α</b> & friends",
    metadata={
        "board": "https://design.example.com/b/KX9?view=all&mode=edit",
        "note": "<script>alert(1)</script>",
    },
    guests=(
        Guest(
            identity="zoë/design",
            name="Zoë <em>van Dijk</em>",
            metadata={"pronouns": "she/her", "quote": "\"less\" & 'more'"},
            attributes={"cursor color": "#e4572e"},
            microphone=True,
            camera="vp8",
        ),
        Guest(identity="raj@example.com", name="राज मेहता", attributes={"client": "web"}, microphone=True),
    ),
)

SUPPORT = SceneRoom(
    name="support-4711",
    metadata={"ticket": 4711, "product": "router", "priority": "high"},
    tags={"kind": "support", "team": "tier-2"},
    max_participants=3,
    guests=(
        Guest(
            identity="customer-88213",
            name="Chiara Bianchi",
            metadata={"plan": "business"},
            attributes={"client": "web", "locale": "it-IT"},
            microphone=True,
            screen="av1",
        ),
        Guest(
            identity="agent.hugo",
            name="Hugo Lefèvre",
            attributes={"client": "desktop", "queue": "tier-2"},
            microphone=True,
            watches="customer-88213",
            mutes=Rhythm(first=12, then=8),
        ),
    ),
)

HOTLINE = SceneRoom(
    name="call-_+493023125042_x7QmT4bKz9Wd",
    metadata={"line": "orders"},
    guests=(
        Guest(
            identity="sip_+493023125042",
            name="Phone +493023125042",
            kind="sip",
            attributes={
                "sip.callID": "SCL_x7QmDemo0001",
                "sip.callStatus": "active",
                "sip.phoneNumber": "+493023125042",
                "sip.trunkPhoneNumber": "+493023125900",
                "sip.hostname": "203.0.113.5",
            },
            microphone=True,
        ),
        Guest(
            identity="agent-AJ_orders",
            name="orders",
            kind="agent",
            attributes={"lk.agent.state": "listening"},
            microphone=True,
            mutes=Rhythm(first=5, then=7),
        ),
    ),
)

CAFE = SceneRoom(
    name="drop-in-café",
    metadata={"opens": "09:00", "topic": "anything"},
    max_participants=8,
    guests=(
        Guest(identity="barista", name="Bente", microphone=True, mutes=Rhythm(first=7, then=15)),
        Guest(
            identity="walk-in-1",
            name="Emre",
            attributes={"client": "ios"},
            microphone=True,
            drifts=Rhythm(first=9, then=5),
        ),
        Guest(
            identity="walk-in-2",
            name="Thảo",
            attributes={"client": "web"},
            camera="vp8",
            drifts=Rhythm(first=13, then=7),
        ),
        Guest(
            identity="walk-in-3", name="Łukasz", attributes={"client": "web"}, drifts=Rhythm(first=6, then=11)
        ),
    ),
)

EMPTY = SceneRoom(
    name="prüfung-mathe-9c",
    metadata={"raum": "B 204", "beginn": "08:00", "aufsicht": ["Fr. Yıldız", "Hr. Baum"]},
    tags={"kind": "school", "term": "winter"},
    max_participants=32,
    empty_timeout=24 * HOUR,
)

SCENE = (ALL_HANDS, PODCAST, DESIGN_REVIEW, SUPPORT, HOTLINE, CAFE, EMPTY)
