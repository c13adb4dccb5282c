"""The form of the match explainer: the call to explain. A GET form, so that its address can be shared."""

import re
from typing import Any
from urllib.parse import unquote

from wtforms import ValidationError

from livekit_dashboard.forms.base import Form, Text, at_most, required, utf8
from livekit_dashboard.services.sip.match import Call
from livekit_dashboard.services.sip.match.addresses import parse_address

LONGEST = 256  # Bytes; our own limit, as no number is longer.

_HEADER = re.compile(r"\A\s*(from|to|f|t)\s*:\s*", re.IGNORECASE)
_IN_BRACKETS = re.compile(r"<([^<>]*)>")
_URI = re.compile(r"(?P<scheme>sips?|tel):(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*):[0-9]{1,5}")


class Party(Text):
    """A number, or the URI or header that it was pasted in. `host` is the host of a URI."""

    host = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data, self.host = read_party(self.data)

    @property
    def pasted(self) -> str:
        """The text as it was entered, where it was read as something else; otherwise empty."""
        text = str(self.raw_data[0]) if self.raw_data else ""
        return text.strip() if text != self.data else ""

    def _value(self) -> str:
        return str(self.raw_data[0]) if self.raw_data else self.data


class MatchForm(Form):
    """The call, under short names in the address."""

    calling = Party(
        "From",
        [required("Enter the caller’s number."), utf8, at_most(LONGEST)],
        name="from",
        description="The caller, as the provider sends it: a number, a SIP URI or the whole From header.",
    )
    called = Party(
        "To",
        [required("Enter the called number."), utf8, at_most(LONGEST)],
        name="to",
        description="The called number, or the whole To header.",
    )
    source = Text(
        "Source address",
        [at_most(LONGEST)],
        description="IP address that the call comes from. If empty, addresses aren’t checked.",
    )
    host = Text("From host", [utf8, at_most(LONGEST)], description="Host in the From header, after the @.")
    pin = Text("PIN", [utf8, at_most(LONGEST)], description="What the caller types when asked. # for none.")

    def validate_source(self, field: Text) -> None:
        """Called by WTForms after the field's own checks."""
        if field.data and parse_address(self._source()) is None:
            raise ValidationError("Enter an IP address, such as 203.0.113.7. LiveKit doesn’t resolve names.")

    def call(self) -> Call:
        """The call to explain. No PIN means that none is typed yet; # alone is an empty one."""
        typed = self.pin.data.removesuffix("#") if self.pin.data else None
        host = _without_port(self.host.data.strip()) or self.calling.host
        return Call(self.calling.data, self.called.data, self._source(), host, typed)

    def readings(self) -> list[tuple[str, str, str]]:
        """Fields that were read as something else than was entered: label, entry, reading."""
        read = [(party.label.text, party.pasted, party.data) for party in (self.calling, self.called)]
        if self.calling.host and not self.host.data:
            read.append((self.host.label.text, self.calling.pasted, self.calling.host))
        if self.source.data != self._source():
            read.append((self.source.label.text, self.source.data, self._source()))
        if self.host.data and self.host.data != _without_port(self.host.data.strip()):
            read.append((self.host.label.text, self.host.data, _without_port(self.host.data.strip())))
        return [reading for reading in read if reading[1]]

    def _source(self) -> str:
        text: str = self.source.data.strip()
        if parse_address(text):
            return text
        return _without_port(text).strip("[]") if text else ""


def read_party(text: str) -> tuple[str, str]:
    """The user and the host of a number, SIP or tel URI, or From or To header.

    Spaces are removed, as no SIP user has any; hyphens and parentheses stay, as LiveKit's rules compare them. One
    space before a digit was a + in an address that wasn't escaped.
    """
    if re.fullmatch(r" [0-9]+", text):
        return f"+{text[1:]}", ""
    bare = _HEADER.sub("", text, count=1)
    bracketed = _IN_BRACKETS.search(bare)
    bare = (bracketed[1] if bracketed else bare).strip().strip("\"'")
    uri = _URI.fullmatch(bare)
    if uri is None and "@" not in bare:
        return re.sub(r"\s", "", bare) or text, ""
    rest = uri["rest"] if uri else bare
    user, at, host = rest.rpartition("@")
    if not at:
        # A tel URI is a number; a SIP URI without a user is a host.
        is_tel = uri is not None and uri["scheme"].lower() == "tel"
        user, host = (rest, "") if is_tel or re.match(r"\+?[0-9]", rest) else ("", rest)
    user = re.sub(r"\s", "", unquote(re.split("[;?]", user)[0]).partition(":")[0])
    return user, _without_port(re.split("[;?>]", host)[0].strip()).strip("[]")


def _without_port(host: str) -> str:
    host = re.sub(r"^(sips?|udp|tcp|tls)[:/]+", "", host, flags=re.IGNORECASE)
    with_port = _PORT.fullmatch(host)
    return with_port[1] if with_port else host
