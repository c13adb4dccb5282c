"""Names the trunk, participant or worker that a failed call is about: LiveKit's own words don't say which."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from livekit import api
from livekit.protocol.sip import SIPTransferReason
from livekit.protocol.sip import TransferSIPParticipantResponse as SIPTransferInfo

from livekit_dashboard.services.errors.sip import (
    BY_SIP_STATUS,
    BY_TRANSFER_REASON,
    CallEnded,
    CallFailed,
    NoSipWorker,
    NoSuchTrunk,
    NotAPhone,
    SipWorkerBusy,
    TrunkWithoutNumber,
)
from livekit_dashboard.services.errors.tree import Invalid, LiveKitError, NotFound, Unsupported
from livekit_dashboard.services.errors.workers import NoWorker
from livekit_dashboard.services.participants.info import enum_name

TRANSFER_REASONS: Mapping[int, str] = {
    SIPTransferReason.STR_COMPLETED: "transfer completed",
    SIPTransferReason.STR_CALL_ENDED: "the call ended first",
    SIPTransferReason.STR_REJECTED: "the new side rejected the transfer",
    SIPTransferReason.STR_RINGING_TIMEOUT: "no answer within the ringing timeout",
    SIPTransferReason.STR_SUBSCRIPTION_TERMINATED: "the provider stopped reporting on the transfer",
    SIPTransferReason.STR_CANCELED: "the transfer was canceled",
}


@contextmanager
def placing(request: api.CreateSIPParticipantRequest) -> Iterator[None]:
    """Around the call of LiveKit that places this one."""
    trunk = request.sip_trunk_id
    try:
        yield
    except NoWorker as error:
        raise _no_worker(error) from error
    except NotFound as error:
        if not trunk:
            raise
        raise NoSuchTrunk(f"no outbound trunk has the ID {trunk}", answer="404") from error
    except Unsupported as error:
        if error.reason != "no numbers on outbound trunk":
            raise
        raise TrunkWithoutNumber(f"the outbound trunk {trunk} has no numbers", answer="412") from error


@contextmanager
def transferring(request: api.TransferSIPParticipantRequest) -> Iterator[None]:
    """Around the call of LiveKit that transfers a call."""
    room, identity = request.room_name, request.participant_identity
    try:
        yield
    except NoWorker as error:
        raise _no_worker(error) from error
    except NotFound as error:
        raise ended(room, identity) from error
    except Invalid as error:
        if error.reason != "no SIP session associated with participant":
            raise
        raise NotAPhone(f"“{identity}” in room “{room}” isn’t a phone", answer="400") from error


def transfer_failed(answer: SIPTransferInfo) -> CallFailed:
    """For an answer of LiveKit with the status FAILED."""
    reason = enum_name(SIPTransferReason, answer.reason).upper()
    code = answer.sip_status.code
    kind = BY_SIP_STATUS.get(code) or BY_TRANSFER_REASON.get(reason) or CallFailed
    return kind(transfer_report(answer) or "the transfer failed", answer="200")


def transfer_report(answer: SIPTransferInfo) -> str:
    """What LiveKit reports about a transfer: SIP status, reason and ID, as far as it does."""
    reason = TRANSFER_REASONS.get(answer.reason, "")
    status = (
        f"SIP status {answer.sip_status.code:d} {answer.sip_status.status}" if answer.sip_status.code else ""
    )
    transfer = f"transfer ID {answer.transfer_id}" if answer.transfer_id else ""
    return ", ".join(part.strip() for part in (reason, status, transfer) if part)


def ended(room: str, identity: str) -> CallEnded:
    """For a phone that isn't in its room any more."""
    return CallEnded(f"there is no participant “{identity}” in room “{room}”", answer="404")


def _no_worker(error: NoWorker) -> LiveKitError:
    return (SipWorkerBusy if error.reason == "cpu exhausted" else NoSipWorker).like(error)
