"""HTML as a browser's parser sees it: what tests look for in a page."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "rect", "path", "use"})
INVISIBLE = frozenset({"script", "style", "svg"})
ADDRESSES = ("href", "action", "hx-get", "hx-post", "src")


@dataclass
class Form:
    """A form as it would be sent now."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: int = 0
    """Enabled ones that send it."""


@dataclass
class Link:
    """An `<a>` and what it says."""

    href: str
    classes: list[str]
    text: str = ""


@dataclass
class Element:
    """A start tag."""

    tag: str
    attributes: dict[str, str]

    def __contains__(self, attribute: str) -> bool:
        return attribute in self.attributes

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]


class Page(HTMLParser):
    """A parsed page or fragment."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.forms: list[Form] = []
        self._links: list[Link] = []
        self._texts: list[tuple[tuple[str, ...], str]] = []
        self._open: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._option: str | None = None
        """The text so far of a selected option that has no other value."""
        self._textarea: list[str] | None = None
        self.feed(html)
        self.close()

    @cached_property
    def title(self) -> str:
        return self._text_in("title")

    @cached_property
    def text(self) -> str:
        """What a reader sees, in one line."""
        return _one_line(text for stack, text in self._texts if INVISIBLE.isdisjoint(stack))

    @cached_property
    def main(self) -> str:
        """The text of the main part."""
        return self._text_in("main")

    @property
    def addresses(self) -> list[str]:
        """Wherever the page leads, may send something to, or fetches from; fragments of itself left out."""
        found = [element[name] for element in self.elements for name in ADDRESSES if name in element]
        return [address for address in found if address and not address.startswith("#")]

    def all(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def links(self, css_class: str = "") -> list[Link]:
        """The links of this class, or all of them."""
        return [link for link in self._links if not css_class or css_class in link.classes]

    def form(self, action: str) -> Form:
        """The one form with this action. Raises LookupError."""
        found = [form for form in self.forms if form.action == action]
        if not found:
            raise LookupError(f"no form leads to {action!r}, but to {[form.action for form in self.forms]}")
        return found[0]

    def value_of(self, name: str) -> str:
        """The first value that a form would send for a field."""
        return next(value for form in self.forms for key, value in form.fields if key == name)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.elements.append(Element(tag, attributes))
        if tag not in VOID:
            self._open.append(tag)
        handle = getattr(self, f"_start_{tag}", None)
        if handle is not None:
            handle(attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]
        if tag == "form":
            self._form = None
        elif tag == "option" and self._option is not None:
            self._add(self._select, self._option)
            self._option = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea" and self._textarea is not None:
            name, text = self._textarea[0], "".join(self._textarea[1:])
            # The first line end inside a textarea is not part of its value.
            self._add(name, text.removeprefix("\n"))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._textarea.append(data)
        if self._option is not None:
            self._option += data
        self._texts.append((tuple(self._open), data))
        if "a" in self._open:
            link = self._links[-1]
            link.text = _one_line((link.text, " ", data)) if link.text else _one_line(data)

    def _start_form(self, attributes: dict[str, str]) -> None:
        self._form = Form(attributes.get("action", ""), attributes.get("method", "get").lower())
        self.forms.append(self._form)

    def _start_a(self, attributes: dict[str, str]) -> None:
        self._links.append(Link(attributes.get("href", ""), attributes.get("class", "").split()))

    def _start_button(self, attributes: dict[str, str]) -> None:
        if self._form is not None:
            self._form.buttons += (
                attributes.get("type", "submit") == "submit" and "disabled" not in attributes
            )

    def _start_input(self, attributes: dict[str, str]) -> None:
        ticked = attributes.get("type") not in ("checkbox", "radio") or "checked" in attributes
        if ticked:
            self._add(attributes.get("name", ""), attributes.get("value", "on"))

    def _start_select(self, attributes: dict[str, str]) -> None:
        self._select = attributes.get("name", "")

    def _start_option(self, attributes: dict[str, str]) -> None:
        if "selected" not in attributes:
            return
        if "value" in attributes:
            self._add(self._select, attributes["value"])
        else:
            self._option = ""

    def _start_textarea(self, attributes: dict[str, str]) -> None:
        self._textarea = [attributes.get("name", "")]

    def _add(self, name: str, value: str) -> None:
        if self._form is not None and name:
            self._form.fields.append((name, value))

    def _text_in(self, tag: str) -> str:
        return _one_line(text for stack, text in self._texts if tag in stack and INVISIBLE.isdisjoint(stack))


def _one_line(texts: Iterable[str]) -> str:
    return " ".join("".join(texts).split())
