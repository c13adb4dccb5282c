"""Everything that can go wrong between this process and LiveKit, as a small tree of exceptions.

LiveKitError
├── Unreachable       502  no connection: refused, no such host, TLS, cut
├── TimedOut          504  connected, but no answer in time
├── NotLiveKit        502  something answered, but it is not a LiveKit
│   ├── Redirected         it says to ask elsewhere
│   └── Altered            LiveKit answered, but not to the request that was sent
├── Refused           502  LiveKit does not accept our credentials
│   ├── UnknownKey         it does not know the API key
│   ├── WrongSecret        it knows the key, the signature is not right
│   ├── ClockSkew          the two clocks differ by a minute or more
│   └── PermissionDenied   the token lacks a grant
├── NotFound          404  the thing is gone
├── Invalid           422  LiveKit says the request is wrong, and why
├── Unsupported       501  this server does not do that
│   ├── CallMissing        it has no such call: it is older than that, or a proxy keeps the call from it
│   ├── NeedsRedis         it would, with Redis
│   └── RemoteUnmuteOff    it would, by a line in its configuration
├── Ended             409  the recording has ended, so there is nothing left to change
├── NoWorker          503  no egress, ingress or SIP worker, or no such participant, answered
│   ├── NoEgressWorker     none took a recording
│   ├── NoIngressWorker    none fetches a URL
│   ├── NoSipWorker        none places a call
│   └── SipWorkerBusy      it has as many calls as it can
├── CallFailed        409  a call came to nothing; call_errors.py has this branch, and the two above
│   ├── CalleeBusy, CallRejected, NotAnswered, NotEstablished
│   └── NoSuchNumber, ProviderAsksPassword, MediaNotTaken, PhoneKeptOut
├── RpcFailed         409  a participant's app did not answer; it is there too
└── Failed            502  anything else that LiveKit calls an error

Each says in a sentence what is wrong and in steps what to do. Text in `backticks` is shown as code.
What the SDK raises becomes one of them in translation.py.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Self

Steps = tuple[str, ...]


class LiveKitError(Exception):
    """A call to LiveKit failed. `str()` is LiveKit's own reason, or ours where it gave none; no secret is in it."""

    status: ClassVar[int] = 502
    word: ClassVar[str] = "LiveKit failed"
    title: ClassVar[str] = "LiveKit could not do this"
    steps: ClassVar[Steps] = ("Look into the server's log for the same moment.",)
    outage: ClassVar[bool] = True

    def __init__(self, reason: str = "", *, answer: str = "none", clock: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.report = Report(answer=answer, clock=clock)

    @property
    def quoted(self) -> bool:
        """Whether the reason is LiveKit's, which comes with a status and a code; otherwise the words are ours."""
        status, _, code = self.report.answer.partition(" ")
        return status.isdigit() and bool(code)


@dataclass
class Report:
    """What a colleague or a bug report needs to know about one failed call."""

    answer: str
    clock: float | None = None  # Seconds that the server's clock is ahead, from its Date header.
    call: str = ""
    took: float | None = None  # Seconds.
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class Unreachable(LiveKitError):
    """No connection came about, or it was cut."""

    word = "Unreachable"
    title = "LiveKit can’t be reached"
    steps: ClassVar[Steps] = (
        "Check that livekit-server runs, and that it listens on the address in `LIVEKIT_URL`.",
        "Check the firewall between the two. In a container, `localhost` is the container itself.",
        "With TLS, the address begins with `wss://` or `https://`; without, with `ws://` or `http://`.",
    )


class TimedOut(LiveKitError):
    """A connection came about, an answer did not."""

    status = 504
    word = "No answer"
    title = "LiveKit doesn’t answer in time"
    steps: ClassVar[Steps] = (
        "Look at the load of the server, and of its Redis.",
        "If it is only slow, raise `LIVEKIT_TIMEOUT`.",
    )


class NotLiveKit(LiveKitError):
    """Something answered that is not a LiveKit."""

    word = "Not a LiveKit"
    title = "Something answers, but it isn’t LiveKit"
    steps: ClassVar[Steps] = (
        "Check host and port in `LIVEKIT_URL`. LiveKit’s own port is 7880 unless its livekit.yaml says otherwise.",
        "Behind a proxy, check that it passes `/twirp` on to LiveKit.",
    )


class Redirected(NotLiveKit):
    """Something answered that LiveKit is elsewhere; nothing of ours goes there unasked."""

    word = "Redirected"
    title = "LIVEKIT_URL answers with a redirect"
    steps: ClassVar[Steps] = (
        "Set `LIVEKIT_URL` to the address that LiveKit itself answers at. A redirect is not followed:"
        " the token would go along to wherever it leads.",
        "If it leads to the same host with `https://`, write `https://` or `wss://` in `LIVEKIT_URL`.",
        "Restart the dashboard. It reads its settings once.",
    )


class Altered(NotLiveKit):
    """LiveKit answered, but something changed the method or the content type of the request on its way."""

    word = "Request changed"
    title = "Something changes requests on their way to LiveKit"
    steps: ClassVar[Steps] = (
        "Have the proxy pass on POST requests under `/twirp` as they are, with their `Content-Type`.",
        "If it redirects, write the address that it leads to in `LIVEKIT_URL`: a redirect turns POST into GET.",
    )


class Refused(LiveKitError):
    """LiveKit does not accept our credentials."""

    word = "Refused"
    title = "LiveKit refuses the dashboard’s credentials"
    steps: ClassVar[Steps] = (
        "Compare `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET` with the pair under `keys:` in livekit.yaml.",
        "Restart the dashboard. It reads its settings once.",
    )


class UnknownKey(Refused):
    """LiveKit does not know the API key."""

    word = "Key refused"
    title = "LiveKit doesn’t know this API key"
    steps: ClassVar[Steps] = (
        "Compare the key with the ones under `keys:` in the server’s livekit.yaml. Upper and lower case count.",
        "Set it as `LIVEKIT_API_KEY`, with its secret as `LIVEKIT_API_SECRET`.",
        "Restart the dashboard. It reads its settings once.",
    )


class WrongSecret(Refused):
    """LiveKit knows the key, but the signature is not right."""

    word = "Secret refused"
    title = "LiveKit knows the API key, but the secret is wrong"
    steps: ClassVar[Steps] = (
        "Copy the secret that stands beside the key under `keys:` in the server’s livekit.yaml.",
        "Set it as `LIVEKIT_API_SECRET`. A quote or a blank that came along counts too.",
        "Restart the dashboard. It reads its settings once.",
    )


class ClockSkew(Refused):
    """The clocks differ so much that LiveKit takes a fresh token for an old or a future one."""

    word = "Clocks differ"
    title = "The dashboard’s clock and LiveKit’s are too far apart"
    steps: ClassVar[Steps] = (
        "Set both clocks by NTP: `timedatectl` shows whether one is in step.",
        "LiveKit allows a minute. Every token that this dashboard makes is refused until then.",
    )


class PermissionDenied(Refused):
    """The token is good, but lacks the grant for this call."""

    word = "Permission denied"
    title = "LiveKit doesn’t permit this"


class NotFound(LiveKitError):
    """What was asked for is not there, or no longer."""

    status = 404
    word = "Not found"
    title = "It is no longer there"
    steps: ClassVar[Steps] = ("Rooms vanish when they close, and participants when they leave.",)
    outage = False


class Invalid(LiveKitError):
    """LiveKit says what is wrong with the request."""

    status = 422
    word = "Not accepted"
    title = "LiveKit doesn’t accept this"
    steps: ClassVar[Steps] = ("Change what it objects to, and try again.",)
    outage = False


class Unsupported(LiveKitError):
    """This server does not do that, as it is built or configured."""

    status = 501
    word = "Not supported"
    title = "This server doesn’t do that"
    steps: ClassVar[Steps] = ("Nothing was changed.",)
    outage = False


class CallMissing(Unsupported):
    """LiveKit is there, but the call is not: the server is older than it, or a proxy keeps it from the server."""

    word = "Call not available"
    title = "This LiveKit server doesn’t have this call"
    steps: ClassVar[Steps] = (
        "Upgrade livekit-server. Everything else in this dashboard works without this call.",
        "If a proxy is in front of LiveKit, check that it passes on every path under `/twirp`.",
    )


class RemoteUnmuteOff(Unsupported):
    """Unmuting somebody else is off unless the server's configuration allows it."""

    word = "Remote unmute is off"
    title = "This server doesn’t let you unmute others"
    steps = ("Set `enable_remote_unmute: true` under `room:` in the server’s livekit.yaml, and restart it.",)


class NeedsRedis(Unsupported):
    """Egress, ingress and SIP reach their workers through Redis, and this server has none."""

    word = "Needs Redis"
    title = "This server runs without Redis"
    steps: ClassVar[Steps] = (
        "Start a Redis, and name it in the server’s livekit.yaml: `redis:` with `address: host:6379`.",
        "Give the egress, ingress and SIP workers the same address. They find the server through it.",
    )


class Ended(LiveKitError):
    """The recording has ended, so nothing of it can be changed or stopped."""

    status = 409
    word = "Already ended"
    title = "This has ended already"
    steps: ClassVar[Steps] = ("Look at its page for how it ended, and start another one if you need it.",)
    outage = False


class NoWorker(LiveKitError):
    """LiveKit passed the request on, and nobody took it."""

    status = 503
    word = "Nobody answered"
    title = "LiveKit passed this on, and nobody answered"
    steps: ClassVar[Steps] = (
        "For recordings, ingress and calls: check that the worker runs, on the same Redis as the server.",
        "For a participant: they may have left a moment ago.",
    )
    outage = False

    @classmethod
    def like(cls, error: "NoWorker") -> Self:
        """The same failure, said of what was asked for."""
        same = cls(error.reason)
        same.report = error.report
        return same


class NoEgressWorker(NoWorker):
    """LiveKit asked for an egress worker, and none took the recording."""

    word = "No egress worker"
    title = "No egress worker took this"
    steps: ClassVar[Steps] = (
        "Check that livekit-egress runs, and that it names the same Redis as the server.",
        "Check its `api_key`, `api_secret` and `ws_url`: the worker joins the room with them.",
        "Check that it has CPU to spare. A worker takes a room only with some four idle cores, a track with one;"
        " `cpu_cost` in egress.yaml changes that.",
        "Look into its log for the moment of the request.",
    )


class NoIngressWorker(NoWorker):
    """LiveKit asked for an ingress worker, and none fetches the URL."""

    word = "No ingress worker"
    title = "No ingress worker took this"
    steps: ClassVar[Steps] = (
        "Check that livekit-ingress runs, and that it names the same Redis as the server.",
        "Check that it has CPU to spare: a busy worker takes nothing more.",
        "RTMP and WHIP ingresses can be created without a worker.",
    )


class Failed(LiveKitError):
    """An error that LiveKit reports and that fits nothing above."""

    outage = False
