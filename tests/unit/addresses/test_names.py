"""Names in addresses."""

import itertools
import random
import re

import pytest
from starlette.exceptions import HTTPException

from livekit_dashboard.addresses.names import (
    RESERVED,
    NameConvertor,
    decode_name,
    decode_pair,
    encode_name,
    encode_pair,
)
from livekit_dashboard.addresses.paths import Paths
from livekit_dashboard.urls import URLS
from tests.routes.site import HOSTILE

ALPHABET = "aZ09_.-~/\\%?#&=+ \0\n\r\t'\"<>{}:;@éß漢字🎧\u202e\u200d\ud7ff\ue000\U0010ffff"


def _random_names(count: int) -> list[str]:
    """The same each time, most of them nasty."""
    chance = random.Random(20260101)
    return ["".join(chance.choices(ALPHABET, k=chance.randrange(20))) for _ in range(count)]


@pytest.mark.parametrize("names", [HOSTILE.values(), sorted(RESERVED), _random_names(5000)])
def test_every_name_comes_back_from_one_plain_segment(names: list[str]) -> None:
    for name in names:
        segment = encode_name(name)
        assert decode_name(segment) == name
        assert re.fullmatch(r"[A-Za-z0-9_~][A-Za-z0-9_.~-]*", segment)
        assert segment not in {".", "..", *RESERVED}


def test_a_pair_brings_both_names_back() -> None:
    names = [*HOSTILE.values(), "a/b", "", "~", "stop"]
    for first, second in itertools.product(names, repeat=2):
        assert decode_pair(encode_pair(first, second)) == (first, second)


@pytest.mark.parametrize("text", ["", "standup", "~!/x", "x/~!", '["a", "b"]'])
def test_what_is_no_pair_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        decode_pair(text)


def test_no_two_names_share_a_segment() -> None:
    names = set(_random_names(5000)) | set(HOSTILE.values())
    assert len({encode_name(name) for name in names}) == len(names)


@pytest.mark.parametrize("name", ["standup", "a", "Team_7", "v1.2-rc", "0", "json", "rooms.json", "_"])
def test_a_safe_name_stands_for_itself(name: str) -> None:
    assert encode_name(name) == name


@pytest.mark.parametrize(
    ("name", "segment"), [("a/b", "~YS9i"), ("", "~"), ("new", "~bmV3"), (".x", "~Lng"), ("~", "~fg")]
)
def test_every_other_is_base64(name: str, segment: str) -> None:
    assert encode_name(name) == segment


@pytest.mark.parametrize("segment", ["~!", "~a", "~gA", "~YS9i/", "~ä", "~-_-"])
def test_a_broken_segment_is_no_name(segment: str) -> None:
    with pytest.raises(ValueError):
        decode_name(segment)
    with pytest.raises(HTTPException) as caught:
        NameConvertor().convert(segment)
    assert caught.value.status_code == 404


@pytest.mark.parametrize("typed", ["a b", "ünï", "50%", "%", "a+b"])
def test_a_name_typed_by_hand_stands_for_itself(typed: str) -> None:
    assert decode_name(typed) == typed


def test_words_that_are_pages_are_reserved() -> None:
    """A room called like a page beside `/rooms/{name}` would be unreachable under its plain name."""
    areas = {re.split(r"\{\w+:name\}", url.path)[0] for url in URLS if ":name}" in url.path}
    assert "/rooms/" in areas
    beside = {url.path.removeprefix(area) for area in areas for url in URLS if url.path.startswith(area)}
    assert {word for word in beside if re.fullmatch(r"\w+", word)} <= RESERVED


def test_addresses_are_built_from_names() -> None:
    to = Paths(URLS, "/root").to
    assert to("participant", room="a/b", identity="new") == "/root/rooms/~YS9i/participants/~bmV3"
    assert (
        to("rooms", {"q": "a&b=c d", "state": "", "page": None, "per_page": 0})
        == "/root/rooms?q=a%26b%3Dc+d&per_page=0"
    )
    assert to("rooms_close", {"room": ["a", "~"]}) == "/root/rooms/close?room=a&room=~"
