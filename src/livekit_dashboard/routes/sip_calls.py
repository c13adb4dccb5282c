"""Pages of phone calls: list, details, place, transfer, hang up."""

from functools import partial

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.sip.calls import CallForm, CallJsonForm, call_form
from livekit_dashboard.forms.sip.transfer import TransferForm
from livekit_dashboard.phone_numbers import hide, mask_numbers
from livekit_dashboard.services.rooms.scan import MOST
from livekit_dashboard.services.sip import call_hits, call_requests
from livekit_dashboard.services.sip.call_requests import RINGING, ringing, where
from livekit_dashboard.services.sip.calls import FEW, Call, Calls
from livekit_dashboard.services.snippets import sip_calls as snippets
from livekit_dashboard.web.bulk import Job, perform, picked_pairs
from livekit_dashboard.web.dependencies import AsJson, FormData, ListQuery, LiveKit, ShowNumbers, To, Webhooks
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing
from livekit_dashboard.web.long_running import Arrived, Wait, awaited
from livekit_dashboard.web.render import done, page

CALLS = Listing[Call](
    text=lambda call: (
        call.number,
        call.own_number,
        call.room,
        call.identity,
        call.name,
        call.host,
        call.call_id,
        *(link.label for link in (call.trunk, call.rule) if link),
    ),
    states={
        "ringing": lambda call: call.status in ("dialing", "ringing"),
        "active": lambda call: call.status in ("active", "automation"),
        "inbound": lambda call: call.direction == "inbound",
        "outbound": lambda call: call.direction == "outbound",
    },
    sorts={
        "name": lambda call: (call.room, call.identity),
        "room": lambda call: call.room.casefold(),
        "caller": lambda call: call.caller,
        "called": lambda call: call.called,
        "joined": lambda call: call.joined.timestamp() if call.joined else 0,
    },
    default_sort="-joined",
)
COLUMNS = (
    "direction",
    "status",
    "number",
    "own_number",
    "room",
    "identity",
    "name",
    "host",
    "trunk_id",
    "rule_id",
    "call_id",
    "joined",
)


async def index(
    request: Request, livekit: LiveKit, webhooks: Webhooks, query: ListQuery, shown: ShowNumbers
) -> Response:
    """Four API calls, and one for each room checked: the most likely ones, or many with `?look=more`, once."""
    found = await _look(request, livekit, webhooks)
    return page(
        request,
        "sip/calls/index.html.j2",
        live=not _asks_for_more(request),
        calls=CALLS.page(found.calls, query),
        found=found,
        more=_asks_for_more(request),
        most=MOST,
        shown=shown,
        lk=snippets.NEW_LK,
    )


async def export_json(
    request: Request, livekit: LiveKit, webhooks: Webhooks, query: ListQuery, shown: ShowNumbers
) -> Response:
    """The whole selection, its numbers masked as in the list."""
    calls = CALLS.select((await _look(request, livekit, webhooks)).calls, query)[0]
    return as_json("calls", calls if shown else [call.hidden() for call in calls])


async def export_csv(
    request: Request, livekit: LiveKit, webhooks: Webhooks, query: ListQuery, shown: ShowNumbers
) -> Response:
    """The whole selection, its numbers masked as in the list."""
    calls = CALLS.select((await _look(request, livekit, webhooks)).calls, query)[0]
    return as_csv("sip-calls.csv", COLUMNS, calls if shown else [call.hidden() for call in calls])


async def new(request: Request, livekit: LiveKit, as_json: AsJson) -> Response:
    """The form, as fields or with `?as=json` as one text; `?room=`, `?to=` and `?trunk=` fill it in."""
    given = request.query_params.get
    wanted = call_requests.new(room=given("room", ""), to=given("to", ""), trunk=given("trunk", ""))
    form = call_form(as_json=as_json)()
    form.load(wanted)
    return _form(request, form.offer(await livekit.sip.calls.trunks()), as_json)


async def create(request: Request, livekit: LiveKit, to: To, as_json: AsJson, data: FormData) -> Response:
    """Responds when LiveKit does: immediately, or after the answer or the ringing timeout."""
    # If the trunks can't be listed, the chosen one stays.
    form = call_form(as_json=as_json)(data).offer(())
    with form.refusals():
        form.offer(await livekit.sip.calls.trunks())
    if form.refusal or not form.validate():
        return _form(request, form, as_json)
    wanted = form.wanted()

    async def work() -> Arrived | Response:
        with form.refusals():
            placed = await livekit.sip.calls.place(wanted)
            number = hide(placed.number)
            text = f"{number} answered" if placed.answered else f"Calling {number}"
            return Arrived(to.to("sip_call", room=placed.room, identity=placed.identity), text)
        return _form(request, form, as_json)

    room, identity = where(wanted)
    wait = _wait(to, wanted, room, identity)
    return await awaited(request, wait, work(), lambda: livekit.sip.calls.status(room, identity))


