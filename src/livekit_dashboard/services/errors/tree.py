"""The exceptions for every call to LiveKit that fails: what a page shows of each, and with which HTTP status.

LiveKitError
├── Unreachable       502  no connection: refused, no such host, TLS, cut
├── TimedOut          504  connected, but no answer in time
├── NotLiveKit        502  something answered that is not LiveKit
│   ├── Redirected         it redirects to another address
│   └── Altered            LiveKit answered, but not to the request that was sent
├── Refused           502  LiveKit does not accept our credentials
│   ├── UnknownKey         it does not know the API key
│   ├── WrongSecret        it knows the key, the signature is not right
│   ├── ClockSkew          the two clocks differ by a minute or more
│   └── PermissionDenied   the token lacks a grant
├── NotFound          404  LiveKit has no such room, participant, recording …
├── Invalid           422  LiveKit rejects the request, and says why
├── Unsupported       501  this server doesn't support the call
│   ├── CallMissing        the server is too old for the call, or a proxy blocks it
│   ├── NeedsRedis         it needs Redis
│   └── RemoteUnmuteOff    its configuration forbids it
├── Ended             409  the recording has ended, so it can't be changed
├── NoWorker          503  no egress, ingress or SIP worker, and no participant, responded
│   ├── NoEgressWorker     none accepted the recording
│   ├── NoIngressWorker    none fetches the URL
│   ├── NoSipWorker        none places the call
│   └── SipWorkerBusy      it can't take another call
├── CallFailed        409  a phone call failed; call_errors.py has this branch, and the two above
│   ├── CalleeBusy, CallRejected, NotAnswered, NotEstablished
│   └── NoSuchNumber, ProviderAsksPassword, MediaNotTaken, PhoneKeptOut
├── RpcFailed         409  a participant's app did not answer; in call_errors.py too
└── Failed            502  any other error that LiveKit reports

Each has a title (what is wrong), steps (what to do) and a word for lists. Text in `backticks` is shown as code.
translation.py turns what the SDK raises into one of them.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

Steps = tuple[str, ...]


class LiveKitError(Exception):
    """A call to LiveKit failed. `str()` is LiveKit's reason, or ours where it gave none. It holds no secret."""

    status: ClassVar[int] = 502
    word: ClassVar[str] = "LiveKit failed"
    title: ClassVar[str] = "LiveKit reported an error"
    steps: ClassVar[Steps] = ("Look into the server's log for the same moment.",)
    outage: ClassVar[bool] = True

    def __init__(self, reason: str = "", *, answer: str = "none", clock: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.report = Report(answer=answer, clock=clock)

    @property
    def quoted(self) -> bool:
        """Whether the reason is in LiveKit's words: its answers have a status and a code. Otherwise it is in ours."""
        status, _, code = self.report.answer.partition(" ")
        return status.isdigit() and bool(code)


@dataclass
class Report:
    """The details of one failed call, for a bug report."""

    answer: str
    clock: float | None = None  # Seconds that the server's clock is ahead, from its Date header.
    call: str = ""
    took: float | None = None  # Seconds.
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Unreachable(LiveKitError):
    """The connection to LiveKit failed, or broke off."""

    word = "Unreachable"
    title = "LiveKit can’t be reached"
    steps: ClassVar[Steps] = (
        "Check that livekit-server is running and listens on the address in `LIVEKIT_URL`.",
        "Check for a firewall between this host and LiveKit. In a container, `localhost` is the container itself.",
        "Use `wss://` or `https://` with TLS, and `ws://` or `http://` without.",
    )


class TimedOut(LiveKitError):
    """LiveKit was connected to, but did not answer within the time limit."""

    status = 504
    word = "No answer"
    title = "LiveKit didn’t answer in time"
    steps: ClassVar[Steps] = (
        "Check the load of livekit-server and of its Redis.",
        "If LiveKit is slow but works, increase `LIVEKIT_TIMEOUT`.",
    )


class NotLiveKit(LiveKitError):
    """Something answered that is not LiveKit."""

    word = "Not LiveKit"
    title = "Something answers, but it isn’t LiveKit"
    steps: ClassVar[Steps] = (
        "Check host and port in `LIVEKIT_URL`. LiveKit listens on port 7880 unless livekit.yaml sets another.",
        "If a proxy is in front of LiveKit, check that it forwards `/twirp`.",
    )


class Redirected(NotLiveKit):
    """LIVEKIT_URL answered with a redirect, which is not followed: it would take the token along."""

    word = "Redirected"
    title = "LIVEKIT_URL answers with a redirect"
    steps: ClassVar[Steps] = (
        "Set `LIVEKIT_URL` to the address that LiveKit itself answers at. The dashboard doesn’t follow redirects,"
        " because they would send its token to another address.",
        "If the redirect only adds TLS, use `https://` or `wss://` in `LIVEKIT_URL`.",
        "Restart the dashboard: it reads its settings at start.",
    )


class Altered(NotLiveKit):
    """LiveKit answered, but the method or the content type of the request was changed on the way."""

    word = "Request changed"
    title = "A proxy changes requests to LiveKit"
    steps: ClassVar[Steps] = (
        "Make the proxy forward POST requests under `/twirp` unchanged, `Content-Type` included.",
        "If it redirects, set `LIVEKIT_URL` to the target of the redirect: a redirect turns POST into GET.",
    )


class Refused(LiveKitError):
    """LiveKit does not accept our credentials."""

    word = "Refused"
    title = "LiveKit rejects the dashboard’s credentials"
    steps: ClassVar[Steps] = (
        "Compare `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET` with the pair under `keys:` in livekit.yaml.",
        "Restart the dashboard: it reads its settings at start.",
    )


class UnknownKey(Refused):
    """LiveKit does not know the API key."""

    word = "Key refused"
    title = "LiveKit doesn’t know this API key"
    steps: ClassVar[Steps] = (
        "Compare the key with the ones under `keys:` in the server’s livekit.yaml. Case matters.",
        "Set it as `LIVEKIT_API_KEY`, with its secret as `LIVEKIT_API_SECRET`.",
        "Restart the dashboard: it reads its settings at start.",
    )


class WrongSecret(Refused):
    """LiveKit knows the key, but the token is signed with another secret."""

    word = "Secret refused"
    title = "LiveKit knows the API key, but the secret is wrong"
    steps: ClassVar[Steps] = (
        "Copy the secret of this key from `keys:` in the server’s livekit.yaml.",
        "Set it as `LIVEKIT_API_SECRET`, without quotes or spaces around it.",
        "Restart the dashboard: it reads its settings at start.",
    )


class ClockSkew(Refused):
    """The clocks differ so much that LiveKit sees a new token as expired, or as not valid yet."""

    word = "Clocks differ"
    title = "The dashboard’s clock and LiveKit’s are too far apart"
    steps: ClassVar[Steps] = (
        "Synchronize both clocks with NTP. `timedatectl` shows whether a clock is synchronized.",
        "LiveKit tolerates a difference of one minute. Until the clocks agree, it rejects every token of this dashboard.",
    )


class PermissionDenied(Refused):
    """The token is valid, but lacks the grant for this call."""

    word = "Permission denied"
    title = "LiveKit doesn’t permit this"


class NotFound(LiveKitError):
    """LiveKit has no such room, participant, recording, ingress, trunk, rule or dispatch."""

    status = 404
    word = "Not found"
    title = "LiveKit can’t find this"
    steps: ClassVar[Steps] = ("Check whether the room has closed or the participant has left.",)
    outage = False


class Invalid(LiveKitError):
    """LiveKit rejects the request, and says why."""

    status = 422
    word = "Not accepted"
    title = "LiveKit doesn’t accept this"
    steps: ClassVar[Steps] = ("Correct the value that LiveKit names, and try again.",)
    outage = False


class Unsupported(LiveKitError):
    """This server doesn't support the call, in its version or with its configuration."""

    status = 501
    word = "Not supported"
    title = "This server doesn’t support this"
    steps: ClassVar[Steps] = ("Nothing was changed.",)
    outage = False


class CallMissing(Unsupported):
    """LiveKit answers, but has no such call: the server is too old for it, or a proxy blocks it."""

    word = "Call not available"
    title = "This LiveKit server doesn’t have this call"
    steps: ClassVar[Steps] = (
        "Upgrade livekit-server. The rest of the dashboard works without this call.",
        "If a proxy is in front of LiveKit, check that it forwards every path under `/twirp`.",
    )


class RemoteUnmuteOff(Unsupported):
    """Unmuting another participant is off unless the server's configuration allows it."""

    word = "Remote unmute is off"
    title = "This server doesn’t let you unmute others"
    steps = ("Set `enable_remote_unmute: true` under `room:` in the server’s livekit.yaml, and restart it.",)


class NeedsRedis(Unsupported):
    """LiveKit reaches egress, ingress and SIP workers through Redis, and this server has none."""

    word = "Needs Redis"
    title = "This server runs without Redis"
    steps: ClassVar[Steps] = (
        "Start Redis, and add it to the server’s livekit.yaml: `redis:` with `address: host:6379`.",
        "Configure the egress, ingress and SIP workers with the same Redis.",
    )


class Ended(LiveKitError):
    """The recording has ended, so it can't be changed or stopped."""

    status = 409
    word = "Already ended"
    title = "This recording has already ended"
    steps: ClassVar[Steps] = ("Check on its page how it ended, and start another recording if you need one.",)
    outage = False


class Failed(LiveKitError):
    """Any other error that LiveKit reports."""

    outage = False
