"""SIP trunks of both directions: creating, changing, finding, deleting, and what is refused."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from livekit import api
from livekit.protocol import models, sip

from tests.contract.backends import Backend, failure
from tests.livekit_server import forget_telephony

NO_TRUNK = (404, "not_found", "requested sip trunk does not exist")
UNSAFE = "for security, one of the fields must be set: AuthUsername+AuthPassword, AllowedAddresses or Numbers"
LONG = "x" * 256

Inbound = sip.SIPInboundTrunkInfo
Outbound = sip.SIPOutboundTrunkInfo


@pytest.fixture
async def lk(backend: Backend) -> AsyncIterator[api.LiveKitAPI]:
    """The server without any trunk or rule, before and after."""
    yield backend.api
    await forget_telephony(backend.api)


async def inbound(lk: api.LiveKitAPI, **fields: Any) -> Inbound:
    return await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=Inbound(**fields)))


async def outbound(lk: api.LiveKitAPI, **fields: Any) -> Outbound:
    return await lk.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=Outbound(**fields)))


def bad(text: str) -> tuple[int, str, str]:
    return (400, "invalid_argument", text)


async def test_an_inbound_trunk_is_kept_as_it_was_sent(lk: api.LiveKitAPI) -> None:
    sent = Inbound(
        name="A",
        metadata="m",
        numbers=["+15550100", "15550101"],
        allowed_addresses=["10.0.0.0/8"],
        allowed_numbers=["+1777"],
        auth_username="u",
        auth_password="p",
        headers={"X-A": "b"},
        headers_to_attributes={"X-B": "b"},
        attributes_to_headers={"c": "X-C"},
        krisp_enabled=True,
        media_encryption=sip.SIP_MEDIA_ENCRYPT_REQUIRE,
        max_call_duration={"seconds": 60},
    )
    made = await lk.sip.create_inbound_trunk(api.CreateSIPInboundTrunkRequest(trunk=sent))
    assert made.sip_trunk_id.startswith("ST_")
    assert len(made.sip_trunk_id) == 15
    sent.sip_trunk_id = made.sip_trunk_id
    assert made == sent
    assert list((await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items) == [sent]


async def test_an_outbound_trunk_is_kept_as_it_was_sent(lk: api.LiveKitAPI) -> None:
    sent = Outbound(
        name="O",
        address="sip.example.com",
        transport=sip.SIP_TRANSPORT_TLS,
        destination_country="NO",
        numbers=["+47"],
        auth_username="u",
        auth_password="p",
        from_host="example.com",
        media=sip.SIPMediaConfig(codecs=[sip.SIPCodec(name="opus")]),
    )
    made = await lk.sip.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest(trunk=sent))
    sent.sip_trunk_id = made.sip_trunk_id
    assert made == sent
    assert list((await lk.sip.list_outbound_trunk(api.ListSIPOutboundTrunkRequest())).items) == [sent]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, UNSAFE),
        ({"allowed_numbers": ["1"]}, UNSAFE),
        ({"sip_trunk_id": "ST_x", "numbers": ["1"]}, "trunk id must not be set"),
        ({"numbers": ["1"], "headers": {"From": "b"}}, "invalid header name: header name From not supported"),
        (
            {"numbers": ["1"], "headers": {"a b": "c"}},
            "invalid header name: header name a b contains invalid characters: char 32 not allowed",
        ),
        (
            {"numbers": ["1"], "headers": {"é": "c"}},
            "invalid header name: header name é contains invalid characters: "
            "char 233 out of range, consider explicilty adding utf8 characters",
        ),
        ({"numbers": ["1"], "headers": {"": "c"}}, "invalid header name: header name cannot be empty"),
        (
            {"numbers": ["1"], "headers": {LONG: "c"}},
            "invalid header name: header name too long (max 255 characters)",
        ),
        (
            {"numbers": ["1"], "headers": {"X": "a\nb"}},
            "invalid header value for X: header X: value: char 10 not allowed",
        ),
        (
            {"numbers": ["1"], "headers": {"X": LONG * 5}},
            "invalid header value for X: header X: value too long (max 1024 characters)",
        ),
        (
            {"numbers": ["1"], "headers_to_attributes": {"a b": "c"}},
            "invalid header name: header name a b contains invalid characters: char 32 not allowed",
        ),
        (
            {"numbers": ["1"], "attributes_to_headers": {"c": "a b"}},
            "invalid header name: header name a b contains invalid characters: char 32 not allowed",
        ),
        ({"numbers": ["1"], "media": {"codecs": [{}]}}, "missing codec name"),
        ({"numbers": ["1"], "media": {"codecs": [{"name": "a b"}]}}, "invalid codec name"),
        ({"numbers": ["1"], "media": {"codecs": [{"name": "a/b"}]}}, "codec name must not contain '/'"),
        (
            {"numbers": ["1"], "media": {"media_timeout": {"seconds": 601}}},
            "media_timeout must not exceed 10m0s",
        ),
        (
            {"numbers": ["1"], "media": {"media_timeout": {"seconds": -1}}},
            "media_timeout must not be negative",
        ),
    ],
)
async def test_inbound_trunks_that_are_refused(lk: api.LiveKitAPI, fields: Any, text: str) -> None:
    assert await failure(inbound(lk, **fields)) == bad(text)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"address": "a"}, "no trunk numbers specified"),
        ({"numbers": ["1"]}, "no outbound address specified"),
        ({"numbers": ["1"], "address": "sip:a"}, "trunk address should be a hostname or IP, not SIP URI"),
        ({"numbers": ["1"], "address": "u@a"}, "trunk address should be a hostname or IP, not SIP URI"),
        (
            {"numbers": ["1"], "address": "a;transport=tcp"},
            "trunk address should not contain transport parameter",
        ),
        (
            {"numbers": ["1"], "address": "a", "from_host": "u@b"},
            "from_host should be a hostname or IP, not SIP URI",
        ),
        ({"numbers": ["1"], "address": "a", "sip_trunk_id": "ST_x"}, "trunk id must not be set"),
        ({"numbers": ["1"], "address": "a", "media": {"codecs": [{}]}}, "missing codec name"),
    ],
)
async def test_outbound_trunks_that_are_refused(lk: api.LiveKitAPI, fields: Any, text: str) -> None:
    assert await failure(outbound(lk, **fields)) == bad(text)


async def test_no_trunk_at_all(lk: api.LiveKitAPI) -> None:
    calls = lk.sip
    assert await failure(calls.create_inbound_trunk(api.CreateSIPInboundTrunkRequest())) == bad(
        "missing trunk"
    )
    assert await failure(calls.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest())) == bad(
        "missing trunk"
    )


async def test_trunks_that_claim_the_same_number(lk: api.LiveKitAPI) -> None:
    first = (await inbound(lk, numbers=["+15550100", "+15550101"])).sip_trunk_id
    how = 'using the same number(s) ["15550100" "2"] without AllowedNumbers set'
    text = f'Conflicting inbound SIP Trunks: "<new>" and "{first}", {how}'
    assert await failure(inbound(lk, numbers=["15550100", "2"])) == bad(text)


async def test_trunks_that_claim_the_same_caller(lk: api.LiveKitAPI) -> None:
    first = (await inbound(lk, numbers=["+15550100"], allowed_numbers=["+1777"])).sip_trunk_id
    await inbound(lk, numbers=["+15550100"])
    refused = await failure(inbound(lk, numbers=["1 555 0100"], allowed_numbers=["2", "1-777"]))
    # Which of the two is named first depends on their ids, which are random.
    assert refused[:2] == (400, "invalid_argument")
    assert refused[2].startswith("Conflicting inbound SIP Trunks: ")
    assert first in refused[2]
    assert "AllowedNumber" in refused[2]


async def test_two_trunks_for_every_number(lk: api.LiveKitAPI) -> None:
    first = (await inbound(lk, allowed_addresses=["10.0.0.0/8"])).sip_trunk_id
    how = "using the same number(s) <any> without AllowedNumbers set"
    text = f'Conflicting inbound SIP Trunks: "<new>" and "{first}", {how}'
    assert await failure(inbound(lk, auth_username="u")) == bad(text)


async def test_lists_are_filtered(lk: api.LiveKitAPI) -> None:
    one = await inbound(lk, numbers=["+15550100"])
    two = await inbound(lk, numbers=["+15550200"])
    every = await inbound(lk, auth_username="u")
    out = await outbound(lk, numbers=["+1"], address="a")

    async def ids(**wanted: Any) -> list[str]:
        items = (await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest(**wanted))).items
        return [trunk.sip_trunk_id for trunk in items]

    in_order = sorted(trunk.sip_trunk_id for trunk in (one, two, every))
    assert await ids() == in_order
    assert await ids(page=models.Pagination(limit=1)) == in_order
    assert set(await ids(numbers=["1 (555) 0100"])) == {one.sip_trunk_id, every.sip_trunk_id}
    assert await ids(trunk_ids=[two.sip_trunk_id, "ST_none"]) == [two.sip_trunk_id]
    listed = lk.sip.list_outbound_trunk
    assert list((await listed(api.ListSIPOutboundTrunkRequest(numbers=["+1"]))).items) == [out]
    assert list((await listed(api.ListSIPOutboundTrunkRequest(numbers=["1"]))).items) == []
    assert list((await listed(api.ListSIPOutboundTrunkRequest(trunk_ids=["ST_none"]))).items) == []


async def test_replacing_a_trunk(lk: api.LiveKitAPI) -> None:
    one = await inbound(lk, name="A", numbers=["1"], metadata="m")
    replaced = await lk.sip.update_inbound_trunk(one.sip_trunk_id, Inbound(name="B", numbers=["1"]))
    assert replaced == Inbound(sip_trunk_id=one.sip_trunk_id, name="B", numbers=["1"])
    two = await outbound(lk, name="A", numbers=["1"], address="a", metadata="m")
    changed = Outbound(name="B", numbers=["1"], address="b")
    assert (await lk.sip.update_outbound_trunk(two.sip_trunk_id, changed)).metadata == ""


async def test_changing_fields_of_an_inbound_trunk(lk: api.LiveKitAPI) -> None:
    made = await inbound(
        lk, name="A", numbers=["1", "2"], metadata="m", auth_password="p", krisp_enabled=True
    )
    changed = await lk.sip.update_inbound_trunk_fields(
        made.sip_trunk_id,
        numbers=models.ListUpdate(add=["3", "1"], remove=["2"]),
        allowed_numbers=["9"],
        name="",
    )
    made.numbers[:] = ["1", "3"]
    made.allowed_numbers[:] = ["9"]
    made.name = ""
    made.media.SetInParent()
    assert changed == made
    assert list((await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items) == [made]


async def test_changing_fields_of_an_outbound_trunk(lk: api.LiveKitAPI) -> None:
    made = await outbound(
        lk, numbers=["1"], address="a", auth_password="p", media_encryption=sip.SIP_MEDIA_ENCRYPT_ALLOW
    )
    changed = await lk.sip.update_outbound_trunk_fields(
        made.sip_trunk_id, address="b", transport=sip.SIP_TRANSPORT_TCP, numbers=["2"]
    )
    assert (changed.address, changed.transport, list(changed.numbers)) == ("b", sip.SIP_TRANSPORT_TCP, ["2"])
    assert changed.auth_password == "p"
    assert changed.media.encryption == changed.media_encryption == sip.SIP_MEDIA_ENCRYPT_ALLOW


async def test_an_update_that_leads_to_something_unusable(lk: api.LiveKitAPI) -> None:
    """Its errors look different from those of the same fields in a request."""
    out = await outbound(lk, numbers=["1"], address="a")
    call = lk.sip.update_outbound_trunk_fields(out.sip_trunk_id, address="")
    assert await failure(call) == (500, "unknown", "no outbound address specified")


async def test_emptying_a_list(backend: Backend, lk: api.LiveKitAPI) -> None:
    """``clear`` is not passed on by the SDK's own function."""
    made = await inbound(lk, numbers=["1"], allowed_numbers=["2"])

    async def clear(name: str) -> Inbound:
        update = sip.SIPInboundTrunkUpdate(**{name: models.ListUpdate(clear=True)})  # type: ignore[arg-type]
        request = sip.UpdateSIPInboundTrunkRequest(sip_trunk_id=made.sip_trunk_id, update=update)
        return await backend.sip("UpdateSIPInboundTrunk", request, Inbound)

    assert list((await clear("allowed_numbers")).allowed_numbers) == []
    assert await failure(clear("numbers")) == bad(f"twirp error unknown: {UNSAFE}")


