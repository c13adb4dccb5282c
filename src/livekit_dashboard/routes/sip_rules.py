"""Pages of dispatch rules."""

import asyncio
from typing import Any

from fastapi import Request
from starlette.responses import Response

from livekit_dashboard.forms.proto import ProtoForm
from livekit_dashboard.forms.sip.rules import rule_form
from livekit_dashboard.services.sip import rules as sip_rules
from livekit_dashboard.services.sip.rules import Rule
from livekit_dashboard.services.sip.trunks import Link
from livekit_dashboard.services.snippets import sip as snippets
from livekit_dashboard.web.bulk import Job, perform, picked
from livekit_dashboard.web.dependencies import AsJson, FormData, ListQuery, LiveKit, ShowNumbers, To
from livekit_dashboard.web.exports import as_csv, as_json
from livekit_dashboard.web.lists import Listing
from livekit_dashboard.web.render import done, page

from .sip import checked, hidden

RULES = Listing[Rule](
    text=lambda rule: (
        rule.name,
        rule.id,
        rule.room,
        rule.metadata,
        *rule.numbers,
        *rule.inbound_numbers,
        *rule.agents,
        *(text for trunk in rule.trunks for text in (trunk.id, trunk.label)),
    ),
    states={
        "direct": lambda rule: rule.kind == "direct",
        "individual": lambda rule: rule.kind == "individual",
        "callee": lambda rule: rule.kind == "callee",
        "pin": lambda rule: bool(rule.pin),
    },
    sorts={
        "name": lambda rule: (rule.label.casefold(), rule.id),
        "room": lambda rule: rule.room.casefold(),
        "trunks": lambda rule: [trunk.label.casefold() for trunk in rule.trunks],
    },
    default_sort="name",
)
COLUMNS = (
    "id",
    "name",
    "kind",
    "room",
    "random",
    "pin",
    "trunk_ids",
    "numbers",
    "inbound_numbers",
    "hide_phone_number",
    "agents",
    "metadata",
    "faults",
)


async def index(request: Request, livekit: LiveKit, query: ListQuery, shown: ShowNumbers) -> Response:
    """The list. Three calls to LiveKit at once, whatever the query."""
    sip = await livekit.sip.all("rules", show_numbers=shown)
    rules = hidden(RULES.page(sip.rules, query), shown)
    return page(
        request,
        "sip/rules/index.html.j2",
        live=True,
        rules=rules,
        trunks=len(sip.inbound),
        faults=sip.faults_of("rules"),
        gap=sip.gap,
        shown=shown,
        lk=snippets.lk_new_rule(as_json=False),
    )


async def export_json(livekit: LiveKit, query: ListQuery, shown: ShowNumbers) -> Response:
    """The whole selection, with numbers masked as in the list."""
    rules = RULES.select((await livekit.sip.all("rules", show_numbers=shown)).rules, query)[0]
    return as_json("rules", rules if shown else [rule.hidden() for rule in rules])


async def export_csv(livekit: LiveKit, query: ListQuery, shown: ShowNumbers) -> Response:
    """The whole selection, with numbers masked as in the list."""
    rules = RULES.select((await livekit.sip.all("rules", show_numbers=shown)).rules, query)[0]
    return as_csv("sip-rules.csv", COLUMNS, rules if shown else [rule.hidden() for rule in rules])


async def new(request: Request, livekit: LiveKit, as_json: AsJson) -> Response:
    """The empty form, by fields or with `?as=json` as one text; `?trunk=` selects trunks."""
    wanted = sip_rules.new(trunk_ids=picked(request.query_params.getlist("trunk")))
    form = rule_form(as_json=as_json)().offer(await livekit.sip.inbound()).load(wanted)
    return _form(request, form, None, as_json)


async def create(request: Request, livekit: LiveKit, to: To, as_json: AsJson, data: FormData) -> Response:
    """Creates a rule, and redirects to it."""
    wanted = sip_rules.new()
    form = rule_form(as_json=as_json)(data).offer(await livekit.sip.inbound()).over(wanted)
    if form.validate():
        form.store(wanted)
        with form.refusals():
            made = await livekit.sip.rules.create(wanted)
            return done(request, to.to("sip_rule", rule=made.id), f"Rule {made.label} created")
    return _form(request, form, None, as_json)


