"""What counts as a phone number in a text, where a page masks it, and where it stays whole."""

import io
import logging
import logging.config

import pytest

from livekit_dashboard.addresses.names import decode_name, encode_name
from livekit_dashboard.cli import _log_config
from livekit_dashboard.phone_numbers import MaskingFormatter, has_number, mask_numbers
from livekit_dashboard.web.masking import mask_page

WHOLE = "+15557654321"
MASKED = "+1555••••21"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (WHOLE, MASKED),
        (f"call-_{WHOLE}_abC2efGh3jkL", f"call-_{MASKED}_abC2efGh3jkL"),
        (f"sip_{WHOLE}", f"sip_{MASKED}"),
        (f"support{WHOLE}", f"support{MASKED}"),
        ("＋15557654321", "＋1555••••21"),
        ("+1 (555) 765-4321", "+1 (5••••21"),
        ("+49 30 901 820", "+49 3••••20"),
        ("+155512", "+••••2"),
        ("%2B15557654321", "%2B15••••21"),
        ("sip_5557654321", "sip_55576••••21"),
        ("sip_1001", "sip_••••"),
        ("Phone 5557654321", "Phone 55576••••21"),
        ("sip:5557654321@pbx.example.com", "sip:55576••••21@pbx.example.com"),
        ("<sips:+15557654321@pbx>;tag=1", "<sips:+1555••••21@pbx>;tag=1"),
        ("tel:5557654321", "tel:55576••••21"),
        ("call-_5557654321_x7Gh2kLmNpQr", "call-_55576••••21_x7Gh2kLmNpQr"),
        (f"no trunk takes {WHOLE}, {WHOLE}", f"no trunk takes {MASKED}, {MASKED}"),
    ],
)
def test_whatever_is_written_as_a_phone_number_is_masked(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked
    assert has_number(text)
    assert mask_numbers(masked) == masked


def test_the_attributes_of_a_phone_hold_numbers_however_short() -> None:
    assert (
        mask_numbers('{"sip.phoneNumber": "1001", "port": 1001}')
        == '{"sip.phoneNumber": "••••", "port": 1001}'
    )
    html = "<dt>sip.trunkPhoneNumber</dt><dd><bdi>5557654321</bdi></dd><p>desk_5557654321</p>"
    assert mask_page(html) == html.replace("5557654321", "55576••••21")
    assert mask_page("&#34;sip.phoneNumber&#34;: &#34;5557654321&#34;").endswith("&#34;55576••••21&#34;")


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01 standup",
        "20261201_presentation",
        "order-20261201120000",
        "1234567890",
        "RM_a1234567890",
        "2026-12-01T10:00:00+00:00",
        "10:00 +0200",
        "+1000 ms",
        "UTC+1",
        "sip:desk@pbx.example.com",
        "https://host:5060/",
        "sip.example.com:5060",
        "room_1234567",
        "eyJhbGciOiJ+1234567iwi",
    ],
)
def test_what_is_no_phone_number_stays(text: str) -> None:
    assert mask_numbers(text) == text
    assert not has_number(text)


@pytest.mark.parametrize(
    "read",
    [
        "<td>{}</td>",
        "<title>{} · x</title>",
        '<a title="{}">',
        "<a aria-label='Open {}'>",
        "<option>{}</option>",
    ],
)
def test_a_page_masks_what_is_read(read: str) -> None:
    assert mask_page(read.format(WHOLE)) == read.format(MASKED)


@pytest.mark.parametrize(
    "used",
    [
        '<a href="/x?to={}">',
        '<button data-copy="{}">',
        '<input value="{}" placeholder="{}">',
        '<textarea name="json">{{"to": "{}"}}</textarea>',
        "<pre data-example>{}</pre>",
    ],
)
def test_a_page_leaves_whole_what_is_used(used: str) -> None:
    html = used.format(WHOLE, WHOLE)
    assert mask_page(html) == html
    assert mask_page(f"{html}<p>{WHOLE}</p>") == f"{html}<p>{MASKED}</p>"


def test_known_numbers_are_masked_without_a_plus_and_typed_ones_are_whole() -> None:
    assert mask_page("<p>desk_5557654321</p>", known=["5557654321", "55"]) == "<p>desk_55576••••21</p>"
    html = "<p>+1 555 765 4321 and +4930901820</p>"
    assert mask_page(html, typed=[WHOLE]) == "<p>+1 555 765 4321 and +4930••••20</p>"


def test_an_address_doesnt_show_the_number_in_a_name() -> None:
    for name in (f"call-_{WHOLE}_a", "sip_5557654321", "call-_5557654321_x7Gh2kLmNpQr"):
        segment = encode_name(name)
        assert "5557654321" not in segment
        assert decode_name(segment) == name
    assert encode_name("room_1234567") == "room_1234567"


def test_log_lines_and_tracebacks_are_masked() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(MaskingFormatter("%(message)s"))
    record = logging.LogRecord("x", logging.WARNING, __file__, 1, "no trunk for %s", (WHOLE,), None)
    try:
        raise ValueError(WHOLE)
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    handler.handle(record)
    assert "5557654321" not in stream.getvalue()
    assert f"no trunk for {MASKED}" in stream.getvalue()


def test_the_programs_log_is_masked() -> None:
    config = _log_config("info")
    formatter = logging.config.DictConfigurator(config).configure_formatter(config["formatters"]["line"])  # type: ignore[attr-defined]
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "%s", (f"/rooms/call-_{WHOLE}",), None)
    assert formatter.format(record).endswith(f"INFO x: /rooms/call-_{MASKED}")
