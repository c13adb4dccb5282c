"""Entries that match every call or none, in each spelling that was found, and what is sound beside them."""

import re
from pathlib import Path

import pytest
from livekit.protocol.sip import SIPOutboundTrunkInfo

from livekit_dashboard.services.sip.match import faults
from livekit_dashboard.services.sip.match.entries import oddity_of
from livekit_dashboard.services.sip.match.fault import CODES
from tests.sip_builders import NUMBER, direct, individual, trunk

DOCUMENT = Path(__file__).parents[3] / "docs" / "sip-faults.md"


def codes(*found: object) -> list[str]:
    return sorted(fault.code for fault in faults(*found))  # type: ignore[arg-type]


def outbound(address: str = "sip.telnyx.com", *numbers: str, **fields: str) -> SIPOutboundTrunkInfo:
    return SIPOutboundTrunkInfo(
        sip_trunk_id="ST_out", address=address, numbers=numbers or (NUMBER,), **fields
    )


EVERYWHERE = [
    ["0.0.0.0/0"],
    ["::/0"],
    ["0.0.0.0/0", "::/0"],
    ["203.0.113.7/0"],
    ["0.0.0.0/1", "128.0.0.0/1"],
    ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"],
    [f"{n * 16}.0.0.0/4" for n in range(14)],
    [f"{n}.0.0.0/8" for n in range(1, 224)],
    ["2000::/3"],
    ["2000::/4", "3000::/4"],
    ["203.0.113.0/24", "0.0.0.0/0"],
    # Half is no restriction either.
    ["0.0.0.0/1"],
    ["128.0.0.0/1", "10.0.0.0/8"],
    ["::/1"],
]


@pytest.mark.parametrize("addresses", EVERYWHERE, ids=lambda addresses: " ".join(addresses)[:40])
def test_the_whole_internet_however_written(addresses: list[str]) -> None:
    assert "open_to_all" in codes([trunk("A", (), allowed_addresses=addresses)], [direct()])
    assert "any_address" in codes([trunk(allowed_addresses=addresses)], [direct()])
    guarded = trunk("A", (), allowed_addresses=addresses, auth_username="u", auth_password="p")
    assert codes([guarded], [direct()]) == ["any_address"]


@pytest.mark.parametrize(
    "addresses",
    [
        ["203.0.113.7"],
        ["203.0.113.0/24", "198.51.100.0/23"],
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fd00::/8"],
        ["2001:db8::/32"],
        ["54.172.60.0/30", "168.86.128.0/18"],
    ],
    ids=str,
)
def test_addresses_of_providers_and_private_ones_are_sound(addresses: list[str]) -> None:
    assert codes([trunk("A", (), allowed_addresses=addresses)], [direct()]) == []


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("54.0.0.0/8", "wide_addresses"),
        ("54.172.60.1/7", "wide_addresses"),
        ("2600::/12", "wide_addresses"),
        ("0.0.0.0", "unmatched_addresses"),
        ("::", "unmatched_addresses"),
        ("0.0.0.0/32", "unmatched_addresses"),
        ("255.255.255.255", "unmatched_addresses"),
        ("224.0.0.0/4", "unmatched_addresses"),
        ("::ffff:203.0.113.7", "unmatched_addresses"),
        ("::ffff:0:0/96", "unmatched_addresses"),
        ("10.0.0.5:5060", "unreadable_addresses"),
        ("10.0.0.0/33", "unreadable_addresses"),
        ("10.0.0", "unreadable_addresses"),
        ("10.0.0.256", "unreadable_addresses"),
        ("10.0.0.x", "unreadable_addresses"),
        ("10.0.0.1-10.0.0.9", "unreadable_addresses"),
        ("[2001:db8::1]", "unreadable_addresses"),
        ("10.0.0.*", "ignored_addresses"),
        ("*", "ignored_addresses"),
        ("sip:10.0.0.5", "unreadable_addresses"),
        ("https://10.0.0.5", "ignored_addresses"),
        ("sip.twilio.com", "host_names"),
        ("", "empty_entry"),
    ],
)
def test_addresses_that_match_too_much_or_nothing(entry: str, code: str) -> None:
    assert code in codes([trunk(allowed_addresses=[entry])], [direct()])


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        *((entry, "number_pattern") for entry in ("*", "+*", "+1555*", ".*", "^\\+1.*$", "+1555%", "_1NXXNXXXXXX")),
        *((entry, "number_pattern") for entry in ("1555XXXXXXX", "+1555xxxx", "+1(555)XXX-XXXX", "+1555???????")),
        *((entry, "number_pattern") for entry in ("+15550100-+15550199", "15550100..15550199", "[0-9]+", "anything*")),
        *((entry, "number_uri") for entry in ("sip:+15550100@host", "<sip:+15550100@host>", "tel:+15550100")),
        *((entry, "number_uri") for entry in ("+15550100@sip.example.com", "SIPS:+15550100@host", "alice@pbx")),
        *((entry, "number_list") for entry in ("+15550100,+15550101", "15550100; 15550101", "+15550100 +15550101")),
        *((entry, "number_characters") for entry in ("+1.555.0100", "+1/5550100", "＋15550100", "+1‑555‑0100")),
        *((entry, "number_characters") for entry in ("+1\u00a0555\u00a00100", "١٥٥٥٠١٠٠", "1-800-FLOWERS", "+", "-", "( )")),
    ],
)  # fmt: skip
def test_numbers_that_match_no_call(entry: str, code: str) -> None:
    assert code in codes([trunk(numbers=(entry,))], [direct()])
    assert code in codes([trunk(allowed_numbers=[entry])], [direct()])
    for field in ("numbers", "inbound_numbers"):
        found = faults([], [direct(**{field: [entry]})])
        assert [(fault.code, fault.breaks) for fault in found] == [(code, "itself")]
    if entry != "*":
        assert code in codes([], [], [outbound("sip.telnyx.com", entry)])


