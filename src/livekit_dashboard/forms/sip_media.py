"""What the forms of trunks and of dispatch rules share: media, headers, checks of numbers and hosts."""

import re
from typing import Any

import wtforms
from livekit.protocol.sip import SIPHeaderOptions, SIPMediaEncryption
from wtforms import ValidationError

from ..services.sip_match.addresses import is_unreadable, usable
from .base import utf8
from .proto import UNSET, Choice, Lines, MaybeChoice, ProtoForm, Seconds, Tick

LONGEST_MEDIA_TIMEOUT = 600  # Seconds; LiveKit's limit.
LONGEST = 365 * 86400  # Seconds; ours, so that a slip of the hand is noticed.

ENCRYPTION = (
    (SIPMediaEncryption.SIP_MEDIA_ENCRYPT_DISABLE, "Off"),
    (SIPMediaEncryption.SIP_MEDIA_ENCRYPT_ALLOW, "Use SRTP if the other side offers it"),
    (SIPMediaEncryption.SIP_MEDIA_ENCRYPT_REQUIRE, "Require SRTP"),
)
HEADERS = (
    (SIPHeaderOptions.SIP_NO_HEADERS, "None"),
    (SIPHeaderOptions.SIP_X_HEADERS, "Those that begin with X-"),
    (SIPHeaderOptions.SIP_ALL_HEADERS, "All"),
)
NUMBERS_HINT = (
    "One a line, best in international form: + and digits. Written otherwise is taken too, as it stands."
)


class Codecs(Lines):
    """Codecs, one a line: `PCMU`, or `PCMU/8000` with a rate."""

    def read(self, holder: Any) -> str:
        return "\n".join(
            f"{codec.name}/{codec.rate}" if codec.rate else codec.name for codec in holder.codecs
        )

    def write(self, holder: Any) -> None:
        holder.ClearField("codecs")
        for name, _, rate in (line.partition("/") for line in self.lines):
            holder.codecs.add(name=name, rate=int(rate or 0))


def codec_lines(_: wtforms.Form, field: Codecs) -> None:
    """Each line is a codec."""
    for line in field.lines:
        if not re.fullmatch(r"[^\s/]+(/[0-9]{1,9})?", line):
            raise ValidationError(f"“{line}” is no codec. Write PCMU, or PCMU/8000 with a sample rate.")


def source_addresses(_: wtforms.Form, field: Lines) -> None:
    """Each line is an address, a range or a host name: LiveKit would pass over anything else without a word."""
    for line in field.lines:
        if not usable([line]):
            raise ValidationError(
                f"“{line}” is no address: LiveKit would ignore it. Write 203.0.113.7 or 203.0.113.0/24,"
                " without scheme, blanks or lists."
            )
        if is_unreadable(line):
            raise ValidationError(f"“{line}” can’t be read. Write 203.0.113.7 or 203.0.113.0/24.")


def host(_: wtforms.Form, field: wtforms.Field) -> None:
    """A host or address, with a port if need be, and no SIP URI: LiveKit adds what makes it one."""
    text = field.data or ""
    if re.match(r"sips?:", text, re.IGNORECASE):
        raise ValidationError("Leave out sip: and give the host alone, such as sip.example.com:5060.")
    if "transport=" in text or ";" in text:
        raise ValidationError("Leave out what comes after the semicolon. The transport is chosen below.")
    if "@" in text:
        raise ValidationError("Leave out the user and the @. The number that is called becomes the user.")
    if re.search(r"\s", text) or "://" in text:
        raise ValidationError("Give the host alone, such as sip.example.com:5060.")


class MediaForm(ProtoForm):
    """SIPMediaConfig, which trunks of both directions and dispatch rules have."""

    encryption = MaybeChoice("Media encryption", ((UNSET, "Not set"), *ENCRYPTION), path="media.encryption")
    codecs = Codecs(
        "Codecs",
        validators=[utf8, codec_lines],
        path="media.codecs",
        description="One a line, such as PCMU or PCMU/8000. LiveKit SIP’s own list if empty.",
    )
    only_listed_codecs = Tick(
        "Only these codecs",
        path="media.only_listed_codecs",
        description="Else they come before LiveKit’s own.",
    )
    media_timeout = Seconds(
        "Hang up without media after",
        path="media.media_timeout",
        high=LONGEST_MEDIA_TIMEOUT,
        description="Seconds, 600 at most. LiveKit SIP’s own if empty or 0.",
    )
    media_encryption = Choice(
        "Media encryption, older field",
        ENCRYPTION,
        description="Counts only where the one above is not set.",
    )
