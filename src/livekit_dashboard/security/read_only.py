"""READ_ONLY: rejects every request that would change something on the LiveKit server."""

from fastapi import Request

from livekit_dashboard.app_state import app_state

from .csrf import SAFE_METHODS

# POST routes that neither change the server nor mint tokens.
HARMLESS = frozenset({"theme", "sandbox_decode", "webhook", "webhook_verify"})
# Pages that consist of the form for an action.
FORMS = frozenset(
    {
        "room_new",
        "room_close",
        "rooms_close",
        "people_mute",
        "people_remove",
        "participant_edit",
        "participant_remove",
        "participant_subscriptions",
        "participant_rpc",
        "participant_move",
        "participant_forward",
        "room_data",
        "egress_new",
        "egress_layout",
        "egress_stop",
        "egresses_stop",
        "ingress_new",
        "ingress_edit",
        "ingress_disable",
        "ingress_delete",
        "ingresses_delete",
        "dispatch_new",
        "dispatches_delete",
        "sip_trunk_new",
        "sip_trunk_edit",
        "sip_trunk_delete",
        "sip_trunks_delete",
        "sip_rule_new",
        "sip_rule_edit",
        "sip_rule_delete",
        "sip_rules_delete",
        "sip_call_new",
        "sip_call_transfer",
        "sip_call_hang_up",
        "sip_calls_hang_up",
    }
)


class ReadOnlyError(Exception):
    """An action was requested from a read-only dashboard."""


async def verify(request: Request) -> None:
    """Attached to the app, so to every route. Raises ReadOnlyError for an action, and for the page with its form."""
    if not app_state(request).settings.read_only:
        return
    name = getattr(request.scope.get("route"), "name", "")
    if name in FORMS if request.method in SAFE_METHODS else name not in HARMLESS:
        raise ReadOnlyError
