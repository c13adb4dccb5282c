"""The same thing from a terminal or from Python: commands and code that repeat what a form does. No secret is in them."""

import json
from collections.abc import Sequence

from livekit_dashboard.services.tokens.tokens import DEFAULT_YES, TokenRequest

from .shell import shell

# VideoGrants that `lk token create` has a flag of its own for; the rest goes into --grant as JSON.
LK_FLAGS = {
    "room_join": "--join",
    "room_admin": "--admin",
    "room_create": "--create",
    "room_list": "--list",
    "room_record": "--egress",
    "ingress_admin": "--ingress",
    "can_update_own_metadata": "--allow-update-metadata",
}


def lk_token(wanted: TokenRequest) -> str:
    """`lk token create …`, after a comment that names what lk has no flag for."""
    parts = [_lacking(wanted) + "lk token create"]
    parts += [flag for name, flag in LK_FLAGS.items() if name in wanted.grants]
    for flag, value in (("--room", wanted.room), ("--identity", wanted.identity), ("--name", wanted.name)):
        if value:
            parts.append(f"{flag} {shell(value)}")
    if wanted.metadata:
        parts.append(f"--metadata {shell(wanted.metadata)}")
    parts += [
        f"--attribute {shell(f'{key}={value}')}"
        for key, value in (wanted.attributes or {}).items()
        if "," not in key + value
    ]
    rest = _rest(wanted)
    if rest:
        parts.append(f"--grant {shell(json.dumps(rest))}")
    parts.append(f"--valid-for {wanted.ttl}s")
    return " \\\n  ".join(parts)


def python_token(wanted: TokenRequest) -> str:
    """A snippet for livekit-api; key and secret come from the environment."""
    grants = [f"{name}=True" for name in sorted(wanted.grants - DEFAULT_YES)]
    grants += [f"{name}=False" for name in sorted(DEFAULT_YES - wanted.grants)]
    if wanted.room:
        grants.append(f"room={wanted.room!r}")
    if wanted.destination_room:
        grants.append(f"destination_room={wanted.destination_room!r}")
    if wanted.sources:
        grants.append(f"can_publish_sources={list(wanted.sources)!r}")
    calls = [
        f"with_ttl(timedelta(seconds={wanted.ttl}))",
        f"with_grants(api.VideoGrants({', '.join(grants)}))",
    ]
    for method, value in (
        ("with_identity", wanted.identity),
        ("with_name", wanted.name),
        ("with_metadata", wanted.metadata),
        ("with_attributes", dict(wanted.attributes or {})),
        ("with_room_preset", wanted.room_preset),
    ):
        if value:
            calls.append(f"{method}({value!r})")
    calls += _rare_calls(wanted)
    imports = ["from datetime import timedelta", "", "from livekit import api"]
    if wanted.room_config:
        imports += ["from google.protobuf.json_format import ParseDict"]
    chain = "\n    .".join(["api.AccessToken()", *calls, "to_jwt()"])
    return "\n".join(
        [
            *imports,
            "",
            "# LIVEKIT_API_KEY and LIVEKIT_API_SECRET are read from the environment.",
            f"token = (\n    {chain}\n)",
        ]
    )


def _rare_calls(wanted: TokenRequest) -> Sequence[str]:
    calls = []
    if wanted.kind != "standard":
        calls.append(f"with_kind({wanted.kind!r})")
    if wanted.sip_admin or wanted.sip_call:
        calls.append(f"with_sip_grants(api.SIPGrants(admin={wanted.sip_admin}, call={wanted.sip_call}))")
    if wanted.room_config:
        calls.append(f"with_room_config(ParseDict({dict(wanted.room_config)!r}, api.RoomConfiguration()))")
    return calls


def _lacking(wanted: TokenRequest) -> str:
    lacking = {
        "the kind": wanted.kind != "standard",
        "SIP grants": wanted.sip_admin or wanted.sip_call,
        "the room preset": wanted.room_preset,
        "the room configuration": wanted.room_config,
        # lk ends a value at a comma.
        "attributes with commas": any("," in key + value for key, value in (wanted.attributes or {}).items()),
    }
    words = [word for word, needed in lacking.items() if needed]
    return f"# lk can't set {', '.join(words)}; the Python can.\n" if words else ""


def _rest(wanted: TokenRequest) -> dict[str, object]:
    """The grants without a flag, by their names in the token."""
    rest: dict[str, object] = {
        _camel(name): True for name in sorted(wanted.grants - DEFAULT_YES - set(LK_FLAGS))
    }
    rest |= {_camel(name): False for name in sorted(DEFAULT_YES - wanted.grants)}
    if wanted.sources:
        rest["canPublishSources"] = list(wanted.sources)
    if wanted.destination_room:
        rest["destinationRoom"] = wanted.destination_room
    return rest


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
