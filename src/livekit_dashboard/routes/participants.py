"""One participant of a room, and what can be done about it."""

from fastapi import Request
from starlette.responses import Response

from ..deps import FormData, LiveKit, To
from ..filters import pretty
from ..forms.rooms import ParticipantForm
from ..render import done, page
from ..services.participants import PERMISSIONS
from ..services.rooms import pretty_json


async def show(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """One call. 404 when they have left."""
    person = await livekit.participants.get(room, identity)
    return page(
        request,
        "participants/detail.html.j2",
        live=True,
        room=room,
        person=person,
        permissions=PERMISSIONS,
        metadata=pretty_json(person.metadata) or person.metadata,
    )


async def mute(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Mutes or, where the server allows it, unmutes the track `track_sid`."""
    muted = data.get("muted") != "0"
    track = await livekit.participants.mute(room, identity, str(data.get("track_sid", "")), muted=muted)
    word = "muted" if track.muted else "unmuted"
    return done(request, _back(to, data, room, identity), f"{track.label} of {identity} {word}")


async def mute_all(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Mutes whatever isn't muted."""
    count = await livekit.participants.mute_all(room, identity)
    text = (
        f"Muted {count} {'track' if count == 1 else 'tracks'} of {identity}"
        if count
        else "Nothing was left to mute"
    )
    return done(request, _back(to, data, room, identity), text)


async def confirm_remove(request: Request, room: str, identity: str) -> Response:
    """Says what a removal is, and what it isn't."""
    return page(request, "participants/remove.html.j2", room=room, identity=identity)


async def remove(request: Request, livekit: LiveKit, to: To, room: str, identity: str) -> Response:
    """Back to the room."""
    await livekit.participants.remove(room, identity)
    return done(
        request,
        to.to("room", room=room),
        f"Removed {identity or 'the participant without an identity'}",
        "Their token stays valid until it expires.",
    )


async def permit(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Sets what the form shows; what may be published and the rest stay."""
    given = data.getlist("permission")
    await livekit.participants.permit(room, identity, {key: key in given for key, _ in PERMISSIONS})
    return done(request, _back(to, data, room, identity), f"Permissions of {identity} saved")


async def subscriptions(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The tracks of everyone else in the room."""
    people = await livekit.participants.list(room)
    others = [person for person in people if person.identity != identity and person.tracks]
    return page(
        request, "participants/subscriptions.html.j2", live=True, room=room, identity=identity, others=others
    )


async def subscribe(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Subscribes to the tracks `track_sid`, or ends that with `on` = 0."""
    sids = [str(sid) for sid in data.getlist("track_sid")]
    on = data.get("on") != "0"
    await livekit.participants.subscribe(room, identity, sids, on=on)
    text = f"{'Subscribed' if on else 'Unsubscribed'} {identity}"
    return done(
        request,
        to.to("participant_subscriptions", room=room, identity=identity),
        text,
        "LiveKit does not tell who is subscribed to what, so the page can’t show it.",
    )


async def edit(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The form, filled with what is there."""
    person = await livekit.participants.get(room, identity)
    attributes = pretty(dict(person.attributes)) if person.attributes else ""
    form = ParticipantForm(name=person.name, metadata=person.metadata, attributes=attributes)
    return page(request, "participants/edit.html.j2", room=room, identity=identity, form=form)


async def save(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Everyone in the room is told by LiveKit."""
    form = ParticipantForm(data)
    if form.validate():
        with form.refusals():
            person = await livekit.participants.get(room, identity)
            if form.keeps(person):
                await livekit.participants.edit(person, form.wanted())
                return done(request, to.to("participant", room=room, identity=identity), "Saved")
    return page(
        request,
        "participants/edit.html.j2",
        status=form.status,
        room=room,
        identity=identity,
        form=form,
    )


def _back(to: To, data: FormData, room: str, identity: str) -> str:
    """Actions are offered on the room's page and on the participant's; each leads back to where it was."""
    if data.get("from") == "room":
        return to.to("room", room=room)
    return to.to("participant", room=room, identity=identity)
