"""Rooms: the list, one room, what can be done to it."""

import asyncio

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.rooms.rooms import NewRoomForm, RoomMetadataForm, in_words, opening, parts_of
from livekit_dashboard.services.participants.info import headcount
from livekit_dashboard.services.rooms.hits import hits
from livekit_dashboard.services.rooms.opening import Opened, open_room
from livekit_dashboard.services.rooms.rooms import MAX_METADATA, Room
from livekit_dashboard.services.snippets import rooms as snippets
from livekit_dashboard.web.bulk import Job, perform, picked
from livekit_dashboard.web.dependencies import FormData, ListQuery, LiveKit, Timelines, To, Webhooks
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing
from livekit_dashboard.web.render import done, page

from .participants_bulk import PEOPLE

ROOMS = Listing[Room](
    text=lambda room: (room.name, room.sid, room.metadata),
    states={
        "active": lambda room: room.occupied,
        "empty": lambda room: not room.occupied,
        "recording": lambda room: room.recording,
    },
    sorts={
        "name": lambda room: room.name.casefold(),
        "participants": lambda room: room.participants,
        "publishers": lambda room: room.publishers,
        "created": lambda room: room.created,
    },
    default_sort="-participants",
)
COLUMNS = (
    "name",
    "sid",
    "state",
    "participants",
    "publishers",
    "max_participants",
    "recording",
    "created",
    "metadata",
)


async def index(request: Request, livekit: LiveKit, query: ListQuery) -> Response:
    """One call, whatever is asked."""
    rooms = ROOMS.page(await livekit.rooms.list(), query)
    return page(request, "rooms/index.html.j2", live=True, rooms=rooms)


async def export_json(livekit: LiveKit, query: ListQuery) -> Response:
    """The whole selection, not one page of it."""
    return as_json("rooms", ROOMS.select(await livekit.rooms.list(), query)[0])


async def export_csv(livekit: LiveKit, query: ListQuery) -> Response:
    """The whole selection, not one page of it."""
    return as_csv("rooms.csv", COLUMNS, ROOMS.select(await livekit.rooms.list(), query)[0])


async def new(request: Request) -> Response:
    """The form; `?name=` fills it in."""
    return _new_page(request, NewRoomForm(request.query_params))


async def create(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Redirects to the room. If it was open already with other settings, the form comes back and shows them (409)."""
    form = NewRoomForm(data)
    if form.validate():
        with form.refusals():
            opened = await open_room(livekit.rooms, form.wanted())
            if opened.ignored:
                return _new_page(request, form, opened)
            text, detail = opening(opened)
            kind = "warn" if detail else "ok"
            return done(request, to.to("room", room=opened.room.name), text, detail, kind=kind)
    return _new_page(request, form)


async def show(
    request: Request, livekit: LiveKit, webhooks: Webhooks, timelines: Timelines, room: str, query: ListQuery
) -> Response:
    """Two calls, at the same time: the room, and who is in it. 404 when it isn't open."""
    found, people = await asyncio.gather(livekit.rooms.get(room), livekit.participants.list(room))
    # So that the timeline begins when the room is opened, not when its tab is.
    timelines.look(room, people, webhooks.feed.events(room))
    return page(
        request,
        "rooms/detail.html.j2",
        live=True,
        room=found,
        people=PEOPLE.page(people, query),
        headcount=headcount(people),
        everyone=len(people),
    )


async def timeline(
    request: Request, livekit: LiveKit, webhooks: Webhooks, timelines: Timelines, room: str
) -> Response:
    """What happened since a page of this room was opened. The same two calls."""
    found, people = await asyncio.gather(livekit.rooms.get(room), livekit.participants.list(room))
    seen = timelines.look(room, people, webhooks.feed.events(room))
    count = headcount(people)
    return page(request, "rooms/timeline.html.j2", live=True, room=found, timeline=seen, headcount=count)


async def show_json(request: Request, livekit: LiveKit, room: str) -> Response:
    """The room as protobuf JSON, the TURN password masked."""
    found, json = await livekit.rooms.get_with_json(room)
    return page(
        request,
        "rooms/json.html.j2",
        live=True,
        room=found,
        json=json,
        lk=snippets.lk_room(found),
        python=snippets.python_room(room),
    )


async def metadata(request: Request, livekit: LiveKit, room: str) -> Response:
    """The form, filled with what is there, indented where it is JSON."""
    found = await livekit.rooms.get(room)
    form = RoomMetadataForm()
    form.load(parts_of(found))
    return _metadata_page(request, form, room, found)


async def save_metadata(request: Request, livekit: LiveKit, to: To, room: str, data: FormData) -> Response:
    """LiveKit sends it to every participant. Indentation that only the form added is not stored."""
    form = RoomMetadataForm(data)
    if form.validate():
        with form.refusals():
            changes = form.changes(parts_of(await livekit.rooms.get(room)))
            if changes:
                await livekit.rooms.set_metadata(room, changes["metadata"])
            if changes is not None:
                text = "Metadata saved" if changes else "Nothing was changed"
                return done(request, to.to("room_metadata", room=room), text)
    # Without the facts about the room: asking for them may fail as the save did, and the entries would be lost.
    return _metadata_page(request, form, room)


async def confirm_close(request: Request, livekit: LiveKit, room: str) -> Response:
    """Says who is hit. Two calls, at the same time: the count that the room itself has lags by seconds."""
    found, people = await asyncio.gather(livekit.rooms.get(room), livekit.participants.list(room))
    # The question names the recording by itself.
    hit = sum(person.kind != "egress" for person in people)
    return page(request, "rooms/close.html.j2", room=found, people=hit)


async def close(request: Request, livekit: LiveKit, to: To, room: str) -> Response:
    """Back to the list."""
    await livekit.rooms.close(room)
    return done(request, to.to("rooms"), f"Closed {room or 'the room without a name'}")


async def confirm_close_many(request: Request, livekit: LiveKit) -> Response:
    """Lists the selected rooms and who is in them. `?room=` once for each, encoded as in addresses."""
    rooms = await hits(livekit.rooms, livekit.participants, picked(request.query_params.getlist("room")))
    return page(request, "rooms/close_many.html.j2", rooms=rooms)


async def close_many(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Closes what it can, and says what it could not."""
    job = Job("Close", "Closed", "room")
    return await perform(request, to.to("rooms"), job, picked(data.getlist("room")), livekit.rooms.close)


def _new_page(request: Request, form: NewRoomForm, opened: Opened | None = None) -> Response:
    example = form.example()
    return page(
        request,
        "rooms/new.html.j2",
        status=409 if opened else form.status,
        form=form,
        opened=opened,
        in_words=in_words,
        lk=snippets.lk_create(example),
        python=snippets.python_create(example),
    )


def _metadata_page(
    request: Request, form: RoomMetadataForm, name: str, found: Room | None = None
) -> Response:
    return page(
        request,
        "rooms/metadata.html.j2",
        status=form.status,
        room=found,
        name=name,
        form=form,
        most=MAX_METADATA,
        lk=snippets.lk_metadata(name, found.metadata if found else ""),
        python=snippets.python_room(name),
    )
