"""Ingress: streams and files from outside that are brought into rooms."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.ingress.ingress import IngressForm, NewIngressForm
from livekit_dashboard.services.ingress.ingress import Ingress, blank, from_proto
from livekit_dashboard.services.rooms.rooms import pretty_json
from livekit_dashboard.services.snippets import ingress as snippets_ingress
from livekit_dashboard.web.bulk import Job, perform, picked
from livekit_dashboard.web.dependencies import Config, FormData, ListQuery, LiveKit, To
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing
from livekit_dashboard.web.render import done, page

INGRESSES = Listing[Ingress](
    text=lambda item: (item.name, item.id, item.room, item.identity, item.participant_name, item.url),
    states={
        "publishing": lambda item: item.state == "publishing",
        "buffering": lambda item: item.state == "buffering",
        "inactive": lambda item: item.state in ("inactive", "complete"),
        "error": lambda item: item.state == "error",
        "disabled": lambda item: item.state == "disabled",
    },
    sorts={
        "name": lambda item: (item.label.casefold(), item.id),
        "room": lambda item: item.room.casefold(),
        "kind": lambda item: item.kind,
        "state": lambda item: ("publishing", "buffering", "error", "inactive", "complete", "disabled").index(
            item.state
        ),
        "started": lambda item: item.started.timestamp() if item.started else 0,
    },
    default_sort="state",
)
COLUMNS = (
    "id",
    "name",
    "kind",
    "state",
    "enabled",
    "room",
    "identity",
    "participant_name",
    "url",
    "transcoding",
    "error",
    "started",
    "ended",
    "metadata",
)


async def index(request: Request, livekit: LiveKit, query: ListQuery) -> Response:
    """One call, whatever is asked."""
    items = INGRESSES.page(await livekit.ingress.list(), query)
    return page(request, "ingress/index.html.j2", live=True, ingresses=items)


async def export_json(livekit: LiveKit, query: ListQuery) -> Response:
    """The whole selection, without stream keys."""
    return as_json("ingresses", INGRESSES.select(await livekit.ingress.list(), query)[0])


async def export_csv(livekit: LiveKit, query: ListQuery) -> Response:
    """The whole selection, without stream keys."""
    return as_csv("ingress.csv", COLUMNS, INGRESSES.select(await livekit.ingress.list(), query)[0])


async def new(request: Request) -> Response:
    """The form; `?room=` fills it in."""
    form = NewIngressForm().load(blank(room=request.query_params.get("room", "")))
    return page(request, "ingress/new.html.j2", form=form, snippets=snippets_ingress)


async def create(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Leads to the new ingress, where its key is."""
    wanted = blank()
    form = NewIngressForm(data).over(wanted)
    if form.validate():
        form.store(wanted)
        with form.refusals():
            made = await livekit.ingress.create(wanted)
            return done(request, to.to("ingress", ingress=made.id), f"Ingress {made.label} created")
    return page(request, "ingress/new.html.j2", status=form.status, form=form, snippets=snippets_ingress)


async def show(request: Request, livekit: LiveKit, settings: Config, ingress: str) -> Response:
    """One call. The page contains the stream key with `?show=key` only: with the key, anyone can publish in the room."""
    found, key, json = await livekit.ingress.get_whole(ingress)
    shown = request.query_params.get("show") == "key" and not settings.read_only
    return page(
        request,
        "ingress/detail.html.j2",
        live=True,
        ingress=found,
        json=json,
        key=key if shown else None,
        metadata=pretty_json(found.metadata) or found.metadata,
        ffmpeg=snippets_ingress.ffmpeg(found.kind, found.url, key if shown else None),
        lk=snippets_ingress.lk_actions(found),
        python=snippets_ingress.python_actions(found),
    )


async def edit(request: Request, livekit: LiveKit, ingress: str) -> Response:
    """The form, filled with what is stored; the state counts for nothing, as it changes by itself."""
    stored = await livekit.ingress.settings(ingress)
    form = IngressForm().load(stored)
    return _edit_page(request, form, from_proto(stored))


async def save(request: Request, livekit: LiveKit, to: To, ingress: str, data: FormData) -> Response:
    """Reads the ingress, and sends what the form changes."""
    stored = await livekit.ingress.settings(ingress)
    form = IngressForm(data).over(stored)
    before = from_proto(stored)
    if form.validate() and form.still(stored):
        with form.refusals():
            await livekit.ingress.change(stored, form.store)
            return done(request, to.to("ingress", ingress=ingress), "Saved")
    return _edit_page(request, form, before)


async def enable(request: Request, livekit: LiveKit, to: To, ingress: str) -> Response:
    """It takes streams again."""
    await livekit.ingress.enable(ingress, enabled=True)
    return done(request, to.to("ingress", ingress=ingress), "Enabled")


async def confirm_disable(request: Request, livekit: LiveKit, ingress: str) -> Response:
    """Says what ends."""
    return page(request, "ingress/disable.html.j2", ingress=await livekit.ingress.get(ingress))


async def disable(request: Request, livekit: LiveKit, to: To, ingress: str) -> Response:
    """It takes no more streams."""
    await livekit.ingress.enable(ingress, enabled=False)
    return done(request, to.to("ingress", ingress=ingress), "Disabled")


async def confirm_delete(request: Request, livekit: LiveKit, ingress: str) -> Response:
    """Says what ends, and that the key is gone for good."""
    return page(request, "ingress/delete.html.j2", ingress=await livekit.ingress.get(ingress))


async def delete(request: Request, livekit: LiveKit, to: To, ingress: str) -> Response:
    """Back to the list."""
    await livekit.ingress.delete(ingress)
    return done(request, to.to("ingresses"), f"Ingress {ingress} deleted")


async def confirm_delete_many(request: Request, livekit: LiveKit) -> Response:
    """Says which are meant. `?ingress=` once for each."""
    ids = set(picked(request.query_params.getlist("ingress")))
    found = [item for item in await livekit.ingress.list() if item.id in ids] if ids else []
    return page(request, "ingress/delete_many.html.j2", ingresses=sorted(found, key=_live_first))


def _live_first(item: Ingress) -> tuple[bool, Any]:
    return (not item.live, INGRESSES.sorts["name"](item))


async def delete_many(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Deletes what it can, and says what it could not."""
    job = Job("Delete", "Deleted", "ingress", "ingresses")
    return await perform(
        request, to.to("ingresses"), job, picked(data.getlist("ingress")), livekit.ingress.delete
    )


def _edit_page(request: Request, form: IngressForm, ingress: Ingress) -> Response:
    return page(
        request,
        "ingress/edit.html.j2",
        status=form.status,
        form=form,
        ingress=ingress,
        lk=snippets_ingress.lk_update(ingress.id),
        python=snippets_ingress.python_update(ingress.id),
    )
