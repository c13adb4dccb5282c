"""Starting a recording or a stream."""

import asyncio

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.egress.json import JsonStartForm
from livekit_dashboard.forms.egress.start import StartForm
from livekit_dashboard.htmx import is_htmx
from livekit_dashboard.services.egress import requests as egress_requests
from livekit_dashboard.services.egress.names import PLACEHOLDERS
from livekit_dashboard.services.livekit import LiveKit as Service
from livekit_dashboard.services.participants.info import Participant
from livekit_dashboard.services.rooms.rooms import Room
from livekit_dashboard.web.dependencies import AsJson, FormData, LiveKit, To
from livekit_dashboard.web.long_running import Arrived, Wait, awaited
from livekit_dashboard.web.render import page

# Rooms in the list of suggestions. The names of others can be typed.
OFFERED = 200
# Seconds after which LiveKit gives up looking for a worker.
WORKER_WAIT = 24


async def new(request: Request, livekit: LiveKit, as_json: AsJson) -> Response:
    """The form, filled in from `?room=`, `?kind=`, `?identity=`, `?track=` and others. Two calls at most.

    With `?as=json` it is one text.
    """
    form = StartForm.about(request.query_params)
    if as_json:
        return _json_form(request, JsonStartForm.like(form))
    rooms, people = await _offered(livekit, form.room_name.data)
    return _form(request, form, rooms=rooms, people=people)


async def start(request: Request, livekit: LiveKit, to: To, as_json: AsJson, data: FormData) -> Response:
    """Leads to the recording. Without a worker, LiveKit fails after up to 24 s."""
    form = JsonStartForm(data) if as_json else StartForm(data)
    if not form.validate():
        return _again(request, form)

    async def work() -> Arrived | Response:
        with form.refusals():
            job = await livekit.egress.start(form.request())
            text = f"Requested a recording of {job.label}"
            return Arrived(to.to("egress", egress=job.id), text, "A worker accepted the request.")
        return _again(request, form)

    hint = "The request can’t be canceled. If a worker accepts it, the recording is in the list."
    wait = Wait("Waiting for a worker", WORKER_WAIT, hint, away=to.to("egresses"))
    return await awaited(request, wait, work())


async def preview(request: Request, data: FormData) -> Response:
    """The request, and the paths that names result in. Nothing is sent to LiveKit."""
    form = StartForm(data)
    form.validate()
    return _form(
        request, form, template="egress/_preview.html.j2" if is_htmx(request) else "egress/new.html.j2"
    )


async def _offered(livekit: Service, room: str) -> tuple[list[Room], list[Participant]]:
    """The room and its participants, or all rooms if no room is given."""
    if room:
        rooms, people = await asyncio.gather(livekit.rooms.list([room]), livekit.participants.list(room))
        return rooms, people
    rooms = sorted(await livekit.rooms.list(), key=lambda one: -one.participants)
    return rooms[:OFFERED], []


def _again(request: Request, form: StartForm | JsonStartForm) -> Response:
    if isinstance(form, JsonStartForm):
        return _json_form(request, form)
    return _form(request, form, status=form.status)


def _form(
    request: Request,
    form: StartForm,
    *,
    status: int = 200,
    template: str = "egress/new.html.j2",
    rooms: list[Room] | None = None,
    people: list[Participant] | None = None,
) -> Response:
    wanted = form.request()
    found = next((room for room in rooms or () if room.name == form.room_name.data), None)
    return page(
        request,
        template,
        status=status,
        form=form,
        rooms=rooms,
        room=found,
        people=people or [],
        names=form.named(found.sid if found else ""),
        placeholders=PLACEHOLDERS,
        json=egress_requests.request_json(wanted),
        lk=egress_requests.lk_start(wanted),
        python=egress_requests.python_start(wanted),
    )


def _json_form(request: Request, form: JsonStartForm) -> Response:
    wanted = form.request() if form.status == 200 else None
    return page(
        request,
        "egress/new_json.html.j2",
        status=form.status,
        form=form,
        lk=egress_requests.lk_start(wanted) if wanted else "",
        python=egress_requests.python_start(wanted) if wanted else "",
    )
