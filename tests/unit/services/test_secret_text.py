"""Secrets are masked in JSON text where they stand, and nothing else of it changes."""

import json

import pytest

from livekit_dashboard.services.secret_text import indented, is_secret, masked
from livekit_dashboard.services.stored import SECRET_FIELDS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"secret": "x"}', '{"secret": "••••"}'),
        ('{ "authPassword" :\n"x" , "b":1}', '{ "authPassword" :\n"••••" , "b":1}'),
        ('{"auth_password":"a\\"b","c":"d"}', '{"auth_password":"••••","c":"d"}'),
        ('{"se\\u0063ret":"x"}', '{"se\\u0063ret":"••••"}'),
        ('{"SECRET":"x","Secret-Key":"y"}', '{"SECRET":"••••","Secret-Key":"••••"}'),
        ('{"a":[{"b":{"token":"x"}}],"token":7}', '{"a":[{"b":{"token":"••••"}}],"token":"••••"}'),
        ('{"credentials":{"private_key":"x","n":[1,true]}}', '{"credentials":{"private_key":"••••","n":["••••","••••"]}}'),
        ('{"secret":"","token":null}', '{"secret":"","token":null}'),
        ('{"secret":"x","note":"secret: x"}', '{"secret":"••••","note":"secret: x"}'),
        ('{"secret":{"a":"x"},"open":"y"}', '{"secret":{"a":"••••"},"open":"y"}'),
        ('["secret","x"]', '["secret","x"]'),
        # Broken JSON, as it gets typed.
        ('{"secret": "x', '{"secret": "••••"'),
        ('{"secret": x y}', '{"secret": "••••" "••••"}'),
        ('{"a" 1, "password": "x"', '{"a" 1, "password": "••••"'),
        ("", ""),
    ],
)  # fmt: skip
def test_secrets_are_masked_by_position(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("name", sorted(SECRET_FIELDS))
def test_every_secret_of_the_api_is_known_in_each_spelling(name: str) -> None:
    first, *rest = name.split("_")
    camel = first + "".join(part.capitalize() for part in rest)
    assert is_secret(name)
    assert is_secret(camel)
    assert json.loads(masked(json.dumps({"x": [{camel: "sec-MARK"}]}))) == {"x": [{camel: "••••"}]}


@pytest.mark.parametrize(
    "name", ["credentials_json", "secretKey", "apiKey", "private_key", "assumeRoleExternalId"]
)
def test_names_that_look_secret(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "name", ["room", "bucket", "key_frame_interval", "participantIdentity", "tokens_used", "keys"]
)
def test_names_that_are_no_secrets(name: str) -> None:
    assert not is_secret(name)


def test_other_strings_may_be_rewritten() -> None:
    assert masked('{"a":"x\\n","secret":"x"}', str.upper) == '{"a":"X\\n","secret":"••••"}'


def test_indenting_changes_white_space_only() -> None:
    text = '{"b" :{}, "a":[],"c":[1.50,{"d":"e: {,"}] }'
    assert indented(text) == (
        '{\n  "b": {},\n  "a": [],\n  "c": [\n    1.50,\n    {\n      "d": "e: {,"\n    }\n  ]\n}'
    )
