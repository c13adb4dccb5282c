"""Where calls may be: LiveKit has no list of calls, so rooms are checked one by one, the most likely first."""

from collections.abc import Collection, Sequence

from livekit.protocol.sip import SIPDispatchRuleInfo

from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.rooms.rooms import Room
from livekit_dashboard.services.sip.match.rules import kind_of, room_of


def is_phone(person: Participant) -> bool:
    """Whether a participant is a phone, which makes it a call."""
    return person.kind == "sip"


def likeliest(
    rooms: Sequence[Room], told: Collection[str], rules: Sequence[SIPDispatchRuleInfo]
) -> list[Room]:
    """Rooms that may have a call: those that webhooks reported, then those that a rule names, then all other occupied
    rooms, the newest first. Participant counts lag, so rooms of the first two kinds are included even if empty."""

    direct = {room_of(rule) for rule in rules if kind_of(rule) == "direct"}
    beginnings = tuple({f"{room_of(rule)}_" for rule in rules if kind_of(rule) != "direct" and room_of(rule)})
    # Without a prefix the name is a number, and maybe something random.
    plain = any(kind_of(rule) != "direct" and not room_of(rule) for rule in rules)

    def rank(room: Room) -> int:
        if room.name in told:
            return 0
        named = room.name in direct or room.name.startswith(beginnings)
        return 1 if named or (plain and room.name[:1] in "+0123456789") else 2

    ranked = [(rank(room), room) for room in rooms]
    likely = [(place, room) for place, room in ranked if place < 2 or room.participants]
    likely.sort(key=lambda pair: (pair[0], -pair[1].created.timestamp(), pair[1].name))
    return [room for _, room in likely]
