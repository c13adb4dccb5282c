"""Everyone in a room: as files, and what is done to several at once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.web.bulk import Job, perform, picked
from livekit_dashboard.web.dependencies import FormData, ListQuery, LiveKit, To
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing
from livekit_dashboard.web.render import page

PEOPLE = Listing[Participant](
    text=lambda person: (person.identity, person.name, person.sid),
    states={
        "publishing": lambda person: person.publishing,
        "phone": lambda person: person.kind == "sip",
        "agent": lambda person: person.kind == "agent",
    },
    sorts={
        "name": lambda person: person.label.casefold(),
        "joined": lambda person: person.joined.timestamp() if person.joined else 0,
        "tracks": lambda person: len(person.tracks),
    },
    default_sort="joined",
)


@dataclass(frozen=True)
class Line:
    """Someone as a line of a table; the tracks in words."""

    identity: str
    name: str
    sid: str
    kind: str
    state: str
    joined: datetime | None
    tracks: str
    may: str
    sources: tuple[str, ...]
    metadata: str
    attributes: Mapping[str, str]
    region: str


async def export_json(livekit: LiveKit, room: str, query: ListQuery) -> Response:
    """The whole selection, not one page of it, with all that is known of their tracks."""
    return as_json("participants", PEOPLE.select(await livekit.participants.list(room), query)[0])


async def export_csv(livekit: LiveKit, room: str, query: ListQuery) -> Response:
    """The whole selection, not one page of it."""
    people = PEOPLE.select(await livekit.participants.list(room), query)[0]
    return as_csv("participants.csv", tuple(Line.__dataclass_fields__), [*map(_line, people)])


async def confirm_mute(request: Request, livekit: LiveKit, room: str) -> Response:
    """Says who is meant. `?person=` once for each, encoded as in addresses."""
    return await _confirm(request, livekit, room, "mute")


async def mute(request: Request, livekit: LiveKit, to: To, room: str, data: FormData) -> Response:
    """Mutes all tracks of each."""
    job = Job("Mute", "Muted", "participant")
    return await _each(request, to, room, data, job, livekit.participants.mute_all)


async def confirm_remove(request: Request, livekit: LiveKit, room: str) -> Response:
    """Says who is meant."""
    return await _confirm(request, livekit, room, "remove")


async def remove(request: Request, livekit: LiveKit, to: To, room: str, data: FormData) -> Response:
    """Disconnects each."""
    job = Job("Remove", "Removed", "participant")
    return await _each(request, to, room, data, job, livekit.participants.remove)


async def _confirm(request: Request, livekit: LiveKit, room: str, verb: str) -> Response:
    names = set(picked(request.query_params.getlist("person")))
    there = await livekit.participants.list(room) if names else []
    people = sorted((one for one in there if one.identity in names), key=PEOPLE.sorts["name"])
    hit = {one.identity: _tracks_hit(one, verb) for one in people}
    return page(
        request,
        "participants/many.html.j2",
        room=room,
        verb=verb,
        people=sorted(people, key=lambda one: -hit[one.identity]),
        hit=sum(map(bool, hit.values())),
        tracks=sum(hit.values()),
        calls=sum(one.kind == "sip" for one in people),
        unmute=livekit.refusals["unmute"],
    )


def _tracks_hit(person: Participant, verb: str) -> int:
    """Tracks that a removal ends, or that are not muted yet."""
    return sum(verb == "remove" or not track.muted for track in person.tracks)


async def _each(
    request: Request,
    to: To,
    room: str,
    data: FormData,
    job: Job,
    action: Callable[[str, str], Awaitable[object]],
) -> Response:
    names = picked(data.getlist("person"))
    return await perform(request, to.to("room", room=room), job, names, partial(action, room))


def _line(person: Participant) -> Line:
    given = {name: getattr(person, name) for name in Line.__dataclass_fields__}
    tracks = [f"{track.label}, muted" if track.muted else track.label for track in person.tracks]
    return Line(**given | {"tracks": "; ".join(tracks)})