@pytest.mark.parametrize(
    ("update", "text"),
    [
        ({}, "unsupported list update operation"),
        ({"clear": True, "set": ["1"]}, "cannot clear and change the list at the same time"),
        ({"set": ["1"], "add": ["2"]}, "cannot set and change the list at the same time"),
        ({"add": [""]}, "empty element in the list"),
    ],
)
async def test_changes_to_a_list_that_make_no_sense(backend: Backend, update: Any, text: str) -> None:
    change = sip.SIPInboundTrunkUpdate(numbers=models.ListUpdate(**update))
    request = sip.UpdateSIPInboundTrunkRequest(sip_trunk_id="ST_none", update=change)
    assert await failure(backend.sip("UpdateSIPInboundTrunk", request, Inbound)) == bad(text)


async def test_updates_that_are_refused(backend: Backend, lk: api.LiveKitAPI) -> None:
    one = (await inbound(lk, numbers=["1"])).sip_trunk_id
    update = lk.sip.update_inbound_trunk
    assert await failure(update("ST_none", Inbound(numbers=["1"]))) == NO_TRUNK
    assert await failure(update("", Inbound(numbers=["1"]))) == bad("trunk id must be set")
    assert await failure(update(one, Inbound())) == bad(UNSAFE)
    other = "trunk id in the info must be empty or match the id in the update"
    assert await failure(update(one, Inbound(sip_trunk_id="ST_x", numbers=["1"]))) == bad(other)
    nothing = sip.UpdateSIPInboundTrunkRequest(sip_trunk_id=one)
    call = backend.sip("UpdateSIPInboundTrunk", nothing, Inbound)
    assert await failure(call) == bad("missing or unsupported update action")
    out = lk.sip.update_outbound_trunk("ST_none", Outbound(numbers=["1"], address="a"))
    assert await failure(out) == NO_TRUNK


