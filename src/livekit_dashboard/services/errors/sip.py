"""Phone calls and RPCs that failed because of the other side: by SIP status, by transfer reason, or by RPC error code.

CallFailed              409  the call, or its transfer, failed
├── CalleeBusy               486, 600
├── CallRejected             403, 433, 603, 607, 608
├── NotAnswered              408, 480, 487, or no answer in time
├── NoSuchNumber             404, 410, 484, 485, 604
├── ProviderAsksPassword     401, 407
├── PaymentRequired          402
├── CallRedirected           300, 301, 302, 305, 380
├── CallLoops                482, 483
├── CallNotUnderstood        400, 405, 406, 413, 414, 416, 420, 421, 501, 505, 513
├── ProviderUnavailable      500, 502, 503, 504
├── MediaNotTaken            415, 488, 606
├── NotEstablished           no SIP status: the call isn't answered yet, or has ended
└── PhoneKeptOut             no SIP status: the phone can't join the room, so no call was made
NoSuchTrunk             404  a call over an outbound trunk that doesn't exist
TrunkWithoutNumber      422  a call over an outbound trunk without a number to call from
CallEnded               404  the phone has left the room, or the room has closed
NotAPhone               422  a transfer of a participant that is no phone
RpcFailed               409  the participant's app did not answer a remote procedure call

All of them are LiveKitErrors; errors.py has the others.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from .tree import Invalid, LiveKitError, NotFound, Steps
from .workers import NoWorker

LOOK_AT_LOG = "Check the log of livekit-sip at the time of the call."


class CallFailed(LiveKitError):
    """The other side, or the provider, refused or ended the call before it was answered."""

    status = 409
    word = "Call failed"
    title = "The call failed"
    steps: ClassVar[Steps] = (
        "Ask your provider about the SIP status: it comes from the provider.",
        LOOK_AT_LOG,
    )
    outage = False


class CalleeBusy(CallFailed):
    """486 or 600."""

    word = "Busy"
    title = "The line is busy"
    steps: ClassVar[Steps] = ("Try again later.",)


class CallRejected(CallFailed):
    """603, 607 and 608 come from the called phone; 403 and 433 from a provider that doesn't carry the call."""

    word = "Rejected"
    title = "The call was rejected"
    steps: ClassVar[Steps] = (
        "603, 607 and 608 mean that the called phone declined, on its own or because someone pressed the button.",
        "403 and 433 mean that the provider refused: check the From number, the account, and the destination country.",
    )


class NotAnswered(CallFailed):
    """No answer while it rang, or the phone is off."""

    word = "Not answered"
    title = "No answer"
    steps: ClassVar[Steps] = ("Try again, or let it ring longer.", "480 can mean that the phone is off.")


class NoSuchNumber(CallFailed):
    """404, 410, 484, 485 or 604."""

    word = "No such number"
    title = "The number doesn’t exist"
    steps: ClassVar[Steps] = (
        "Check the number. Most providers require the international format: + and digits.",
        "Check that the trunk’s address belongs to the provider, and not to another PBX.",
    )


class ProviderAsksPassword(CallFailed):
    """401 or 407, after livekit-sip has answered the challenge with the credentials it has."""

    word = "Provider refused"
    title = "The provider rejects the username and password"
    steps: ClassVar[Steps] = ("Check both in the outbound trunk. They may belong to another host.",)


class PaymentRequired(CallFailed):
    """402."""

    word = "Payment required"
    title = "The provider requires payment"
    steps: ClassVar[Steps] = ("Check the balance of the account at the provider.",)


class CallRedirected(CallFailed):
    """3xx: livekit-sip doesn't follow redirects to another address."""

    word = "Redirected"
    title = "The provider redirects the call to another address"
    steps: ClassVar[Steps] = (
        "Set the trunk’s address to the one that the provider redirects to.",
        LOOK_AT_LOG,
    )


class CallLoops(CallFailed):
    """482 or 483."""

    word = "Routing loop"
    title = "The call loops between SIP servers"
    steps: ClassVar[Steps] = (
        "Check that the trunk’s address isn’t livekit-sip itself, and that the PBX doesn’t route the call back.",
    )


class CallNotUnderstood(CallFailed):
    """400 and other statuses for a request that the other side can't process."""

    word = "Not understood"
    title = "The provider can’t process the request"
    steps: ClassVar[Steps] = (
        "Check the number, the From number, and the headers that the call sends.",
        "Check the trunk’s transport: some providers require TCP or TLS.",
        LOOK_AT_LOG,
    )


class ProviderUnavailable(CallFailed):
    """500, 502, 503 or 504."""

    word = "Provider unavailable"
    title = "The provider can’t take the call now"
    steps: ClassVar[Steps] = (
        "Try again later. Many providers answer 503 when the limit of calls at once is reached.",
        "Check the trunk’s address and transport.",
    )


class MediaNotTaken(CallFailed):
    """415, 488 or 606."""

    word = "No common media"
    title = "The other side accepts none of the codecs or encryption offered"
    steps: ClassVar[Steps] = (
        "Check the codecs and the media encryption of the trunk and of the call.",
        "Some providers require SRTP, others refuse it.",
    )


