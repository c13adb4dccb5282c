"""The simulated SIP service’s calls for dispatch rules."""

from collections.abc import Sequence

from livekit.protocol import sip

from livekit_dashboard.simulator.errors import TwirpError
from livekit_dashboard.simulator.messages import copy_of, new_id
from livekit_dashboard.simulator.twirp import method
from livekit_dashboard.simulator.world import World

from .checks import RefusedError, check_rule
from .conflicts import check_rules
from .store import in_order
from .trunks import needs_redis, sip_admin
from .updates import applied, check_action, upgrade


async def create_rule(world: World, request: sip.CreateSIPDispatchRuleRequest) -> sip.SIPDispatchRuleInfo:
    """A rule must not claim the same calls as another; ``dispatch_rule`` wins over the older fields."""
    needs_redis(world)
    rule = _asked_for(request)
    try:
        if request.HasField("dispatch_rule") and rule.sip_dispatch_rule_id:
            raise RefusedError("rule id must not be set")
        check_rule(rule)
    except RefusedError as error:
        raise error.in_request() from error
    stored = _for_trunks(world, request.trunk_ids)
    check_rules([*stored[:1], rule, *stored[1:]])
    rule.sip_dispatch_rule_id = new_id("SDR_")
    world.sip.rules[rule.sip_dispatch_rule_id] = rule
    return rule


async def update_rule(world: World, request: sip.UpdateSIPDispatchRuleRequest) -> sip.SIPDispatchRuleInfo:
    """Only rules that had these trunks before are looked at for conflicts, itself included."""
    needs_redis(world)
    try:
        check_action(request, request.sip_dispatch_rule_id, "rule", check_rule)
    except RefusedError as error:
        raise error.in_request() from error
    rule = applied(_known(world, request.sip_dispatch_rule_id), request)
    others = _for_trunks(world, rule.trunk_ids)
    check_rules(
        rule if other.sip_dispatch_rule_id == rule.sip_dispatch_rule_id else other for other in others
    )
    world.sip.rules[rule.sip_dispatch_rule_id] = rule
    return rule


async def list_rules(
    world: World, request: sip.ListSIPDispatchRuleRequest
) -> sip.ListSIPDispatchRuleResponse:
    """By id and by trunk, rules for any trunk included. Page limits are ignored."""
    needs_redis(world)
    rules = _for_trunks(world, request.trunk_ids)
    if request.dispatch_rule_ids:
        rules = [rule for rule in rules if rule.sip_dispatch_rule_id in request.dispatch_rule_ids]
    return sip.ListSIPDispatchRuleResponse(items=rules)


async def delete_rule(world: World, request: sip.DeleteSIPDispatchRuleRequest) -> sip.SIPDispatchRuleInfo:
    """Deletes a rule, and gives it as it was."""
    needs_redis(world)
    if not request.sip_dispatch_rule_id:
        raise TwirpError("invalid_argument", "dispatch rule ID is required")
    rule = _known(world, request.sip_dispatch_rule_id)
    del world.sip.rules[rule.sip_dispatch_rule_id]
    return rule


def _asked_for(request: sip.CreateSIPDispatchRuleRequest) -> sip.SIPDispatchRuleInfo:
    if request.HasField("dispatch_rule"):
        rule = copy_of(request.dispatch_rule)
        upgrade(rule)
        return rule
    return sip.SIPDispatchRuleInfo(**{field.name: value for field, value in request.ListFields()})


def _for_trunks(world: World, trunk_ids: Sequence[str]) -> list[sip.SIPDispatchRuleInfo]:
    return [
        rule
        for rule in in_order(world.sip.rules)
        if not trunk_ids or not rule.trunk_ids or set(trunk_ids) & set(rule.trunk_ids)
    ]


def _known(world: World, rule_id: str) -> sip.SIPDispatchRuleInfo:
    try:
        return world.sip.rules[rule_id]
    except KeyError:
        raise TwirpError("not_found", "requested sip dispatch rule does not exist") from None


METHODS = {
    "SIP/CreateSIPDispatchRule": method(sip.CreateSIPDispatchRuleRequest, create_rule, sip_admin),
    "SIP/UpdateSIPDispatchRule": method(sip.UpdateSIPDispatchRuleRequest, update_rule, sip_admin),
    "SIP/ListSIPDispatchRule": method(sip.ListSIPDispatchRuleRequest, list_rules, sip_admin),
    "SIP/DeleteSIPDispatchRule": method(sip.DeleteSIPDispatchRuleRequest, delete_rule, sip_admin),
}
