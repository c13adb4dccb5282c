"""Checks of trunks, rules and calls that the server refuses, with its own error messages."""

import re
from collections.abc import Mapping
from typing import Any

from livekit.protocol import models, sip

from livekit_dashboard.simulator.errors import TwirpError, internal

LONGEST_MEDIA_TIMEOUT = 600

_TOKEN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~")
_OWN_HEADERS = frozenset(
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "allow",
        "allow-events",
        "call-id",
        "contact",
        "content-encoding",
        "content-length",
        "content-type",
        "cseq",
        "event",
        "expires",
        "from",
        "max-forwards",
        "record-route",
        "refer-to",
        "reply-to",
        "k",
        "l",
        "m",
        "o",
        "r",
        "t",
        "u",
        "v",
    ]
)
_QUOTABLE = re.compile(r'(?:[^"\\\n]|\\[abfnrtv\\"]|\\x[0-9a-fA-F]{2}|\\[0-7]{3}|\\u[0-9a-fA-F]{4})*')


class RefusedError(Exception):
    """Something that the server does not accept; ``code`` is set where its own error has one."""

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code

    def in_request(self) -> TwirpError:
        """The error for a request that was sent."""
        return TwirpError("invalid_argument", str(self))

    def in_result(self) -> TwirpError:
        """The error for the result of an update, which is less specific."""
        return internal(self.code, str(self)) if self.code else TwirpError("unknown", str(self))


def check_inbound(trunk: sip.SIPInboundTrunkInfo) -> None:
    """Raises RefusedError for an inbound trunk that anyone could use, or with bad headers or media."""
    if not (trunk.auth_username or trunk.auth_password or trunk.allowed_addresses or trunk.numbers):
        raise RefusedError(
            "for security, one of the fields must be set: "
            "AuthUsername+AuthPassword, AllowedAddresses or Numbers",
            "invalid_argument",
        )
    check_media(trunk.media)
    _check_headers(trunk)


def check_outbound(trunk: sip.SIPOutboundTrunkInfo) -> None:
    """Raises RefusedError for an outbound trunk that cannot call."""
    if not trunk.numbers:
        raise RefusedError("no trunk numbers specified")
    if not trunk.address:
        raise RefusedError("no outbound address specified")
    _check_host(trunk.address, "trunk address")
    _check_host(trunk.from_host, "from_host")
    _check_headers(trunk)
    check_media(trunk.media)


def check_rule(rule: sip.SIPDispatchRuleInfo) -> None:
    """Raises RefusedError for a rule that leads nowhere."""
    if not rule.HasField("rule"):
        raise RefusedError("missing rule")
    check_media(rule.media)


def check_call(request: sip.CreateSIPParticipantRequest) -> None:
    """Raises RefusedError for a call that cannot be placed. Countries are not looked up, as the server does."""
    if not (request.sip_trunk_id or request.HasField("trunk") or request.sip_number):
        raise RefusedError("missing sip trunk id and sip number")
    if request.HasField("trunk"):
        _check_inline_trunk(request.trunk)
    if not request.sip_call_to:
        raise RefusedError("missing sip callee number")
    if "@" in request.sip_call_to:
        raise RefusedError("SipCallTo should be a phone number or SIP user, not a full SIP URI")
    if not request.room_name:
        raise RefusedError("missing room name")
    if len(request.display_name.encode()) > 128:
        raise RefusedError("DisplayName too long (max 128 characters)")
    if not _QUOTABLE.fullmatch(request.display_name):
        raise RefusedError("DisplayName must be a valid quoted string: invalid syntax")
    _check_destination(request.destination)
    check_header_values(request.headers)
    check_media(request.media)


def check_transfer(request: sip.TransferSIPParticipantRequest) -> None:
    """Raises RefusedError for a transfer to nowhere."""
    if not request.transfer_to:
        raise RefusedError("missing transfer to")
    if not request.transfer_to.removeprefix("<").startswith(("sip:", "sips:", "tel:")):
        raise RefusedError("transfer_to must be a valid SIP(s) or TEL URI (sip:, sips: or tel:)")
    check_header_values(request.headers)


