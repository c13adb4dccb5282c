"""How the other side of a call behaves, and what the API says of it when it is not what one hopes for."""

from dataclasses import dataclass
from typing import Literal

from .errors import TwirpError, internal

Callee = Literal["answers", "is busy", "declines", "is away", "does not exist", "does not answer"]
"""What a called number does."""


@dataclass(frozen=True)
class SipStatus:
    """A final answer of SIP other than 200, and the Twirp code that LiveKit makes of it."""

    code: int
    reason: str
    twirp: str


STATUS: dict[str, SipStatus] = {
    "is busy": SipStatus(486, "Busy Here", "resource_exhausted"),
    "declines": SipStatus(603, "Decline", "permission_denied"),
    "is away": SipStatus(480, "Temporarily Unavailable", "resource_exhausted"),
    "does not exist": SipStatus(404, "Not Found", "not_found"),
}
"""By what the callee does."""


def failure(callee: str, doing: str = "") -> TwirpError:
    """The error of a call, or of what is named, that has met such a callee."""
    if callee not in STATUS:
        return internal("canceled", "sip request timed out")
    status = STATUS[callee]
    meta = {"sip_status_code": str(status.code), "sip_status": status.reason}
    return internal(status.twirp, f"{doing}sip status: {status.code}: {status.reason}", meta)