def _wait(to: To, wanted: call_requests.Request, room: str, identity: str) -> Wait:
    """What the page says while the phone rings, and where leaving or stopping leads."""
    return Wait(
        f"Calling {hide(wanted.sip_call_to)}",
        ringing(wanted),
        "The phone keeps ringing. The list shows calls in progress.",
        away=to.to("sip_calls"),
        stop=to.to("sip_call_hang_up", room=room, identity=identity),
    )


async def show(request: Request, livekit: LiveKit, room: str, identity: str, shown: ShowNumbers) -> Response:
    """Four API calls at the same time: trunks and rules by name. 404 after the call has ended."""
    call, json = await livekit.sip.calls.get(room, identity)
    return page(
        request,
        "sip/calls/detail.html.j2",
        live=True,
        call=call,
        json=json,
        shown=shown,
        known_numbers=call.numbers,
        lk=snippets.lk_call(call),
        python=snippets.python_call(call),
    )


async def transfer(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The form."""
    call, _ = await livekit.sip.calls.get(room, identity)
    return _transfer_form(request, TransferForm(), room, identity, call.hidden())


async def save_transfer(
    request: Request, livekit: LiveKit, to: To, room: str, identity: str, data: FormData
) -> Response:
    """Responds after the new side answers, or after the ringing timeout."""
    form = TransferForm(data)
    again = partial(_transfer_form, request, form, room, identity)
    if not form.validate():
        return again()
    wanted = form.wanted(call_requests.new_transfer(room, identity))

    async def work() -> Arrived | Response:
        with form.refusals():
            report = await livekit.sip.calls.transfer(wanted)
            return Arrived(to.to("sip_calls"), f"Transferred to {_masked(form.transfer_to.data)}", report)
        return again()

    hint = "A transfer can’t be canceled. If the new side doesn’t answer, the call stays in its room."
    away = to.to("sip_call", room=room, identity=identity)
    return await awaited(
        request, Wait("Waiting for the new side to answer", ringing(wanted), hint, away), work()
    )


async def confirm_hang_up(request: Request, livekit: LiveKit, room: str, identity: str) -> Response:
    """The confirmation: names the call."""
    call, _ = await livekit.sip.calls.get(room, identity)
    return page(request, "sip/calls/hang_up.html.j2", call=call, seen=call.hidden())


async def hang_up(request: Request, livekit: LiveKit, to: To, room: str, identity: str) -> Response:
    """Back to the list."""
    ended = await livekit.sip.calls.hang_up(room, identity)
    return done(request, to.to("sip_calls"), "Call ended" if ended else "The call had already ended")


async def confirm_hang_up_many(request: Request, livekit: LiveKit) -> Response:
    """The confirmation: lists the selected calls that are in progress. `?call=` once for each."""
    picks = picked_pairs(request.query_params.getlist("call"))
    calls = await call_hits.hits(livekit.participants, list(picks.values()))
    return page(request, "sip/calls/hang_up_many.html.j2", calls=calls)


async def hang_up_many(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Hangs up each call, and reports those that failed."""
    calls = picked_pairs(data.getlist("call"))
    return await perform(
        request,
        to.to("sip_calls"),
        Job("Hang up", "Hung up", "call"),
        list(calls),
        lambda pick: livekit.sip.calls.hang_up(*calls[pick]),
        lambda pick: "{1} in {0}".format(*calls[pick]),
    )


def _masked(target: str) -> str:
    """A number, or a SIP or tel address with its number masked."""
    return mask_numbers(target) if ":" in target else hide(target)


def _asks_for_more(request: Request) -> bool:
    return request.query_params.get("look") == "more"


async def _look(request: Request, livekit: LiveKit, webhooks: Webhooks) -> Calls:
    most = MOST if _asks_for_more(request) else FEW
    return await livekit.sip.calls.live(told_of(webhooks), most=most)


def told_of(webhooks: Webhooks) -> set[str]:
    """The rooms in which webhooks reported a phone: the first to look into for calls."""
    return {present.room for present in webhooks.feed.present() if present.kind == "sip"}


def _transfer_form(
    request: Request, form: TransferForm, room: str, identity: str, call: Call | None = None
) -> Response:
    return page(
        request,
        "sip/calls/transfer.html.j2",
        status=form.status,
        room=room,
        identity=identity,
        form=form,
        call=call,
    )


def _form(request: Request, form: CallForm | CallJsonForm, as_json: bool) -> Response:
    return page(
        request,
        "sip/calls/new.html.j2",
        status=form.status,
        form=form,
        as_json=as_json,
        ringing=RINGING,
        lk=snippets.NEW_LK_JSON if as_json else snippets.NEW_LK,
        python=snippets.NEW_PYTHON,
    )
