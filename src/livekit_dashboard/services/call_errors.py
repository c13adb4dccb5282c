"""Calls and messages that came to nothing because the other side said so: by a SIP status, or by an RPC error code.

CallFailed            409  a call that was not to be, or a transfer
├── CalleeBusy             486, 600
├── CallRejected           403, 603
├── NotAnswered            408, 480, 487, or nobody picked up in time
├── NoSuchNumber           404, 410, 484, 604
├── ProviderAsksPassword   401, 407
├── MediaNotTaken          415, 488, 606
├── NotEstablished         no SIP status: the call isn't answered yet, or over
└── PhoneKeptOut           no SIP status: the phone can't join the room, so nobody was called
RpcFailed             409  the participant's app did not answer a remote procedure call

All of them are LiveKitErrors; the tree of the others is in errors.py.
"""

import re
from collections.abc import Mapping
from typing import ClassVar

from .errors import LiveKitError, NoWorker, Steps

NO_WAY = "Look into the log of livekit-sip for the moment of the call."


class CallFailed(LiveKitError):
    """The other side, or the provider between, ended the call before it was one."""

    status = 409
    word = "Call failed"
    title = "The call failed"
    steps: ClassVar[Steps] = (
        "Look the SIP status up with your provider: it comes from there.",
        NO_WAY,
    )
    outage = False


class CalleeBusy(CallFailed):
    """486 or 600."""

    word = "Busy"
    title = "The line is busy"
    steps: ClassVar[Steps] = ("Try again in a while.",)


class CallRejected(CallFailed):
    """603 is what a phone says when somebody declines, 403 what providers say of calls that they don't carry."""

    word = "Rejected"
    title = "The call was rejected"
    steps: ClassVar[Steps] = (
        "After 603, somebody pressed the red button, or their phone did it for them.",
        "After 403, the provider doesn’t carry it: check the number it comes from, the account, and the country.",
    )


class NotAnswered(CallFailed):
    """Nobody picked up while it rang, or the phone is off."""

    word = "Not answered"
    title = "Nobody answered"
    steps: ClassVar[Steps] = ("Try again, or let it ring longer.", "After 480, the phone may be off.")


class NoSuchNumber(CallFailed):
    """404, 410, 484 or 604."""

    word = "No such number"
    title = "There is no such number"
    steps: ClassVar[Steps] = (
        "Check the number. Most providers want the international form: + and digits.",
        "Check that the trunk’s address is the provider’s, and not another PBX.",
    )


class ProviderAsksPassword(CallFailed):
    """401 or 407, even after LiveKit SIP has answered the challenge with what it has."""

    word = "Provider refused"
    title = "The provider doesn’t accept the user name and password"
    steps: ClassVar[Steps] = ("Check both in the outbound trunk. They may belong to another host.",)


class MediaNotTaken(CallFailed):
    """415, 488 or 606."""

    word = "No common media"
    title = "The other side takes none of the codecs or encryption offered"
    steps: ClassVar[Steps] = (
        "Check the codecs and the media encryption of the trunk and of the call.",
        "Some providers insist on SRTP, others refuse it.",
    )


class NotEstablished(CallFailed):
    """Only a call that was answered can be handed over."""

    word = "Not answered yet"
    title = "Only a call that was answered can be transferred"
    steps: ClassVar[Steps] = ("Wait until its state is Active.",)


class PhoneKeptOut(CallFailed):
    """livekit-sip joins before it dials."""

    word = "Can’t join"
    title = "The phone can’t join the room"
    steps: ClassVar[Steps] = (
        "The room may be full: its page shows how many it takes.",
        "Otherwise check `api_key`, `api_secret` and `ws_url` of livekit-sip: it joins with them.",
    )


class RpcFailed(LiveKitError):
    """The participant's app, or LiveKit's client in it, gave an error instead of an answer."""

    status = 409
    word = "App gave no answer"
    title = "The app didn’t answer"
    steps: ClassVar[Steps] = ("Look into the app of the participant.",)
    outage = False


class NoSipWorker(NoWorker):
    """LiveKit asked for a SIP worker, and none took the call."""

    word = "No SIP worker"
    title = "No SIP worker took this call"
    steps: ClassVar[Steps] = (
        "Check that livekit-sip runs, and that it names the same Redis as the server.",
        "Check its `api_key`, `api_secret` and `ws_url`: it joins the room with them.",
        NO_WAY,
    )


class SipWorkerBusy(NoWorker):
    """There is a SIP worker, but it has no CPU to spare."""

    word = "SIP worker is full"
    title = "Every SIP worker is at its limit"
    steps: ClassVar[Steps] = (
        "Wait until calls have ended, or run another livekit-sip on the same Redis.",
        "`max_cpu_utilization` in its configuration is the limit.",
    )


BY_SIP_STATUS: Mapping[int, type[CallFailed]] = {
    401: ProviderAsksPassword,
    403: CallRejected,
    404: NoSuchNumber,
    407: ProviderAsksPassword,
    408: NotAnswered,
    410: NoSuchNumber,
    415: MediaNotTaken,
    480: NotAnswered,
    484: NoSuchNumber,
    486: CalleeBusy,
    487: NotAnswered,
    488: MediaNotTaken,
    600: CalleeBusy,
    603: CallRejected,
    604: NoSuchNumber,
    606: MediaNotTaken,
}
BY_TRANSFER_REASON: Mapping[str, type[CallFailed]] = {
    "STR_REJECTED": CallRejected,
    "STR_RINGING_TIMEOUT": NotAnswered,
    "STR_CALL_ENDED": NotEstablished,
}
# What LiveKit says without a SIP status.
BY_REASON: Mapping[str, type[CallFailed]] = {
    "sip request timed out": NotAnswered,
    "can't transfer non established call": NotEstablished,
}
# How livekit-sip begins where it can't join; what follows is why.
JOIN_FAILED = "update room failed:"
# Of LiveKit's client SDKs; apps have codes of their own besides.
RPC_SENTENCES: Mapping[int, str] = {
    1400: "“{method}” is no method of this participant: no app has registered it",
    1401: "the participant isn’t there any more",
    1402: "the payload is too large: 15 KiB is the most",
    1403: "the server is too old for RPC",
    1404: "the participant’s SDK is too old for RPC",
    1500: "the app failed while it worked on it",
    1501: "the participant can’t be reached",
    1502: "the app took longer than the time limit",
    1503: "the participant left before answering",
    1504: "the app’s answer is too large: 15 KiB is the most",
    1505: "the request could not be sent to the participant",
}
_RPC_ERROR = re.compile(r"RpcError (\d+): (.*)", re.DOTALL)


def call_error(reason: str, metadata: Mapping[str, str], *, answer: str) -> LiveKitError | None:
    """The error for what LiveKit says of a call or an RPC; None if it says nothing of the kind."""
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


def rpc_sentence(error: RpcFailed, method: str) -> str:
    """What went wrong, for people; an app's own error as it came."""
    found = re.match(r"RPC error (\d+): ", error.reason)
    sentence = RPC_SENTENCES.get(int(found[1])) if found else None
    return sentence.replace("{method}", method) if sentence else error.reason