async def test_an_update_into_a_conflict(lk: api.LiveKitAPI) -> None:
    """It is noticed only where the trunk had one of its new numbers before."""
    await inbound(lk, numbers=["1"])
    two = (await inbound(lk, numbers=["2"])).sip_trunk_id
    status, code, text = await failure(lk.sip.update_inbound_trunk_fields(two, numbers=["1", "2"]))
    assert (status, code) == (400, "invalid_argument")
    assert text.startswith("Conflicting inbound SIP Trunks: ")
    moved = await lk.sip.update_inbound_trunk_fields(two, numbers=["1"])
    assert list(moved.numbers) == ["1"]


async def test_getting_one(backend: Backend, lk: api.LiveKitAPI) -> None:
    one = await inbound(lk, numbers=["1"])
    two = await outbound(lk, numbers=["1"], address="a")

    async def get_in(trunk_id: str) -> Inbound:
        request = sip.GetSIPInboundTrunkRequest(sip_trunk_id=trunk_id)
        return (await backend.sip("GetSIPInboundTrunk", request, sip.GetSIPInboundTrunkResponse)).trunk

    async def get_out(trunk_id: str) -> Outbound:
        request = sip.GetSIPOutboundTrunkRequest(sip_trunk_id=trunk_id)
        return (await backend.sip("GetSIPOutboundTrunk", request, sip.GetSIPOutboundTrunkResponse)).trunk

    assert await get_in(one.sip_trunk_id) == one
    assert await get_out(two.sip_trunk_id) == two
    assert await failure(get_in(two.sip_trunk_id)) == NO_TRUNK
    assert await failure(get_out(one.sip_trunk_id)) == NO_TRUNK
    assert await failure(get_in("")) == bad("trunk ID is required")
    assert await failure(get_out("")) == bad("trunk ID is required")


