"""Test numbers that don't answer, and the API's errors for calls to them."""

from dataclasses import dataclass
from typing import Literal

from livekit_dashboard.simulator.errors import TwirpError, internal

Callee = Literal["answers", "is busy", "declines", "is away", "does not exist", "does not answer"]
"""How a called number behaves."""


@dataclass(frozen=True)
class SipStatus:
    """A final SIP status other than 200, and the Twirp code that LiveKit maps it to."""

    code: int
    reason: str
    twirp: str


STATUS: dict[str, SipStatus] = {
    "is busy": SipStatus(486, "Busy Here", "resource_exhausted"),
    "declines": SipStatus(603, "Decline", "permission_denied"),
    "is away": SipStatus(480, "Temporarily Unavailable", "resource_exhausted"),
    "does not exist": SipStatus(404, "Not Found", "not_found"),
}
"""By the callee's behavior."""


def failure(callee: str, doing: str = "") -> TwirpError:
    """The error of a call to such a number; `doing` is prefixed to its message."""
    if callee not in STATUS:
        return internal("canceled", "sip request timed out")
    status = STATUS[callee]
    meta = {"sip_status_code": str(status.code), "sip_status": status.reason}
    return internal(status.twirp, f"{doing}sip status: {status.code}: {status.reason}", meta)