async def show(request: Request, livekit: LiveKit, rule: str, shown: ShowNumbers) -> Response:
    """One rule with its trunks and faults. Three calls to LiveKit at once."""
    found = await livekit.sip.rule(rule, show_numbers=shown)
    return page(
        request,
        "sip/rules/detail.html.j2",
        live=True,
        rule=found.item,
        json=found.json,
        whole_json=found.whole_json,
        faults=found.faults,
        shown=shown,
        lk=snippets.lk_rule(found.item),
        python=snippets.python_rule(found.item),
    )


async def edit(request: Request, livekit: LiveKit, rule: str, as_json: AsJson) -> Response:
    """The form, filled with the stored rule."""
    stored, trunks = await asyncio.gather(livekit.sip.rules.get(rule), livekit.sip.inbound())
    form = rule_form(as_json=as_json)().offer(trunks).load(stored)
    return _form(request, form, sip_rules.from_proto(stored), as_json)


async def save(
    request: Request, livekit: LiveKit, to: To, rule: str, as_json: AsJson, data: FormData
) -> Response:
    """Reads the rule, changes the fields of the form, and writes it back."""
    stored, trunks = await asyncio.gather(livekit.sip.rules.get(rule), livekit.sip.inbound())
    before = sip_rules.from_proto(stored)
    form = rule_form(as_json=as_json)(data).offer(trunks).over(stored)
    if form.validate() and form.still(stored):
        form.store(stored)
        with form.refusals():
            saved = await livekit.sip.rules.replace(stored)
            return done(request, to.to("sip_rule", rule=rule), f"Rule {saved.label} saved")
    return _form(request, form, before, as_json)


async def check(
    request: Request, livekit: LiveKit, as_json: AsJson, shown: ShowNumbers, data: FormData
) -> Response:
    """Faults of the rule as it is typed; `?rule=` names the stored one that is edited. Saves nothing."""
    own = request.query_params.get("rule")
    stored = await livekit.sip.rules.get(own) if own else sip_rules.new()
    chosen = [Link(str(trunk), str(trunk)) for trunk in data.getlist("trunk_ids") if trunk]
    form = rule_form(as_json=as_json)(data).offer(chosen).over(stored)
    sketch = form.sketch(stored)
    return checked(request, form, await livekit.sip.check(sketch, show_numbers=shown), sketch)


async def confirm_delete(request: Request, livekit: LiveKit, rule: str) -> Response:
    """Asks for confirmation, with the trunks that it is for."""
    found = await livekit.sip.rule(rule, show_numbers=False)
    return page(request, "sip/rules/delete.html.j2", rule=found.item)


async def delete(request: Request, livekit: LiveKit, to: To, rule: str) -> Response:
    """Deletes it, and redirects to the list."""
    await livekit.sip.rules.delete(rule)
    return done(request, to.to("sip_rules"), f"Rule {rule} deleted")


async def confirm_delete_many(request: Request, livekit: LiveKit) -> Response:
    """Asks for confirmation. `?rule=` once for each."""
    ids = set(picked(request.query_params.getlist("rule")))
    sip = await livekit.sip.all("rules", show_numbers=False)
    rules = sorted((rule for rule in sip.rules if rule.id in ids), key=_widest_first)
    return page(request, "sip/rules/delete_many.html.j2", rules=rules)


def _widest_first(rule: Rule) -> tuple[bool, Any]:
    return (bool(rule.trunks), RULES.sorts["name"](rule))


async def delete_many(request: Request, livekit: LiveKit, to: To, data: FormData) -> Response:
    """Deletes each of them, and reports those that failed."""
    job = Job("Delete", "Deleted", "rule")
    return await perform(
        request, to.to("sip_rules"), job, picked(data.getlist("rule")), livekit.sip.rules.delete
    )


def _form(request: Request, form: ProtoForm, rule: Rule | None, as_json: bool) -> Response:
    return page(
        request,
        "sip/rules/form.html.j2",
        status=form.status,
        form=form,
        rule=rule,
        as_json=as_json,
        lk=snippets.lk_rule_form(rule, as_json=as_json),
        python=snippets.python_rule_form(rule),
    )
