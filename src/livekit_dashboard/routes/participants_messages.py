"""What is sent into a room: data, remote procedure calls; and participants, to another room."""

import asyncio
from typing import Literal

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.participants.messages import DataForm, ElsewhereForm, RpcForm
from livekit_dashboard.services.errors.rpc import rpc_sentence
from livekit_dashboard.services.errors.sip import RpcFailed
from livekit_dashboard.services.livekit import LiveKit as Service
from livekit_dashboard.services.snippets import messages as snippets
from livekit_dashboard.web.dependencies import FormData, LiveKit, To
from livekit_dashboard.web.filters import byte_length, plural, size
from livekit_dashboard.web.render import done, page

Verb = Literal["move", "forward"]


async def compose(request: Request, livekit: LiveKit, room: str) -> Response:
    """Two calls at the same time: is the room open, and who is in it?"""
    _, people = await asyncio.gather(livekit.rooms.get(room), livekit.participants.list(room))
    return _data_form(request, room, DataForm().offer(people))


async def send(request: Request, livekit: LiveKit, to: To, room: str, data: FormData) -> Response:
    """Looks who is there first: LiveKit says nothing of those who aren't, and takes three seconds to miss a room."""
    form = DataForm(data)
    with form.refusals():
        _, people = await asyncio.gather(livekit.rooms.get(room), livekit.participants.list(room))
        if form.offer(people).validate():
            wanted = form.wanted()
            await livekit.messages.send(room, wanted)
            whom = plural(len(wanted.to), "participant") if wanted.to else "everyone in the room"
            gone = f"{plural(form.gone, 'of them has', 'of them have')} left meanwhile. " if form.gone else ""
            text = f"Sent {size(byte_length(wanted.payload))} to {whom}"
            why = f"{gone}Who received it is not reported by LiveKit."
            return done(request, to.to("room_data", room=room), text, why, kind="warn" if gone else "ok")
    return _data_form(request, room, form)


async def rpc(request: Request, room: str, identity: str) -> Response:
    """The form."""
    return _rpc_form(request, room, identity, RpcForm())


async def ask(request: Request, livekit: LiveKit, room: str, identity: str, data: FormData) -> Response:
    """Shows what the participant's app answers, or why it doesn't."""
    form, answer, why = RpcForm(data), None, ""
    if form.validate():
        with form.refusals():
            answer = await livekit.messages.ask(room, identity, form.wanted())
    if isinstance(form.refusal, RpcFailed):
        why = rpc_sentence(form.refusal, form.method.data)
    return _rpc_form(request, room, identity, form, answer, why)


async def move(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The form."""
    return _elsewhere_form(request, livekit, "move", room, identity, ElsewhereForm())


async def save_move(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Self-hosted servers refuse; the form shows their answer."""
    return await _elsewhere(request, livekit, "move", to, room, identity, data)


async def forward(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The form."""
    return _elsewhere_form(request, livekit, "forward", room, identity, ElsewhereForm())


async def save_forward(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Self-hosted servers refuse; the form shows their answer."""
    return await _elsewhere(request, livekit, "forward", to, room, identity, data)


async def _elsewhere(
    request: Request, livekit: Service, verb: Verb, to: To, room: str, identity: str, data: FormData
) -> Response:
    action, past = {
        "move": (livekit.participants.move, "Moved"),
        "forward": (livekit.participants.forward, "Forwarded"),
    }[verb]
    form = ElsewhereForm(data)
    form.here = room
    if form.validate():
        with form.refusals():
            await action(room, identity, form.destination.data)
            return done(request, to.to("room", room=form.destination.data), f"{past} {identity}")
    return _elsewhere_form(request, livekit, verb, room, identity, form)


def _data_form(request: Request, room: str, form: DataForm) -> Response:
    lk, python = snippets.lk_send(room), snippets.python_send(room)
    return page(request, "rooms/data.html.j2", status=form.status, name=room, form=form, lk=lk, python=python)


def _rpc_form(
    request: Request, room: str, identity: str, form: RpcForm, answer: str | None = None, why: str = ""
) -> Response:
    return page(
        request,
        "participants/rpc.html.j2",
        status=form.status,
        room=room,
        identity=identity,
        form=form,
        answer=answer,
        why=why,
        curl=snippets.curl_rpc(room, identity),
    )


def _elsewhere_form(
    request: Request, livekit: Service, verb: Verb, room: str, identity: str, form: ElsewhereForm
) -> Response:
    lk = snippets.lk_elsewhere(verb, room, identity)
    return page(
        request,
        "participants/elsewhere.html.j2",
        status=form.status,
        verb=verb,
        refused=livekit.refusals[verb].refused,
        room=room,
        identity=identity,
        form=form,
        lk=lk,
    )
