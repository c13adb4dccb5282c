"""Agents: dispatches and the agents in rooms."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.agents.dispatches import DispatchForm
from livekit_dashboard.services.agents.agents import CALLS_A_ROOM, MOST_ROOMS, Dispatch, blank
from livekit_dashboard.services.livekit import LiveKit as Service
from livekit_dashboard.services.rooms.rooms import pretty_json
from livekit_dashboard.services.snippets import agents as snippets_agents
from livekit_dashboard.web.bulk import Job, perform, picked_pairs
from livekit_dashboard.web.dependencies import FormData, ListQuery, LiveKit, To
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing, Query
from livekit_dashboard.web.render import done, page

from .rooms import ROOMS

DISPATCHES = Listing[Dispatch](
    text=lambda item: (
        item.agent_name,
        item.id,
        item.room,
        item.metadata,
        *(text for job in item.jobs for text in (job.id, job.identity, job.worker)),
    ),
    states={
        "here": lambda item: item.state == "here",
        "waiting": lambda item: item.state == "waiting",
        "missing": lambda item: item.state in ("missing", "gone"),
        "finished": lambda item: item.state == "finished",
        "idle": lambda item: item.state == "idle",
    },
    sorts={
        "name": lambda item: (item.label.casefold(), item.room, item.id),
        "room": lambda item: item.room.casefold(),
        "state": lambda item: ("missing", "gone", "waiting", "here", "finished", "idle").index(item.state),
        "created": lambda item: item.created,
    },
    default_sort="state",
)
COLUMNS = (
    "room",
    "id",
    "agent_name",
    "state",
    "created",
    "metadata",
    "attributes",
    "restart_policy",
    "deployment",
)


async def index(request: Request, livekit: LiveKit, query: ListQuery) -> Response:
    """One call: the rooms to choose from. LiveKit tells dispatches by room alone."""
    rooms = ROOMS.page(await livekit.rooms.list(), query)
    open_rooms = rooms.counts[""] if not query.q else rooms.total
    looks = min(open_rooms, MOST_ROOMS)
    return page(
        request, "agents/index.html.j2", live=True, rooms=rooms, looks=looks, calls=1 + CALLS_A_ROOM * looks
    )


async def everywhere(request: Request, livekit: LiveKit, query: ListQuery) -> Response:
    """Two calls for each of the busiest rooms, so only on demand: this page is not polled."""
    found = await livekit.agents.everywhere()
    dispatches = DISPATCHES.page(found.dispatches, query)
    return page(request, "agents/everywhere.html.j2", found=found, dispatches=dispatches)


async def in_room(request: Request, livekit: LiveKit, room: str, query: ListQuery) -> Response:
    """Three calls. The room comes first: LiveKit takes three seconds to miss one that isn't open."""
    there = await livekit.rooms.get(room)
    found = await livekit.agents.in_room(room)
    dispatches = DISPATCHES.page(found.dispatches, query)
    return page(request, "agents/room.html.j2", live=True, room=there, found=found, dispatches=dispatches)


async def export_json(request: Request, livekit: LiveKit, query: ListQuery) -> Response:
    """The dispatches of `?room=`, or of the busiest rooms."""
    return as_json("dispatches", await _selected(request, livekit, query))


async def export_csv(request: Request, livekit: LiveKit, query: ListQuery) -> Response:
    """The dispatches of `?room=`, or of the busiest rooms."""
    return as_csv("dispatches.csv", COLUMNS, await _selected(request, livekit, query))


async def new(request: Request) -> Response:
    """The form; `?room=` and `?agent_name=` fill it in."""
    room, agent_name = (request.query_params.get(key, "") for key in ("room", "agent_name"))
    return _form_page(request, DispatchForm().load(blank(room, agent_name)))


async def create(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Leads to the room's dispatches, where the agent shows up when it comes."""
    wanted = blank()
    form = DispatchForm(data).over(wanted)
    if form.validate():
        form.store(wanted)
        with form.refusals():
            made = await livekit.agents.create(wanted)
            return done(request, to.to("room_agents", room=made.room), f"Dispatched {made.label}")
    return _form_page(request, form)


async def show(request: Request, livekit: LiveKit, room: str, dispatch: str) -> Response:
    """Three calls. The room comes first: LiveKit takes three seconds to miss one that isn't open."""
    await livekit.rooms.get(room)
    found, json = await livekit.agents.get_with_json(room, dispatch)
    return page(
        request,
        "agents/detail.html.j2",
        live=True,
        dispatch=found,
        json=json,
        metadata=pretty_json(found.metadata) or found.metadata,
        lk=snippets_agents.lk_one(room, dispatch),
        python=snippets_agents.python_one(room, dispatch),
    )


async def confirm_delete(request: Request, livekit: LiveKit) -> Response:
    """Says which are meant. `?dispatch=` once for each: the room and the id, each as in addresses."""
    found = await livekit.agents.find(picked_pairs(request.query_params.getlist("dispatch")).values())
    return page(request, "agents/delete.html.j2", dispatches=sorted(found, key=_live_first))


def _live_first(dispatch: Dispatch) -> tuple[bool, Any]:
    return (dispatch.state != "here", DISPATCHES.sorts["name"](dispatch))


async def delete(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Back to the room, or where they were of several to the overview."""
    picks = picked_pairs(data.getlist("dispatch"))
    rooms = {room for room, _ in picks.values()}
    back = to.to("room_agents", room=rooms.pop()) if len(rooms) == 1 else to.to("agents")
    job = Job("Delete", "Deleted", "dispatch", "dispatches")
    return await perform(
        request,
        back,
        job,
        list(picks),
        lambda pick: livekit.agents.delete(*picks[pick]),
        lambda pick: "{1} in {0}".format(*picks[pick]),
    )


async def _selected(request: Request, livekit: Service, query: Query) -> list[Dispatch]:
    room = request.query_params.get("room")
    if room is None:
        return DISPATCHES.select((await livekit.agents.everywhere()).dispatches, query)[0]
    await livekit.rooms.get(room)
    return DISPATCHES.select((await livekit.agents.in_room(room)).dispatches, query)[0]


def _form_page(request: Request, form: DispatchForm) -> Response:
    words = (form.room.data or "standup", form.agent_name.data or "notes")
    return page(
        request,
        "agents/new.html.j2",
        status=form.status,
        form=form,
        lk=snippets_agents.lk_create(*words),
        python=snippets_agents.python_create(*words),
    )
