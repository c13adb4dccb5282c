"""Metadata for reading."""

import json

from livekit_dashboard.services.rooms.rooms import MAX_METADATA, MAX_PRETTY, pretty_json


def test_json_is_indented_and_says_the_same() -> None:
    assert pretty_json('{"b":[1,2],"a":{}}') == json.dumps({"b": [1, 2], "a": {}}, indent=2)
    for text in ("", "host", '"host"', "7", '{"a":1,"a":2}', "[1.0e2]", "[", "[" * 100_000):
        assert pretty_json(text) is None


def test_what_would_grow_a_thousandfold_is_left_as_it_is() -> None:
    """Participants choose their metadata; half a megabyte of zeros, deep in lists, would become half a gigabyte."""
    depth = 900
    deep = "[" * depth + ",".join("0" * (MAX_METADATA // 2 - depth)) + "]" * depth
    assert len(deep) < MAX_METADATA
    assert pretty_json(deep) is None


def test_the_longest_metadata_is_still_indented() -> None:
    longest = json.dumps(["m" * 1000] * (MAX_METADATA // 1005))
    assert len(pretty_json(longest) or "") in range(len(longest), MAX_PRETTY)
