"""Webhooks: the address that LiveKit calls, the list of received events, and pages to sign, send and verify one."""

from dataclasses import dataclass

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from livekit_dashboard.app_state import app_state
from livekit_dashboard.forms.webhooks.webhooks import SampleForm, SendForm, VerifyForm
from livekit_dashboard.services.webhooks import send as webhook_send
from livekit_dashboard.services.webhooks.samples import sample
from livekit_dashboard.services.webhooks.webhooks import EVENTS, Event, WebhookRefusedError
from livekit_dashboard.web.dependencies import Config, FormData, ListQuery, To, Webhooks
from livekit_dashboard.web.lists import Listing
from livekit_dashboard.web.render import page

FAMILIES = ("room", "participant", "track", "egress", "ingress")
FEED = Listing[Event](
    text=lambda event: (event.name, event.room, event.identity, event.subject, event.id),
    states={family: lambda event, family=family: event.name.startswith(family) for family in FAMILIES},  # type: ignore[misc]
    sorts={"name": lambda event: event.name, "received": lambda event: event.received},
    default_sort="-received",
)


@dataclass(frozen=True)
class Only:
    """Exact filters of the list; an empty one matches everything."""

    event: str
    room: str
    participant: str

    def admits(self, event: Event) -> bool:
        wanted = (self.event, event.name), (self.room, event.room), (self.participant, event.identity)
        return all(name in {"", given} for name, given in wanted)


async def receive(request: Request, webhooks: Webhooks) -> Response:
    """Called by LiveKit. Its signature is the login. An event that is sent again is accepted, but listed once."""
    try:
        event = webhooks.receive(await request.body(), request.headers.get("authorization", ""))
    except ClientDisconnect:
        # Not read by anyone. LiveKit sends the webhook again.
        return Response(status_code=400)
    except WebhookRefusedError as error:
        return JSONResponse({"error": str(error)}, status_code=401)
    if webhooks.feed.add(event):
        app_state(request).hub.wake()
    return JSONResponse({"status": "ok"})


async def index(request: Request, webhooks: Webhooks, settings: Config, to: To, query: ListQuery) -> Response:
    """Makes no call to LiveKit: events are in memory. `?event=`, `?room=` and `?participant=` are exact, `?q=` is a search."""
    only = Only(*(request.query_params.get(name, "") for name in ("event", "room", "participant")))
    came = webhooks.feed.events()
    return page(
        request,
        "webhooks/index.html.j2",
        live=True,
        came=bool(came),
        feed=FEED.page(filter(only.admits, came), query),
        only=only,
        names=sorted({*EVENTS, only.event} - {""}),
        since=webhooks.feed.since,
        config=_config(request, settings.livekit_api_key, to),
    )


async def setup(request: Request, settings: Config, to: To) -> Response:
    """How to point a server here, whether or not events have arrived."""
    return page(request, "webhooks/setup.html.j2", config=_config(request, settings.livekit_api_key, to))


async def show(request: Request, webhooks: Webhooks, event: str) -> Response:
    """One event with its body, secrets masked. 404 after newer events have pushed it out."""
    found = webhooks.feed.get(event)
    if found is None:
        raise HTTPException(404)
    return page(request, "webhooks/detail.html.j2", event=found)


async def samples(request: Request) -> Response:
    """A sample of the event `?event=`, ready to be signed."""
    form = SampleForm(request.query_params if "event" in request.query_params else None)
    body = sample(form.event.data, form.room.data, form.identity.data) if form.validate() else ""
    return _samples(request, form, SendForm(body=body))


async def sign(request: Request, webhooks: Webhooks, data: FormData) -> Response:
    """The Authorization header that LiveKit would send with this body."""
    form = SendForm(data)
    signed = webhooks.sign(form.body.data.encode()) if form.body.validate(form) else None
    return _samples(request, SampleForm(), form, signed=signed)


async def send(request: Request, webhooks: Webhooks, settings: Config, data: FormData) -> Response:
    """Signs a body, sends it, and shows the answer. 404 unless WEBHOOK_SEND is set."""
    if not settings.webhook_send:
        raise HTTPException(404)
    form = SendForm(data)
    answered = None
    if form.validate():
        body = form.body.data.encode()
        try:
            answered = await webhook_send.send(form.url.data, body, webhooks.sign(body))
        except webhook_send.SendError as error:
            form.url.errors = [str(error)]
    return _samples(request, SampleForm(), form, answered=answered)


def _samples(
    request: Request,
    form: SampleForm,
    sending: SendForm,
    signed: str | None = None,
    answered: webhook_send.Answered | None = None,
) -> Response:
    return page(
        request,
        "webhooks/samples.html.j2",
        status=sending.status,
        form=form,
        sign=sending,
        signed=signed,
        answered=answered,
    )


async def verifier(request: Request) -> Response:
    """The form of the verifier."""
    return page(request, "webhooks/verify.html.j2", form=VerifyForm(), checks=None)


async def verify(request: Request, webhooks: Webhooks, data: FormData) -> Response:
    """The result of every check."""
    form = VerifyForm(data)
    checks = webhooks.check(form.body.data.encode(), form.authorization.data) if form.validate() else None
    return page(request, "webhooks/verify.html.j2", status=form.status, form=form, checks=checks)


def _config(request: Request, key: str, to: To) -> str:
    """The lines of livekit.yaml that point a server here."""
    here = f"{request.url.scheme}://{request.headers.get('host', 'this-dashboard')}"
    return f"webhook:\n  api_key: {key}\n  urls:\n    - {here}{to.to('webhook')}"