@pytest.mark.parametrize(
    "entry",
    [NUMBER, "15550100", "+1 (555) 0100", "0049 30 901820", "112", "*98", "#31#", "alice", "anonymous", "user-1001"],
)  # fmt: skip
def test_numbers_and_names_that_calls_have_are_sound(entry: str) -> None:
    assert oddity_of(entry) is None


def test_an_outbound_trunk_may_list_an_asterisk() -> None:
    assert codes([], [], [outbound("sip.telnyx.com", "*")]) == []


def test_a_number_beside_an_odd_entry_still_matches() -> None:
    [fault] = faults([trunk(numbers=(NUMBER, "+1555*"))], [direct()])
    assert (fault.code, fault.breaks) == ("number_pattern", "nothing")


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("${EXTERNAL_IP}:5062", "impossible_address"),
        ("<my-trunk>.pstn.twilio.com", "impossible_address"),
        ("{{ sip_host }}", "impossible_address"),
        ("$SIP_HOST", "impossible_address"),
        ("%SIP_HOST%", "impossible_address"),
        ("sip.telnyx.com:port", "impossible_address"),
        ("sip.telnyx.com:0", "impossible_address"),
        ("sip.telnyx.com:70000", "impossible_address"),
        ("2001:db8::1", "impossible_address"),
        ("10.0.0.256", "impossible_address"),
        ("sip..telnyx.com", "impossible_address"),
        ("-sip.telnyx.com", "impossible_address"),
        ("sip.telnyx.com/path", "impossible_address"),
        ("sip.example.com", "placeholder_address"),
        ("EXAMPLE.org:5060", "placeholder_address"),
        ("your-provider.com", "placeholder_address"),
        ("sip.your-domain.com", "placeholder_address"),
        ("my-trunk.pstn.twilio.com", "placeholder_address"),
        ("changeme", "placeholder_address"),
        ("SIP_TRUNK_HOST", "placeholder_address"),
        ("x.x.x.x", "placeholder_address"),
        ("localhost:5080", "local_address"),
        ("127.0.0.1", "local_address"),
        ("[::1]:5060", "local_address"),
    ],
)
def test_outbound_addresses_that_no_call_should_go_to(address: str, code: str) -> None:
    assert codes([], [], [outbound(address)]) == [code]


@pytest.mark.parametrize(
    "address",
    [
        *("sip.telnyx.com", "acme.pstn.twilio.com:5061", "203.0.113.7", "192.168.1.10:5060", "[2001:db8::1]:5060"),
        *("pbx", "sbc_1.acme.co.uk", "fpbx.myserver.net", "mypbx.net", "exxon.com", "sip.telnyx.com."),
    ],
)  # fmt: skip
def test_outbound_addresses_that_are_sound(address: str) -> None:
    found = codes([], [], [outbound(address)])
    assert found == []


def test_half_a_login_of_an_outbound_trunk() -> None:
    assert codes([], [], [outbound(auth_username="u")]) == ["half_a_login"]
    assert codes([], [], [outbound(auth_username="u", auth_password="p")]) == []


def test_ones_own_number_as_the_caller() -> None:
    """Also in another spelling, and in a rule for any trunk."""
    assert codes([trunk(allowed_numbers=["1 555 0100"])], [direct()]) == ["own_number_as_caller"]
    for rule in (direct(inbound_numbers=[NUMBER]), direct(trunk_ids=["ST_A"], inbound_numbers=["15550100"])):
        [fault] = faults([trunk()], [rule])
        assert (fault.code, fault.trunks, fault.rules) == ("own_number_as_caller", ("ST_A",), ("SDR_1",))
        assert "belongs in numbers" in fault.remedy


def test_a_rule_in_another_spelling_also_where_it_names_no_trunk() -> None:
    assert codes([trunk()], [direct(numbers=["15550100"])]) == ["spelling"]
    assert codes([trunk("A", ("+1555",))], [direct(numbers=["+1 (777) 0100"])]) == ["spelling"]
    assert codes([trunk()], [direct(numbers=["15550100", NUMBER])]) == ["duplicates"]


def test_a_trunk_by_name_and_an_outbound_one() -> None:
    named = trunk("A", name="PBX_INBOUND")
    [fault, silent] = faults([named], [direct(trunk_ids=["PBX_INBOUND"])])
    assert {fault.code, silent.code} == {"missing_trunks", "no_rule"}
    remedies = fault.remedy + silent.remedy
    assert "“PBX_INBOUND” is a name: enter the ID, ST_A." in remedies
    found = faults([], [direct(trunk_ids=["ST_out"])], [outbound()])
    assert "outbound trunk" in found[0].remedy


def test_a_rule_that_others_always_come_before() -> None:
    before = direct("1", trunk_ids=["ST_A"], numbers=[NUMBER])
    assert codes([trunk()], [before, individual("2", trunk_ids=["ST_A"])]) == ["shadowed"]
    # The second number of the trunk is left to it.
    assert codes([trunk("A", (NUMBER, "+15550101"))], [before, individual("2", trunk_ids=["ST_A"])]) == []
    # A caller who is asked for a PIN can go on without one.
    asking = direct("1", trunk_ids=["ST_A"], numbers=[NUMBER], pin="1")
    assert codes([trunk()], [asking, individual("2", trunk_ids=["ST_A"])]) == []


def test_each_code_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    assert documented == sorted(CODES)
