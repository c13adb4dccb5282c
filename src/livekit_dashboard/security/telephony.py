"""ENABLE_SIP: the telephony routes exist only if it is set."""

from fastapi import Request

from livekit_dashboard.app_state import app_state


class TelephonyOffError(Exception):
    """A telephony page was requested, and ENABLE_SIP isn't set."""


async def verify(request: Request) -> None:
    """Attached to the app, so to every route. Raises TelephonyOffError for routes whose name begins with `sip_`."""
    name = getattr(request.scope.get("route"), "name", "")
    if name.startswith("sip_") and not app_state(request).settings.enable_sip:
        raise TelephonyOffError