def check_update(diff: Any) -> None:
    """Raises RefusedError for changes to some fields that make no sense, whatever they are applied to."""
    for field, value in diff.ListFields():
        if isinstance(value, models.ListUpdate):
            _check_list_update(value)
        elif field.name == "media":
            check_media(value)


def check_media(media: sip.SIPMediaConfig) -> None:
    """Raises RefusedError for codecs without a proper name and for timeouts out of range."""
    for codec in media.codecs:
        if not codec.name:
            raise RefusedError("missing codec name")
        if set(codec.name) & set(" \t\n\r"):
            raise RefusedError("invalid codec name")
        if "/" in codec.name:
            raise RefusedError("codec name must not contain '/'")
    seconds = media.media_timeout.ToNanoseconds() / 1e9
    if seconds < 0:
        raise RefusedError("media_timeout must not be negative")
    if seconds > LONGEST_MEDIA_TIMEOUT:
        raise RefusedError("media_timeout must not exceed 10m0s")


def check_header_values(headers: Mapping[str, str]) -> None:
    """Raises RefusedError for headers that SIP does not allow or that LiveKit sets itself."""
    for name, value in headers.items():
        _check_header_name(name)
        if name.lower() in _OWN_HEADERS:
            raise RefusedError(f"invalid header name: header name {name} not supported")
        if len(value.encode()) > 1024:
            raise RefusedError(
                f"invalid header value for {name}: header {name}: value too long (max 1024 characters)"
            )
        for char in value:
            if ord(char) == 127 or (ord(char) < 32 and char != "\t"):
                raise RefusedError(
                    f"invalid header value for {name}: header {name}: value: char {ord(char)} not allowed"
                )


def _check_headers(trunk: sip.SIPInboundTrunkInfo | sip.SIPOutboundTrunkInfo) -> None:
    check_header_values(trunk.headers)
    _check_mappings(trunk)


def _check_mappings(trunk: Any) -> None:
    for name in (*trunk.attributes_to_headers.values(), *trunk.headers_to_attributes):
        _check_header_name(name)


def _check_header_name(name: str) -> None:
    if not name:
        raise RefusedError("invalid header name: header name cannot be empty")
    if len(name.encode()) > 255:
        raise RefusedError("invalid header name: header name too long (max 255 characters)")
    for char in name:
        if char not in _TOKEN:
            # The server's spelling.
            why = (
                "not allowed"
                if char.isascii()
                else "out of range, consider explicilty adding utf8 characters"
            )
            raise RefusedError(
                f"invalid header name: header name {name} contains invalid characters: char {ord(char)} {why}"
            )


def _check_inline_trunk(trunk: sip.SIPOutboundConfig) -> None:
    if not trunk.hostname:
        raise RefusedError("no outbound hostname specified")
    _check_host(trunk.hostname, "trunk hostname")
    _check_host(trunk.from_host, "from_host")
    _check_mappings(trunk)


def _check_host(value: str, name: str) -> None:
    if "transport=" in value:
        raise RefusedError(f"{name} should not contain transport parameter")
    if set(value) & set("@;") or value.startswith(("sip:", "sips:")):
        raise RefusedError(f"{name} should be a hostname or IP, not SIP URI")


def _check_destination(destination: sip.Destination) -> None:
    if destination.city and not (destination.country or destination.region):
        raise RefusedError("if city is specified, country or region must also be specified")
    if destination.country and not re.fullmatch("(?!XX|ZZ)[A-Z]{2}", destination.country):
        raise RefusedError("country must be a valid ISO 3166-1 alpha-2 code (2-letter like 'US', 'IN', 'UK')")


def _check_list_update(update: models.ListUpdate) -> None:
    changed = bool(update.set or update.add or update.remove)
    if not (update.clear or changed):
        raise RefusedError("unsupported list update operation")
    if update.clear and changed:
        raise RefusedError("cannot clear and change the list at the same time")
    if update.set and (update.add or update.remove):
        raise RefusedError("cannot set and change the list at the same time")
    if "" in (*update.set, *update.add, *update.remove):
        raise RefusedError("empty element in the list")
