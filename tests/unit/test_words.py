"""The product speaks plain, idiomatic English, and calls each thing by one name.

Scans what a reader meets: templates, strings and docstrings of the package, scripts in the browser, and documents.
Each entry is a turn that has crept in before, with what to write instead.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import livekit_dashboard

PACKAGE = Path(livekit_dashboard.__file__).parent
ROOT = Path(__file__).parents[2]

# Regular expressions, matched without regard to case, and what to write instead.
TURNS = {
    # Things named by a saying instead of their term.
    r"no API tells|API doesn.t tell|doesn.t tell\b|tells? of\b|\btells nothing": "Not reported by LiveKit",
    r"told at the end|come when it has ended": "Available when the recording ends",
    r"\btold by\b": "reported by",
    r"\blast news\b": "Last update",
    r"\basked for\b(?! (permission|confirmation|help))|\basked is\b": "Requested",
    r"layout at first": "Initial layout",
    r"^goes to$": "Destination",
    r"look(ed|ing)? through|look again|looked into": "scan, check",
    r"\bnot taken\b": "Unassigned",
    r"\bit is: ": "name the thing",
    r"most participants|close after the last one": "Max participants, Departure timeout",
    r"\bthey talk\b": "Call in progress",
    r"let them stay|let it run|leave it\b": "Cancel",
    r"call a method": "Send RPC",
    r"half hidden": "partly masked",
    r"no longer there|is not there any ?more": "This … has closed (ended, left)",
    r"truth about": "see and operate",
    r"way through the house|\bthe house\b": "Request flow",
    r"fails twice": "say what happens",
    r"\blet in\b|who is let": "allowed",
    # One word for one thing.
    r"\bpeople\b|\bpersons?\b": "participants (of a room), users (of an application)",
    r"\bsomebody\b|\bnobody\b|\bwhoever\b": "name them: participant, operator; no participant",
    r"\blog-(in|out|ins|outs)\b": "login, log in, logout, log out",
    r"\bmend(s|ed|ing)?\b": "fix",
    r"\bblanks?\b(?! (line|page|field|screen))": "spaces",
    r"\bfor ever\b": "forever",
    r"\bstraight away\b": "immediately",
    r"\bvanish(es|ed)?\b": "disappear, close",
    r"\bobjects? to\b": "rejects",
    # American spelling.
    r"\b(colour|behaviour|licence|centre|favour|grey|cancelled|labelled|recognis|normalis|initialis|organis|summaris|"
    r"authoris|unauthoris|synchronis|serialis)\w*": "American spelling",
}
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / ".env.example",
    ROOT / "Makefile",
]


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """The string constants of a Python file, docstrings included, with their lines."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _comments(path: Path) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        _, mark, comment = line.partition("# ")
        if mark:
            yield number, comment


def _prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a document or a template, without code, addresses and template expressions."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".j2":
        text = re.sub(
            r"\{[{%#].*?[}%#]\}|<[^>]*>", lambda found: _quoted(found.group()), text, flags=re.DOTALL
        )
    else:
        text = re.sub(r"```.*?```", lambda found: "\n" * found.group().count("\n"), text, flags=re.DOTALL)
        text = re.sub(r"`[^`]*`|\]\([^)]*\)", " ", text)
    yield from enumerate(text.splitlines(), 1)


def _quoted(markup: str) -> str:
    """What a tag or an expression says to a reader: the quoted texts that hold a space or begin with a capital."""
    said = [
        text
        for text in re.findall(r"[\"']([^\"'<>{}=]*)[\"']", markup)
        if " " in text.strip() or text[:1].isupper()
    ]
    return f" {' '.join(said)} " + "\n" * markup.count("\n")


# Words that are right where they stand: LiveKit's own, names in code, and values of a query.
RIGHT = re.compile(
    r"<blank name>|\bPerson\b|^(person|people)$|\bperson\.|person = |\?(person|in)=\w*|table-cards people|^asked for$"
)


def _read(path: Path) -> Iterator[tuple[int, str]]:
    if path.suffix == ".py":
        yield from _strings(path)
        yield from _comments(path)
    elif path.suffix == ".js":
        yield from enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    else:
        yield from _prose(path)


READ = [
    *sorted(PACKAGE.rglob("*.py")),
    *sorted(PACKAGE.rglob("*.j2")),
    *sorted((PACKAGE / "static" / "js").glob("*.js")),
    *DOCUMENTS,
]


@pytest.mark.parametrize("path", READ, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_reader_meets_has_no_odd_turns(path: Path) -> None:
    found = {
        f"line {number}: {match.group()!r}, better: {better}"
        for number, text in _read(path)
        for turn, better in TURNS.items()
        for match in re.finditer(turn, RIGHT.sub(" ", text), re.IGNORECASE)
    }
    assert not found


def test_an_odd_turn_would_be_found(tmp_path: Path) -> None:
    template = tmp_path / "x.html.j2"
    template.write_text('<p title="no API tells it">{{ ui.st("ok", "They talk.") }} Not taken</p>\n')
    text = " ".join(text for _, text in _read(template))
    assert sum(bool(re.search(turn, text, re.IGNORECASE)) for turn in TURNS) == 3
