"""Pages of recordings and streams: the list, each of them, and changing or stopping one that runs."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.egress.changes import AddStreamsForm, LayoutForm, RemoveStreamForm
from livekit_dashboard.services.egress import requests as egress_requests
from livekit_dashboard.services.egress.jobs import Job
from livekit_dashboard.web.bulk import Job as Bulk
from livekit_dashboard.web.bulk import perform, picked
from livekit_dashboard.web.dependencies import FormData, ListQuery, LiveKit, To
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing
from livekit_dashboard.web.render import done, page

JOBS = Listing[Job](
    text=lambda job: (job.room, job.id, job.subject, *(result.name for result in job.results)),
    states={
        "active": lambda job: job.running,
        "complete": lambda job: job.well,
        "failed": lambda job: not job.running and not job.well,
    },
    sorts={
        "name": lambda job: (job.label.casefold(), job.id),
        "recent": lambda job: (job.running, job.moment),
        "started": lambda job: job.moment,
        "state": lambda job: job.state,
        "duration": lambda job: job.seconds or 0,
        "size": lambda job: job.size or 0,
    },
    default_sort="-recent",
)
COLUMNS = (
    "id",
    "room",
    "room_id",
    "kind",
    "subject",
    "state",
    "requested",
    "started",
    "ended",
    "seconds",
    "size",
    "error",
    "details",
    "outputs",
    "urls",
)


async def index(request: Request, livekit: LiveKit, query: ListQuery, room: str = "") -> Response:
    """One call, whatever is asked; `?room=` is for LiveKit to filter by."""
    jobs = JOBS.page(await livekit.egress.list(room), query)
    return page(request, "egress/index.html.j2", live=True, jobs=jobs, room=room)


async def export_json(livekit: LiveKit, query: ListQuery, room: str = "") -> Response:
    """The whole selection, not one page of it."""
    return as_json("egress", JOBS.select(await livekit.egress.list(room), query)[0])


async def export_csv(livekit: LiveKit, query: ListQuery, room: str = "") -> Response:
    """The whole selection, not one page of it."""
    return as_csv("egress.csv", COLUMNS, JOBS.select(await livekit.egress.list(room), query)[0])


async def show(request: Request, livekit: LiveKit, egress: str) -> Response:
    """One call. 404 when LiveKit has forgotten it, a day after its end."""
    job = await livekit.egress.get(egress)
    can = {"running": job.running, "composed": job.composed, "streams": bool(job.streams)}
    return page(
        request,
        "egress/detail.html.j2",
        live=True,
        job=job,
        lk=egress_requests.lk_of(job.id, **can),
        python=egress_requests.python_of(job.id, **can),
    )


async def show_json(request: Request, livekit: LiveKit, egress: str) -> Response:
    """The job as protobuf JSON, secrets and keys masked."""
    job, json = await livekit.egress.get_with_json(egress)
    return page(request, "egress/json.html.j2", live=True, job=job, json=json)


async def layout(request: Request, livekit: LiveKit, egress: str) -> Response:
    """The form, with the initial layout: LiveKit does not report the current one."""
    job = await livekit.egress.get(egress)
    return page(request, "egress/layout.html.j2", egress=job.id, form=LayoutForm(layout=job.layout))


async def set_layout(request: Request, livekit: LiveKit, to: To, egress: str, data: FormData) -> Response:
    """LiveKit passes the layout to the template page, which may not have it."""
    form = LayoutForm(data)
    if form.validate():
        with form.refusals():
            await livekit.egress.set_layout(egress, form.layout.data.strip())
            return done(
                request, to.to("egress", egress=egress), f"Requested the layout {form.layout.data.strip()}"
            )
    return page(request, "egress/layout.html.j2", status=form.status, egress=egress, form=form)


async def streams(request: Request, livekit: LiveKit, egress: str) -> Response:
    """The streams of a recording, and forms to add and end them."""
    return _streams(request, egress, await livekit.egress.get(egress), AddStreamsForm(), RemoveStreamForm())


async def add_streams(request: Request, livekit: LiveKit, to: To, egress: str, data: FormData) -> Response:
    """Adds streams."""
    form = AddStreamsForm(data)
    if form.validate():
        with form.refusals():
            await livekit.egress.add_streams(egress, form.urls.lines)
            return done(request, to.to("egress_streams", egress=egress), "Stream added")
    return _streams(request, egress, None, form, RemoveStreamForm(), form.status)


async def end_stream(request: Request, livekit: LiveKit, to: To, egress: str, data: FormData) -> Response:
    """Ends one stream: by its `key` where LiveKit lists the address whole, else by the address typed in."""
    if data.get("key"):
        await livekit.egress.remove_listed_stream(egress, str(data["key"]))
        return done(request, to.to("egress_streams", egress=egress), "Stream ended")
    form, job = RemoveStreamForm(data), await livekit.egress.get(egress)
    if form.validate() and form.fits(job):
        with form.refusals():
            await livekit.egress.remove_stream(egress, form.address.data)
            return done(request, to.to("egress_streams", egress=egress), "Stream ended")
    return _streams(request, egress, job, AddStreamsForm(), form, form.status)


async def confirm_stop(request: Request, livekit: LiveKit, egress: str) -> Response:
    """Says what ends."""
    return page(request, "egress/stop.html.j2", job=await livekit.egress.get(egress))


async def stop(request: Request, livekit: LiveKit, to: To, egress: str) -> Response:
    """Leads to the recording, whose page shows when its files are stored. It may be complete before the page is loaded."""
    job = await livekit.egress.stop(egress)
    text = f"Requested the end of {job.label}" if job.running else f"Stopped {job.label}"
    return done(request, to.to("egress", egress=egress), text)


async def confirm_stop_many(request: Request, livekit: LiveKit) -> Response:
    """Says which are meant. `?job=` once for each."""
    ids = set(picked(request.query_params.getlist("job")))
    jobs = [job for job in await livekit.egress.list() if job.id in ids and job.running] if ids else []
    return page(request, "egress/stop_many.html.j2", jobs=sorted(jobs, key=_live_first))


def _live_first(job: Job) -> tuple[bool, Any]:
    return (job.state != "active", JOBS.sorts["name"](job))


async def stop_many(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Stops what it can, and says what it could not."""
    words = Bulk("Stop", "Stopped", "recording")
    return await perform(request, to.to("egresses"), words, picked(data.getlist("job")), livekit.egress.stop)


def _streams(
    request: Request,
    egress: str,
    job: Job | None,
    add: AddStreamsForm,
    end: RemoveStreamForm,
    status: int = 200,
) -> Response:
    """`job` is None after a failure: asking for it may fail as well, and the entries would be lost."""
    return page(request, "egress/streams.html.j2", status=status, egress=egress, job=job, add=add, end=end)
