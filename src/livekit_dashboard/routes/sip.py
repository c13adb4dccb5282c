"""Pages of SIP trunks. Inbound and outbound trunks share them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.proto import ProtoForm
from livekit_dashboard.forms.sip.trunks import trunk_form
from livekit_dashboard.services.sip import trunks as sip_trunks
from livekit_dashboard.services.sip.match import Fault
from livekit_dashboard.services.sip.rules import Rule
from livekit_dashboard.services.sip.trunks import Direction, Trunk
from livekit_dashboard.services.snippets import sip as snippets
from livekit_dashboard.web.bulk import Job, perform, picked
from livekit_dashboard.web.dependencies import AsJson, FormData, ListQuery, LiveKit, ShowNumbers, To, Webhooks
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing, Page
from livekit_dashboard.web.render import done, page

from . import sip_calls

Row = TypeVar("Row", Trunk, Rule)

TRUNKS = Listing[Trunk](
    text=lambda trunk: (
        trunk.name,
        trunk.id,
        trunk.metadata,
        trunk.address,
        *trunk.numbers,
        *trunk.allowed_numbers,
        *trunk.allowed_addresses,
    ),
    states={"routed": lambda trunk: trunk.routed, "unrouted": lambda trunk: not trunk.routed},
    sorts={
        "name": lambda trunk: (trunk.label.casefold(), trunk.id),
        "numbers": lambda trunk: trunk.numbers,
        "address": lambda trunk: trunk.address,
    },
    default_sort="name",
)
COLUMNS = (
    "id",
    "name",
    "direction",
    "numbers",
    "address",
    "transport",
    "allowed_addresses",
    "allowed_numbers",
    "auth_username",
    "has_password",
    "metadata",
    "faults",
)


async def index(
    request: Request,
    livekit: LiveKit,
    webhooks: Webhooks,
    direction: Direction,
    query: ListQuery,
    shown: ShowNumbers,
) -> Response:
    """Trunks, and the calls under way. Four calls at the same time, then one for each of a few rooms."""
    sip, calls = await asyncio.gather(
        livekit.sip.all(direction, show_numbers=shown),
        livekit.sip.calls.glance(sip_calls.told_of(webhooks), direction),
    )
    return page(
        request,
        "sip/index.html.j2",
        live=True,
        direction=direction,
        trunks=hidden(TRUNKS.page(sip.trunks(direction), query), shown),
        counts={"inbound": len(sip.inbound), "outbound": len(sip.outbound)},
        rules=len(sip.rules),
        faults=sip.faults_of(direction),
        gap=sip.gap,
        shown=shown,
        calls=calls,
        known_numbers=calls.numbers,
        lk=snippets.lk_create(direction, as_json=False),
    )


async def export_json(
    livekit: LiveKit, direction: Direction, query: ListQuery, shown: ShowNumbers
) -> Response:
    """The whole selection, with numbers masked as in the list."""
    sip = await livekit.sip.all(direction, show_numbers=shown)
    trunks = TRUNKS.select(sip.trunks(direction), query)[0]
    return as_json("trunks", trunks if shown else [trunk.hidden() for trunk in trunks])


async def export_csv(
    livekit: LiveKit, direction: Direction, query: ListQuery, shown: ShowNumbers
) -> Response:
    """The whole selection, with numbers masked as in the list."""
    sip = await livekit.sip.all(direction, show_numbers=shown)
    trunks = TRUNKS.select(sip.trunks(direction), query)[0]
    return as_csv(f"sip-{direction}.csv", COLUMNS, trunks if shown else [trunk.hidden() for trunk in trunks])


async def new(request: Request, direction: Direction, as_json: AsJson) -> Response:
    """The empty form, by fields or with `?as=json` as one text."""
    form = trunk_form(direction, as_json=as_json)().load(sip_trunks.new(direction))
    return _form(request, form, direction, None, as_json)


async def create(
    request: Request, livekit: LiveKit, to: To, direction: Direction, as_json: AsJson, data: FormData
) -> Response:
    """Creates a trunk, and redirects to it. `POST /sip-outbound` with the fields of a call places that call instead."""
    if direction == "outbound" and "sip_call_to" in data:
        return await sip_calls.create(request, livekit, to, as_json, data)
    wanted = sip_trunks.new(direction)
    form = trunk_form(direction, as_json=as_json)(data).over(wanted)
    if form.validate():
        form.store(wanted)
        with form.refusals():
            made = await livekit.sip.trunks.create(direction, wanted)
            return done(
                request, to.to("sip_trunk", direction=direction, trunk=made.id), f"Trunk {made.label} created"
            )
    return _form(request, form, direction, None, as_json)


async def show(
    request: Request, livekit: LiveKit, direction: Direction, trunk: str, shown: ShowNumbers
) -> Response:
    """One trunk with its rules and faults. Three calls to LiveKit at once."""
    found = await livekit.sip.trunk(direction, trunk, show_numbers=shown)
    return page(
        request,
        "sip/detail.html.j2",
        live=True,
        trunk=found.item,
        json=found.json,
        whole_json=found.whole_json,
        faults=found.faults,
        shown=shown,
        lk=snippets.lk_trunk(found.item),
        python=snippets.python_trunk(found.item),
    )


async def edit(
    request: Request, livekit: LiveKit, direction: Direction, trunk: str, as_json: AsJson
) -> Response:
    """The form, filled with the stored trunk except its password."""
    stored = await livekit.sip.trunks.get(direction, trunk)
    form = trunk_form(direction, as_json=as_json)().load(stored)
    return _form(request, form, direction, sip_trunks.from_proto(stored), as_json)


async def save(
    request: Request,
    livekit: LiveKit,
    to: To,
    direction: Direction,
    trunk: str,
    as_json: AsJson,
    data: FormData,
) -> Response:
    """Reads the trunk, changes the fields of the form, and writes it back."""
    stored = await livekit.sip.trunks.get(direction, trunk)
    before = sip_trunks.from_proto(stored)
    form = trunk_form(direction, as_json=as_json)(data).over(stored)
    if form.validate() and form.still(stored):
        form.store(stored)
        with form.refusals():
            saved = await livekit.sip.trunks.replace(direction, stored)
            return done(
                request, to.to("sip_trunk", direction=direction, trunk=trunk), f"Trunk {saved.label} saved"
            )
    return _form(request, form, direction, before, as_json)


async def check(
    request: Request,
    livekit: LiveKit,
    direction: Direction,
    as_json: AsJson,
    shown: ShowNumbers,
    data: FormData,
) -> Response:
    """Faults of the trunk as it is typed; `?trunk=` names the stored one that is edited. Saves nothing."""
    own = request.query_params.get("trunk")
    stored = await livekit.sip.trunks.get(direction, own) if own else sip_trunks.new(direction)
    form = trunk_form(direction, as_json=as_json)(data).over(stored)
    sketch = form.sketch(stored)
    return checked(request, form, await livekit.sip.check(sketch, show_numbers=shown), sketch)


async def confirm_delete(request: Request, livekit: LiveKit, direction: Direction, trunk: str) -> Response:
    """Asks for confirmation, with the rules that name it."""
    found = await livekit.sip.trunk(direction, trunk, show_numbers=False)
    return page(request, "sip/delete.html.j2", trunk=found.item)


async def delete(request: Request, livekit: LiveKit, to: To, direction: Direction, trunk: str) -> Response:
    """Deletes it, and redirects to the list."""
    await livekit.sip.trunks.delete(trunk)
    return done(request, to.to("sip_trunks", direction=direction), f"Trunk {trunk} deleted")


async def confirm_delete_many(request: Request, livekit: LiveKit, direction: Direction) -> Response:
    """Asks for confirmation, with the rules that name the trunks. `?trunk=` once for each."""
    ids = set(picked(request.query_params.getlist("trunk")))
    sip = await livekit.sip.all(direction, show_numbers=False)
    trunks = sorted((trunk for trunk in sip.trunks(direction) if trunk.id in ids), key=_used_first)
    return page(request, "sip/delete_many.html.j2", direction=direction, trunks=trunks)


def _used_first(trunk: Trunk) -> tuple[bool, Any]:
    return (not trunk.rules, TRUNKS.sorts["name"](trunk))


async def delete_many(
    request: Request, livekit: LiveKit, to: To, direction: Direction, data: FormData
) -> Response:
    """Deletes each of them, and reports those that failed."""
    job = Job("Delete", "Deleted", "trunk")
    return await perform(
        request,
        to.to("sip_trunks", direction=direction),
        job,
        picked(data.getlist("trunk")),
        livekit.sip.trunks.delete,
    )


def hidden(rows: Page[Row], shown: bool) -> Page[Row]:
    """A page of a list with its numbers partly masked, unless `shown`."""
    return rows if shown else replace(rows, items=[row.hidden() for row in rows.items])


def checked(request: Request, form: ProtoForm, faults: Sequence[Fault], sketch: Any) -> Response:
    """The faults of a form. Numbers that were typed into it aren’t masked."""
    lists = ("numbers", "allowed_numbers", "inbound_numbers")
    typed = [number for name in lists for number in getattr(sketch, name, ())]
    return page(request, "sip/_checks.html.j2", form=form, faults=faults, typed_numbers=typed)


def _form(
    request: Request, form: ProtoForm, direction: Direction, trunk: Trunk | None, as_json: bool
) -> Response:
    return page(
        request,
        "sip/form.html.j2",
        status=form.status,
        form=form,
        direction=direction,
        trunk=trunk,
        as_json=as_json,
        lk=snippets.lk_trunk_form(direction, trunk, as_json=as_json),
        python=snippets.python_trunk_form(direction, trunk),
    )
