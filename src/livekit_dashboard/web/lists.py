"""Search, filter, sort and pages of a list. All of it here: LiveKit returns everything, in no order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Request

T = TypeVar("T")

PER_PAGE = 50
MAX_PER_PAGE = 500
PAGE_SIZES = (25, 50, 100, 500)


@dataclass(frozen=True)
class Query:
    """What the address asks for. Numbers that make no sense become the nearest that do."""

    q: str
    state: str
    sort: str
    page: int
    per_page: int


def read_query(request: Request) -> Query:
    """The query of a list page; every list understands the same."""
    given = request.query_params
    return Query(
        q=given.get("q", "").strip(),
        state=given.get("state", ""),
        sort=given.get("sort", ""),
        page=max(_number(given.get("page"), 1), 1),
        per_page=min(max(_number(given.get("per_page"), PER_PAGE), 1), MAX_PER_PAGE),
    )


ListQuery = Annotated[Query, Depends(read_query)]


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a selection."""

    items: Sequence[T]
    number: int
    per_page: int
    total: int  # Rows of the selection, on all pages.
    counts: Mapping[str, int]  # Rows per state, and under "" all: those that match the search.
    query: Query
    sort: str

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.per_page + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.per_page, self.total)


@dataclass(frozen=True)
class Listing(Generic[T]):
    """How the rows of one kind are searched, filtered and sorted."""

    text: Callable[[T], Iterable[str]]
    states: Mapping[str, Callable[[T], bool]]
    sorts: Mapping[str, Callable[[T], Any]]
    default_sort: str

    def select(self, rows: Iterable[T], query: Query) -> tuple[list[T], Mapping[str, int], str]:
        """The rows that match, sorted; how many match per state; and the sort in force."""
        needle = query.q.casefold()
        found = [
            row for row in rows if not needle or any(needle in text.casefold() for text in self.text(row))
        ]
        counts = {"": len(found)} | {name: sum(map(test, found)) for name, test in self.states.items()}
        if query.state in self.states:
            found = [row for row in found if self.states[query.state](row)]
        sort = query.sort if query.sort.removeprefix("-") in self.sorts else self.default_sort
        # A stable order first, so that equal rows don't jump between two polls.
        found.sort(key=self.sorts["name"])
        found.sort(key=self.sorts[sort.removeprefix("-")], reverse=sort.startswith("-"))
        return found, counts, sort

    def page(self, rows: Iterable[T], query: Query) -> Page[T]:
        """One page of the selection; past the end, the last one."""
        found, counts, sort = self.select(rows, query)
        pages = max(1, -(-len(found) // query.per_page))
        number = min(query.page, pages)
        start = (number - 1) * query.per_page
        return Page(
            found[start : start + query.per_page], number, query.per_page, len(found), counts, query, sort
        )


def _number(text: str | None, default: int) -> int:
    # int() would take other digits too, and underscores.
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else default
