"""What a token grants, and what LiveKit lets pass in it though it may not be what was meant."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .claims import Claims, Unknown

LEEWAY = 60  # Seconds that LiveKit allows between two clocks.
MILLISECONDS = 1e11  # From here on, a time is no number of seconds that anybody means: the year 5138.
SOURCES = ("camera", "microphone", "screen_share", "screen_share_audio")
PARTICIPANT_KINDS = ("standard", "ingress", "egress", "sip", "agent", "connector", "bridge")
# Grants that open something of the API by themselves, and what: in the order they are told.
API_GRANTS = {
    "roomAdmin": "Moderate this room",
    "roomCreate": "Create and close rooms",
    "roomList": "List rooms",
    "roomRecord": "Record",
    "ingressAdmin": "Manage ingress",
    "agent": "Register as agent worker",
}
OTHER_GRANTS = {
    "canUpdateOwnMetadata": "Edit own name, metadata and attributes",
    "hidden": "Hidden",
    "canSubscribeMetrics": "Subscribe to metrics",
    "canManageAgentSession": "Manage agent session",
    "recorder": "Recorder",
}


def sentence(unknown: Unknown) -> str:
    if not unknown.meant:
        return f"LiveKit doesn’t know `{unknown.claim}`, and ignores it."
    where = ""
    if unknown.meant.startswith("video.") and "." not in unknown.claim:
        where = ", inside `video`"
    return (
        f"LiveKit doesn’t know `{unknown.claim}`; it is called `{unknown.meant.rpartition('.')[2]}`{where}."
    )


def notes(claims: Claims) -> Iterator[str]:
    """What LiveKit lets pass, though it may not be what was meant."""
    yield from (sentence(unknown) for unknown in claims.unknown)
    yield from (str(wrong) for wrong in [*claims.registered, *claims.grants][1:])
    yield from _identity_notes(claims)
    yield from _time_notes(claims)
    yield from _grant_notes(claims.values, claims.video or {})


def _identity_notes(claims: Claims) -> Iterator[str]:
    values = claims.values
    if values.get("identity") and values["identity"] != claims.identity:
        yield "LiveKit ignores `identity`; the identity is `sub`."
    if not values.get("sub") and values.get("jti"):
        yield "The identity comes from `jti`, because `sub` is missing. Newer SDKs set `sub`."


def _time_notes(claims: Claims) -> Iterator[str]:
    values = claims.values
    if "exp" not in values and not claims.registered:
        yield "It never expires: `exp` is missing. LiveKit Cloud refuses such a token, and it can’t be revoked."
    if values.get("exp", 0) >= MILLISECONDS:
        yield "`exp` is in milliseconds. LiveKit reads seconds, so the token is valid for thousands of years."
    issued = values.get("iat", 0)
    if issued >= MILLISECONDS:
        yield "`iat` is in milliseconds. LiveKit doesn’t check it."
    elif issued > time.time() + LEEWAY:
        yield "`iat` is in the future. LiveKit doesn’t check it, but the signer’s clock may be ahead."


def _grant_notes(values: Mapping[str, Any], video: Mapping[str, Any]) -> Iterator[str]:
    if values.get("kind") and values["kind"].lower() not in PARTICIPANT_KINDS:
        kinds = ", ".join(PARTICIPANT_KINDS)
        yield f"LiveKit doesn’t know the kind in `kind` (it knows {kinds}); the participant counts as standard."
    if video.get("roomAdmin") and not video.get("room"):
        yield "`roomAdmin` names no room, so it applies only to a room whose name is empty."
    sources = video.get("canPublishSources")
    if video.get("roomJoin") and sources:
        yield from _source_notes(video, sources)


def _source_notes(video: Mapping[str, Any], sources: Sequence[str]) -> Iterator[str]:
    odd = [source for source in sources if source not in SOURCES]
    if odd:
        names = ", ".join(f"`{source}`" for source in odd)
        be = "is" if len(odd) == 1 else "are"
        then = _lost(sources, odd)
        yield f"{names} in `canPublishSources` {be} none of {', '.join(SOURCES)}{then}."
    if video.get("canPublish") is False:
        yield "`canPublish` is false, so `canPublishSources` has no effect: nothing can be published."


def _lost(sources: Sequence[str], odd: Sequence[str]) -> str:
    """What can't be published, though a misspelled source asks for it."""
    if not set(sources) & set(SOURCES):
        return ", so nothing can be published"
    starts = {source.lower()[:3] for source in odd if source}
    lost = [known.replace("_", " ") for known in SOURCES if known not in sources and known[:3] in starts]
    return f", so no {' and no '.join(lost)} can be published" if lost else ""


def may(claims: Claims) -> Iterator[str]:
    """What the token allows, a phrase each."""
    video, sip = claims.video or {}, claims.sip
    if video.get("roomJoin"):
        yield "Join the room"
        sources = video.get("canPublishSources") or []
        publishes = video.get("canPublish", True)
        if publishes and not sources:
            yield "Publish tracks"
        elif publishes and (known := [source for source in sources if source in SOURCES]):
            yield f"Publish only: {', '.join(known)}"
        if video.get("canSubscribe", True):
            yield "Subscribe to tracks"
        if video.get("canPublishData", publishes):
            yield "Send data"
    yield from (words for name, words in {**OTHER_GRANTS, **API_GRANTS}.items() if video.get(name))
    if sip.get("admin"):
        yield "Manage SIP trunks and rules"
    if sip.get("call"):
        yield "Place and transfer calls"
