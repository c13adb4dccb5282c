"""The page at /docs: the OpenAPI document as HTML, without scripts or external resources."""

import json
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

CSP = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
STYLE = (files(__package__) / "docs.css").read_text("utf-8")


def html(document: dict[str, Any]) -> str:
    """The whole page."""
    environment = Environment(
        loader=PackageLoader("livekit_dashboard.token_server", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    environment.filters["type"] = _type
    return environment.get_template("docs.html.j2").render(document=document)


def _type(schema: dict[str, Any]) -> str:
    """A schema as a short phrase."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_type(part) for part in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {_type(schema['items'])}"
    limits = [f"{schema[name]} {word}" for name, word in LIMITS.items() if name in schema]
    return ", ".join([str(schema.get("type", "anything")), *limits])


LIMITS = {"minLength": "or more characters", "maxLength": "or fewer characters", "pattern": ""}
