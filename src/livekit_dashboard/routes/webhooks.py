"""Webhooks: LiveKit's way in, the live feed of what came, and a sandbox to make and check them."""

from dataclasses import dataclass

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ..deps import Config, FormData, ListQuery, To, Webhooks
from ..forms.webhooks import SampleForm, SendForm, VerifyForm
from ..listing import Listing
from ..render import page
from ..services import webhook_send
from ..services.webhook_samples import sample
from ..services.webhooks import EVENTS, Event, WebhookRefusedError

FAMILIES = ("room", "participant", "track", "egress", "ingress")
FEED = Listing[Event](
    text=lambda event: (event.name, event.room, event.identity, event.subject, event.id),
    states={family: lambda event, family=family: event.name.startswith(family) for family in FAMILIES},  # type: ignore[misc]
    sorts={"name": lambda event: event.name, "received": lambda event: event.received},
    default_sort="-received",
)


@dataclass(frozen=True)
class Only:
    """What a feed is narrowed to; empty is any."""

    event: str
    room: str
    participant: str

    def admits(self, event: Event) -> bool:
        wanted = (self.event, event.name), (self.room, event.room), (self.participant, event.identity)
        return all(name in {"", given} for name, given in wanted)


async def receive(request: Request, webhooks: Webhooks) -> Response:
    """What LiveKit calls. The signature stands for the log-in; a repeated event is taken, and not shown twice."""
    body = await request.body()
    try:
        event = webhooks.receive(body, request.headers.get("authorization", ""))
    except WebhookRefusedError as error:
        return JSONResponse({"error": str(error)}, status_code=401)
    if webhooks.feed.add(event):
        request.app.state.hub.wake()
    return JSONResponse({"status": "ok"})


async def index(request: Request, webhooks: Webhooks, settings: Config, to: To, query: ListQuery) -> Response:
    """No call of LiveKit: what came is in memory. `?event=`, `?room=` and `?participant=` are exact, `?q=` is not."""
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
    """What points a server here, whatever has come so far."""
    return page(request, "webhooks/setup.html.j2", config=_config(request, settings.livekit_api_key, to))


async def show(request: Request, webhooks: Webhooks, event: str) -> Response:
    """The payload, secrets masked. 404 once newer ones have pushed it out."""
    found = webhooks.feed.get(event)
    if found is None:
        raise HTTPException(404)
    return page(request, "webhooks/detail.html.j2", event=found)


async def samples(request: Request) -> Response:
    """A sample of the event `?event=`, and what signs it."""
    form = SampleForm(request.query_params if "event" in request.query_params else None)
    body = sample(form.event.data, form.room.data, form.identity.data) if form.validate() else ""
    return _samples(request, form, SendForm(body=body))


async def sign(request: Request, webhooks: Webhooks, data: FormData) -> Response:
    """The header that LiveKit would send with this body."""
    form = SendForm(data)
    signed = webhooks.sign(form.body.data.encode()) if form.body.validate(form) else None
    return _samples(request, SampleForm(), form, signed=signed)


async def send(request: Request, webhooks: Webhooks, settings: Config, data: FormData) -> Response:
    """Signs and sends it, where WEBHOOK_SEND allows that, and says what came back."""
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
    """The form."""
    return page(request, "webhooks/verify.html.j2", form=VerifyForm(), checks=None)


async def verify(request: Request, webhooks: Webhooks, data: FormData) -> Response:
    """Which check fails, and why."""
    form = VerifyForm(data)
    checks = webhooks.check(form.body.data.encode(), form.authorization.data) if form.validate() else None
    return page(request, "webhooks/verify.html.j2", status=form.status, form=form, checks=checks)


def _config(request: Request, key: str, to: To) -> str:
    """The lines of livekit.yaml that point a server here."""
    here = f"{request.url.scheme}://{request.headers.get('host', 'this-dashboard')}"
    return f"webhook:\n  api_key: {key}\n  urls:\n    - {here}{to.to('webhook')}"
