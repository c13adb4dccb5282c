"""The outcome of an accepted call: its room, and its participant there."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf.message import Message
from livekit.protocol.sip import (
    SIPDispatchRuleInfo,
    SIPHeaderOptions,
    SIPInboundTrunkInfo,
    SIPMediaConfig,
    SIPMediaEncryption,
)

from livekit_dashboard.services.stored import masked_json

from .call import Call, Failure, label
from .rules import kind_of, room_of

# Stands where LiveKit puts 12 letters and digits of its own.
RANDOM = "<random>"
_DISABLED = SIPMediaEncryption.SIP_MEDIA_ENCRYPT_DISABLE
_ENCRYPTION = {
    _DISABLED: "off",
    SIPMediaEncryption.SIP_MEDIA_ENCRYPT_ALLOW: "allowed",
    SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE: "required",
}
_HEADERS = {
    SIPHeaderOptions.SIP_NO_HEADERS: "none",
    SIPHeaderOptions.SIP_X_HEADERS: "X-* headers",
    SIPHeaderOptions.SIP_ALL_HEADERS: "all headers",
}


@dataclass(frozen=True)
class Media:
    """The rule’s settings, or the trunk’s where the rule has none. `timeout` in seconds; None is LiveKit SIP’s own."""

    encryption: str  # "off", "allowed" or "required".
    codecs: tuple[str, ...]
    only_listed_codecs: bool
    timeout: float | None


@dataclass(frozen=True)
class Agent:
    """An agent that the room configuration dispatches when the call opens the room."""

    name: str
    metadata: str


@dataclass(frozen=True)
class Outcome:
    """An accepted call. `<random>` stands for what LiveKit makes up; timeouts are in seconds, None where unset."""

    room: str
    random_room: bool
    identity: str
    name: str
    attributes: Mapping[str, str]  # LiveKit SIP adds more, such as sip.callStatus.
    metadata: str
    room_preset: str
    room_config: str  # Protobuf JSON, secrets masked; empty where the rule has none.
    agents: tuple[Agent, ...]
    headers: Mapping[str, str]
    headers_to_attributes: Mapping[str, str]
    attributes_to_headers: Mapping[str, str]
    include_headers: str  # "none", "X-* headers" or "all headers".
    ringing_timeout: float | None
    max_call_duration: float | None
    krisp: bool
    media: Media


@dataclass(frozen=True)
class _Caller:
    """Who the participant says it is; `number` is cut where the rule hides it."""

    identity: str
    number: str


def evaluate(trunk: SIPInboundTrunkInfo | None, rule: SIPDispatchRuleInfo, call: Call) -> Outcome | Failure:
    """What a chosen rule makes of a call. The trunk is None where none matched."""
    caller = _identify(rule, call)
    if isinstance(caller, Failure):
        return caller
    source = SIPInboundTrunkInfo() if trunk is None else trunk
    room, random = _room(rule, call, caller)
    config = rule.room_config
    return Outcome(
        room=room,
        random_room=random,
        identity=caller.identity,
        name=f"Phone {caller.number}",
        attributes=_attributes(source, rule, call),
        metadata=rule.metadata,
        room_preset=rule.room_preset,
        room_config=masked_json(config) if rule.HasField("room_config") else "",
        agents=tuple(Agent(agent.agent_name, agent.metadata) for agent in config.agents),
        headers=dict(source.headers),
        headers_to_attributes=dict(source.headers_to_attributes),
        attributes_to_headers=dict(source.attributes_to_headers),
        include_headers=_HEADERS.get(source.include_headers, "unknown"),
        ringing_timeout=_seconds(source, "ringing_timeout"),
        max_call_duration=_seconds(source, "max_call_duration"),
        krisp=source.krisp_enabled or rule.krisp_enabled,
        media=_media(trunk, rule),
    )


def nobody_to_hide(rule: SIPDispatchRuleInfo, call: Call) -> Failure | None:
    """The server panics over hiding the number of a caller without one, even where the rule only asks for its PIN."""
    if call.calling or not rule.hide_phone_number:
        return None
    sentence = (
        f"Rule {label(rule)} hides the caller's number. Where there is none to hide, the whole livekit-server "
        "process ends (seen with 1.13.5), and with it all rooms of that node."
    )
    return Failure("cannot_hide", sentence, (rule.sip_dispatch_rule_id,))


def _identify(rule: SIPDispatchRuleInfo, call: Call) -> _Caller | Failure:
    if not rule.hide_phone_number:
        return _Caller(f"sip_{call.calling}", call.calling)
    nobody = nobody_to_hide(rule, call)
    if nobody:
        return nobody
    number = call.calling.encode()
    # Bytes, as in LiveKit; cut inside a character they are no text any more, and the answer is never sent.
    try:
        shown = number[-4 if len(number) > 4 else -1 :].decode()
    except UnicodeDecodeError:
        sentence = f"Rule {label(rule)} hides the caller's number, and LiveKit fails to cut this one."
        return Failure("cannot_hide", sentence, (rule.sip_dispatch_rule_id,))
    return _Caller(f"sip_{hashlib.sha256(number).hexdigest()[:16]}", shown)


def _room(rule: SIPDispatchRuleInfo, call: Call, caller: _Caller) -> tuple[str, bool]:
    kind, given = kind_of(rule), room_of(rule)
    if kind == "direct":
        return given, False
    individual = kind == "individual"
    random = (
        not rule.rule.dispatch_rule_individual.no_randomness
        if individual
        else rule.rule.dispatch_rule_callee.randomize
    )
    parts = [given] if given else []
    parts.append(caller.number if individual else call.called)
    return "_".join([*parts, RANDOM] if random else parts), random


def _attributes(trunk: SIPInboundTrunkInfo, rule: SIPDispatchRuleInfo, call: Call) -> dict[str, str]:
    """Later ones win, so a rule can't set the attributes that LiveKit sets, unless it hides the number."""
    attributes = dict(rule.attributes)
    attributes["sip.callID"] = f"SCL_{RANDOM}"
    attributes["sip.trunkID"] = trunk.sip_trunk_id
    if not rule.hide_phone_number:
        attributes["sip.phoneNumber"] = call.calling
        attributes["sip.hostname"] = call.from_host
        attributes["sip.trunkPhoneNumber"] = call.called
    attributes["sip.ruleID"] = rule.sip_dispatch_rule_id
    return attributes


def _seconds(message: Message, field: str) -> float | None:
    if not message.HasField(field):
        return None
    duration = getattr(message, field)
    return float(duration.seconds + duration.nanos / 1e9)


def _media(trunk: SIPInboundTrunkInfo | None, rule: SIPDispatchRuleInfo) -> Media:
    """The rule's settings over the trunk's: a rule without codecs keeps the trunk's, and whether only those count."""
    under = rule if trunk is None else trunk
    source = (rule if rule.media.codecs else under).media
    timeout = _seconds(rule.media, "media_timeout")
    return Media(
        encryption=_ENCRYPTION.get(_encryption(rule) or _encryption(under), "unknown"),
        codecs=tuple(f"{codec.name}/{codec.rate}" if codec.rate else codec.name for codec in source.codecs),
        only_listed_codecs=source.only_listed_codecs,
        timeout=_seconds(under.media, "media_timeout") if timeout is None else timeout,
    )


def _encryption(item: SIPInboundTrunkInfo | SIPDispatchRuleInfo) -> SIPMediaEncryption:
    """DISABLE is what unset reads as, so it never overrides; the old field counts where the new one is unset."""
    media: SIPMediaConfig = item.media
    return media.encryption if media.HasField("encryption") else item.media_encryption