class NotEstablished(CallFailed):
    """Only an answered call can be transferred."""

    word = "Not answered yet"
    title = "Only an answered call can be transferred"
    steps: ClassVar[Steps] = ("Wait until its state is Active.",)


class PhoneKeptOut(CallFailed):
    """livekit-sip joins the room before it calls."""

    word = "Can’t join"
    title = "The phone can’t join the room"
    steps: ClassVar[Steps] = (
        "The room may be full: its page shows its max participants.",
        "Otherwise check `api_key`, `api_secret` and `ws_url` of livekit-sip, which it joins with.",
    )


class NoSuchTrunk(NotFound):
    """The reason names the trunk, which LiveKit's own words don't."""

    word = "No such trunk"
    title = "This outbound trunk doesn’t exist"
    steps: ClassVar[Steps] = ("Choose another trunk: this one was deleted, or the ID has a typo.",)


class TrunkWithoutNumber(Invalid):
    """A call needs a From number: its own, or one of the trunk's."""

    word = "No number"
    title = "This outbound trunk has no number to call from"
    steps: ClassVar[Steps] = ("Add a number to the trunk, or set the call’s From number.",)


class CallEnded(NotFound):
    """The reason names participant and room."""

    word = "Call ended"
    title = "This call has ended"
    steps: ClassVar[Steps] = ("The phone has left the room, or the room has closed.",)


class NotAPhone(Invalid):
    """The reason names the participant."""

    word = "Not a phone"
    title = "This participant isn’t a phone"
    steps: ClassVar[Steps] = ("Only participants of kind SIP are calls.",)


class RpcFailed(LiveKitError):
    """The participant's app, or the LiveKit SDK in it, returned an error."""

    status = 409
    word = "RPC failed"
    title = "The app didn’t answer"
    steps: ClassVar[Steps] = ("Check the participant’s app and its log.",)
    outage = False


class NoSipWorker(NoWorker):
    """No SIP worker accepted the call that LiveKit offered."""

    word = "No SIP worker"
    title = "No SIP worker accepted this call"
    steps: ClassVar[Steps] = (
        "Check that livekit-sip is running, and that it uses the same Redis as the server.",
        "Check its `api_key`, `api_secret` and `ws_url`, which it joins the room with.",
        LOOK_AT_LOG,
    )


class SipWorkerBusy(NoWorker):
    """SIP workers are running, but none has CPU to spare."""

    word = "SIP workers full"
    title = "Every SIP worker is at its limit"
    steps: ClassVar[Steps] = (
        "Wait until calls have ended, or run another livekit-sip on the same Redis.",
        "`max_cpu_utilization` in its configuration is the limit.",
    )


BY_SIP_STATUS: Mapping[int, type[CallFailed]] = {
    **dict.fromkeys((486, 600), CalleeBusy),
    **dict.fromkeys((403, 433, 603, 607, 608), CallRejected),
    **dict.fromkeys((408, 480, 487), NotAnswered),
    **dict.fromkeys((404, 410, 484, 485, 604), NoSuchNumber),
    **dict.fromkeys((401, 407), ProviderAsksPassword),
    402: PaymentRequired,
    **dict.fromkeys((300, 301, 302, 305, 380), CallRedirected),
    **dict.fromkeys((482, 483), CallLoops),
    **dict.fromkeys((400, 405, 406, 413, 414, 416, 420, 421, 501, 505, 513), CallNotUnderstood),
    **dict.fromkeys((500, 502, 503, 504), ProviderUnavailable),
    **dict.fromkeys((415, 488, 606), MediaNotTaken),
}
BY_TRANSFER_REASON: Mapping[str, type[CallFailed]] = {
    "STR_REJECTED": CallRejected,
    "STR_RINGING_TIMEOUT": NotAnswered,
    "STR_CALL_ENDED": NotEstablished,
}
# LiveKit's words where it reports no SIP status.
BY_REASON: Mapping[str, type[CallFailed]] = {
    "sip request timed out": NotAnswered,
    "can't transfer non established call": NotEstablished,
}
# How livekit-sip begins when it can't join; the cause follows.
JOIN_FAILED = "update room failed:"
_RPC_ERROR = re.compile(r"RpcError (\d+): (.*)", re.DOTALL)


def call_error(reason: str, metadata: Mapping[str, str], *, answer: str) -> LiveKitError | None:
    """The error for LiveKit's reason and metadata, if they are about a call or an RPC; otherwise None."""
    if found := _RPC_ERROR.fullmatch(reason):
        return RpcFailed(f"RPC error {found[1]}: {found[2]}", answer=answer)
    code, words = metadata.get("sip_status_code", ""), metadata.get("sip_status", "")
    kind: type[CallFailed] | None = None
    if code.isascii() and code.isdigit():
        kind, reason = BY_SIP_STATUS.get(int(code), CallFailed), f"SIP status {code} {words}".strip()
    elif "sip_transfer_reason" in metadata:
        kind = BY_TRANSFER_REASON.get(metadata["sip_transfer_reason"], CallFailed)
    elif reason.startswith(JOIN_FAILED):
        kind = PhoneKeptOut
    kind = kind or BY_REASON.get(reason)
    return kind(reason, answer=answer) if kind else None
