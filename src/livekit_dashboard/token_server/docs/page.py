"""The page at /docs: the OpenAPI document as HTML, without scripts or external resources."""

import json
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STYLE = (files(__package__) / "docs.css").read_text("utf-8")


def html(document: dict[str, Any]) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("livekit_dashboard.token_server.docs", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    environment.filters["type"] = _type
    environment.filters["prose"] = _prose
    return environment.get_template("docs.html.j2").render(document=document)


def _prose(text: str) -> Markup:
    """Text in which `backticks` mark code, as in Markdown."""
    parts = [
        Markup("<code>{}</code>").format(part) if odd % 2 else escape(part)
        for odd, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def _type(schema: dict[str, Any]) -> str:
    """A schema as a short phrase, such as `string or null, at most 256 characters`."""
    return ", ".join((" or ".join(_kinds(schema)), *_limits(schema)))


def _kinds(schema: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        return [str(schema["$ref"]).rsplit("/", 1)[-1]]
    if "anyOf" in schema:
        return [kind for part in schema["anyOf"] for kind in _kinds(part)]
    if schema.get("type") == "array":
        return [f"array of {_type(schema['items'])}"]
    if isinstance(schema.get("additionalProperties"), dict):
        return [f"object of {_type(schema['additionalProperties'])}s"]
    return [str(schema.get("type", "anything"))]


def _limits(schema: dict[str, Any]) -> list[str]:
    limits = [sentence.format(schema[name]) for name, sentence in LIMITS.items() if name in schema]
    return limits + [limit for part in schema.get("anyOf", ()) for limit in _limits(part)]


LIMITS = {
    "minLength": "at least {} character",
    "maxLength": "at most {} characters",
    "maxItems": "at most {} items",
    "pattern": "must match {}",
}
