"""One participant of a room, and what can be done about it."""

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.participants.participants import (
    ParticipantForm,
    PermissionsForm,
    parts_of,
    permissions_of,
)
from livekit_dashboard.htmx import is_htmx
from livekit_dashboard.services.livekit import LiveKit as Service
from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, editable
from livekit_dashboard.services.snippets import participants as snippets
from livekit_dashboard.web.dependencies import FormData, LiveKit, To
from livekit_dashboard.web.flash import Message
from livekit_dashboard.web.render import done, page, toast

CHANGED = Message(
    "Someone else changed these permissions meanwhile",
    "Nothing was saved. What you ticked is still ticked: look at the rest, and save again.",
    "bad",
)


async def show(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """One call. 404 when they have left."""
    person = await livekit.participants.get(room, identity)
    form = PermissionsForm()
    form.load(permissions_of(person))
    return _page(request, livekit, person, form, live=True)


async def show_json(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The participant as protobuf JSON, and what can be done about them elsewhere."""
    person, json = await livekit.participants.get_with_json(room, identity)
    return page(
        request,
        "participants/json.html.j2",
        live=True,
        person=person,
        json=json,
        lk=snippets.lk_person(person),
        python=snippets.python_person(person),
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
        else "Nothing left to mute"
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
    """Sets what was changed in the form; the rest stays."""
    form = PermissionsForm(data)
    person, stored = await livekit.participants.permission(room, identity)
    changes = form.changes_of(person)
    if changes is not None:
        changed = await livekit.participants.permit(person, stored, changes)
        text = f"Permissions of {identity} saved" if changed else "Nothing was changed"
        return done(request, _back(to, data, room, identity), text)
    if is_htmx(request):
        return toast(request, CHANGED, status=form.status, headers={"HX-Trigger": "app:changed"})
    return _page(request, livekit, person, form)


async def subscriptions(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The tracks of everyone else in the room."""
    people = await livekit.participants.list(room)
    others = [person for person in people if person.identity != identity and person.tracks]
    track = others[0].tracks[0].sid if others else snippets.NO_TRACK
    return page(
        request,
        "participants/subscriptions.html.j2",
        live=True,
        room=room,
        identity=identity,
        others=others,
        lk=snippets.lk_subscribe(room, identity, track),
        python=snippets.python_subscribe(room, identity, track),
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
        "Subscriptions are not reported by LiveKit, so the page can’t show them.",
    )


async def edit(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The form, filled with what is there."""
    person = await livekit.participants.get(room, identity)
    form = ParticipantForm()
    form.load(parts_of(person))
    return _edit_page(request, room, identity, form, person)


async def save(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Sends what was changed in the form. Everyone in the room is told of it by LiveKit."""
    form = ParticipantForm(data)
    if form.validate():
        with form.refusals():
            changes = form.changes_of(await livekit.participants.get(room, identity))
            if changes is not None:
                changed = await livekit.participants.edit(room, identity, changes)
                text = "Saved" if changed else "Nothing was changed"
                return done(request, to.to("participant", room=room, identity=identity), text)
    return _edit_page(request, room, identity, form)


def _page(
    request: Request, livekit: Service, person: Participant, form: PermissionsForm, *, live: bool = False
) -> Response:
    return page(
        request,
        "participants/detail.html.j2",
        status=form.status,
        live=live,
        room=person.room,
        person=person,
        form=form,
        metadata=editable(person.metadata),
        unmute=livekit.refusals["unmute"],
    )


def _edit_page(
    request: Request, room: str, identity: str, form: ParticipantForm, person: Participant | None = None
) -> Response:
    stored = person.metadata if person else ""
    return page(
        request,
        "participants/edit.html.j2",
        status=form.status,
        room=room,
        identity=identity,
        form=form,
        stored=stored,
        most=MAX_METADATA,
        lk=snippets.lk_edit(room, identity, stored),
        python=snippets.python_edit(room, identity, person.name if person else ""),
    )


def _back(to: To, data: FormData, room: str, identity: str) -> str:
    """Actions are offered on the room's page and on the participant's; each leads back to where it was."""
    if data.get("from") == "room":
        return to.to("room", room=room)
    return to.to("participant", room=room, identity=identity)
