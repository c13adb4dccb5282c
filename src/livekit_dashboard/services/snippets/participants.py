"""Participants from a terminal or from Python. Pasted as it stands, nothing of it changes anything for anyone."""

from livekit_dashboard.services.participants.info import Participant

from .calls import lk_who, python_calls
from .rooms import present
from .shell import commented, shell

NO_TRACK = "TR_…"
CHANGES = (
    "        # What is not named stays.",
    '        # name="Ada",',
    '        # metadata="…",',
    '        # attributes={"seat": "4"},',
)


def lk_person(person: Participant) -> str:
    """Show them, permit, write metadata; and what acts at once."""
    where = lk_who(person.room, person.identity)
    track = shell(_track(person))
    return "\n".join(
        [
            f"lk room participants get {where}",
            f"lk room participants update {where} \\\n  --permissions '{_permission(person, json=True)}'",
            lk_edit(person.room, person.identity, person.metadata),
            *commented(
                f"lk room mute-track {where} \\\n  --mute {track}",
                lk_subscribe(person.room, person.identity, NO_TRACK),
                f"lk room participants remove {where}",
            ),
        ]
    )


def python_person(person: Participant) -> str:
    """The same with livekit-api. LiveKit replaces all permissions, so they are read first."""
    who = (f"room={person.room!r},", f"identity={person.identity!r},")
    return python_calls(
        "who = api.RoomParticipantIdentity(",
        *_within(who),
        ")",
        "person = await lk.room.get_participant(who)",
        "# All permissions are replaced, so they are read first.",
        "permission = person.permission",
        f"permission.{_permission(person)}",
        "await lk.room.update_participant(",
        "    api.UpdateParticipantRequest(",
        *_within(_within(who)),
        "        permission=permission,",
        *CHANGES,
        "    )",
        ")",
        *commented(
            "await lk.room.mute_published_track(",
            "    api.MuteRoomTrackRequest(",
            *_within(_within(who)),
            f"        track_sid={_track(person)!r},",
            "        muted=True,",
            "    )",
            ")",
            *_subscribe(person.room, person.identity, NO_TRACK),
            "await lk.room.remove_participant(who)",
        ),
    )


def lk_edit(room: str, identity: str, metadata: str) -> str:
    """`lk` has no flag for the name and for attributes."""
    return f"lk room participants update {lk_who(room, identity)} \\\n  --metadata {present(metadata)}"


def python_edit(room: str, identity: str, name: str) -> str:
    """The same with livekit-api, which has them."""
    return python_calls(
        "await lk.room.update_participant(",
        "    api.UpdateParticipantRequest(",
        f"        room={room!r},",
        f"        identity={identity!r},",
        *CHANGES[:1],
        f"        name={name!r}," if name else CHANGES[1],
        *CHANGES[2:],
        "    )",
        ")",
    )


def lk_subscribe(room: str, identity: str, track_sid: str) -> str:
    """To a track of someone else."""
    return f"lk room update-subscriptions {lk_who(room, identity)} \\\n  --subscribe {shell(track_sid)}"


def python_subscribe(room: str, identity: str, track_sid: str) -> str:
    """The same with livekit-api."""
    return python_calls(*_subscribe(room, identity, track_sid))


def _subscribe(room: str, identity: str, track_sid: str) -> tuple[str, ...]:
    return (
        "await lk.room.update_subscriptions(",
        "    api.UpdateSubscriptionsRequest(",
        f"        room={room!r},",
        f"        identity={identity!r},",
        f"        track_sids=[{track_sid!r}],",
        "        subscribe=True,",
        "    )",
        ")",
    )


def _within(lines: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"    {line}" for line in lines)


def _track(person: Participant) -> str:
    return person.tracks[0].sid if person.tracks else NO_TRACK


def _permission(person: Participant, *, json: bool = False) -> str:
    """One of them, as it is; `lk` leaves the others as they are."""
    value = person.permissions["can_publish"]
    return f'{{"can_publish": {str(value).lower()}}}' if json else f"can_publish = {value}"
