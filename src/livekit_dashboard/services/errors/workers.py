"""Failures of a call that LiveKit passed on to a worker."""

from typing import ClassVar, Self

from .tree import LiveKitError, Steps


class NoWorker(LiveKitError):
    """LiveKit passed the request on to a worker or a participant, and got no response."""

    status = 503
    word = "No response"
    title = "LiveKit got no response to this"
    steps: ClassVar[Steps] = (
        "For recordings, ingress and calls: check that the worker is running, with the same Redis as the server.",
        "For a participant: check that they are still in the room.",
    )
    outage = False

    @classmethod
    def like(cls, error: "NoWorker") -> Self:
        """The same failure as this more specific kind."""
        same = cls(error.reason)
        same.report = error.report
        return same


class NoEgressWorker(NoWorker):
    """No egress worker accepted the recording."""

    word = "No egress worker"
    title = "No egress worker accepted this"
    steps: ClassVar[Steps] = (
        "Check that livekit-egress is running, with the same Redis as the server.",
        "Check its `api_key`, `api_secret` and `ws_url`: the worker joins the room with them.",
        "Check its CPU load. A worker accepts a room only with about four idle cores, and a track with one;"
        " `cpu_cost` in egress.yaml changes that.",
        "Check its log at the time of the request.",
    )


class NoIngressWorker(NoWorker):
    """No ingress worker accepted the URL."""

    word = "No ingress worker"
    title = "No ingress worker accepted this"
    steps: ClassVar[Steps] = (
        "Check that livekit-ingress is running, with the same Redis as the server.",
        "Check its CPU load: a busy worker accepts nothing more.",
        "RTMP and WHIP ingresses can be created without a worker.",
    )