async def test_deleting(lk: api.LiveKitAPI) -> None:
    one = (await inbound(lk, numbers=["1"])).sip_trunk_id
    for trunk_id in (one, one, "ST_none"):
        gone = await lk.sip.delete_trunk(api.DeleteSIPTrunkRequest(sip_trunk_id=trunk_id))
        assert gone == sip.SIPTrunkInfo(sip_trunk_id=trunk_id)
    assert list((await lk.sip.list_inbound_trunk(api.ListSIPInboundTrunkRequest())).items) == []
    assert await failure(lk.sip.delete_trunk(api.DeleteSIPTrunkRequest())) == bad("trunk ID is required")


@pytest.mark.parametrize("sip_grants", [{}, {"call": True}])
async def test_the_grant(backend: Backend, sip_grants: dict[str, bool]) -> None:
    token = backend.token({"roomAdmin": True}, sip=sip_grants)
    status, _, body = await backend.post("SIP/ListSIPInboundTrunk", "{}", token=token)
    assert (status, body) == (401, b'{"code":"unauthenticated","msg":"permissions denied"}')


async def test_without_redis(plain_backend: Backend) -> None:
    calls = plain_backend.api.sip
    text = "twirp error unknown: sip not connected (redis required)"
    for call in (
        calls.list_inbound_trunk(api.ListSIPInboundTrunkRequest()),
        calls.create_outbound_trunk(api.CreateSIPOutboundTrunkRequest()),
        calls.delete_trunk(api.DeleteSIPTrunkRequest()),
    ):
        assert await failure(call) == (500, "internal", text)
