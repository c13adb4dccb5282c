"""Search, filter, sort and pages."""

import random

import pytest
from starlette.requests import Request

from livekit_dashboard.web.lists import MAX_PER_PAGE, PER_PAGE, Listing, Query, read_query

WORDS = Listing[str](
    text=lambda word: (word,),
    states={"long": lambda word: len(word) > 3, "short": lambda word: len(word) <= 3},
    sorts={"name": str.casefold, "length": len},
    default_sort="-length",
)
ROWS = ["Ant", "bee", "Hornet", "wasp", "Straße"]


def _query(**changes: str | int) -> Query:
    given = {"q": "", "state": "", "sort": "", "page": 1, "per_page": PER_PAGE}
    return Query(**{**given, **changes})  # type: ignore[arg-type]


def _read(query: str) -> Query:
    return read_query(Request({"type": "http", "query_string": query.encode(), "headers": []}))


@pytest.mark.parametrize("needle", ["STRASSE", "straße", "aß"])
def test_a_search_does_not_mind_case(needle: str) -> None:
    assert WORDS.page(ROWS, _query(q=needle)).items == ["Straße"]


def test_states_are_counted_in_what_the_search_found() -> None:
    page = WORDS.page(ROWS, _query(q="n", state="long"))
    assert page.items == ["Hornet"]
    assert page.counts == {"": 2, "long": 1, "short": 1}
    assert page.total == 1


def test_equal_rows_are_in_order_of_name_whichever_way_it_is_sorted() -> None:
    shuffled = random.Random(1)
    for sort in ("length", "-length"):
        orders = {tuple(WORDS.page(shuffled.sample(ROWS, 5), _query(sort=sort)).items) for _ in range(20)}
        assert len(orders) == 1
        order = orders.pop()
        assert order.index("Ant") < order.index("bee")


@pytest.mark.parametrize("sort", ["", "size", "--name", "-", "-length"])
def test_an_unknown_sort_is_the_default(sort: str) -> None:
    page = WORDS.page(ROWS, _query(sort=sort))
    assert page.sort == "-length"
    assert page.items[0] == "Hornet"


@pytest.mark.parametrize(
    ("number", "items", "first", "last"),
    [(1, ["Ant", "bee"], 1, 2), (2, ["Hornet", "Straße"], 3, 4), (3, ["wasp"], 5, 5), (99, ["wasp"], 5, 5)],
)
def test_pages(number: int, items: list[str], first: int, last: int) -> None:
    page = WORDS.page(ROWS, _query(sort="name", page=number, per_page=2))
    assert (page.items, page.first, page.last, page.pages) == (items, first, last, 3)


def test_nothing_is_one_empty_page() -> None:
    page = WORDS.page([], _query(page=3))
    assert (page.items, page.number, page.pages, page.first, page.last, page.total) == ([], 1, 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("query", "page", "per_page"),
    [
        ("", 1, PER_PAGE),
        ("page=3&per_page=25", 3, 25),
        ("page=0&per_page=0", 1, 1),
        ("page=-3&per_page=-1", 1, PER_PAGE),
        ("page=two&per_page=", 1, PER_PAGE),
        ("page=1e3&per_page=1_0", 1, PER_PAGE),
        ("page=%D9%A3&per_page=%C2%B2", 1, PER_PAGE),
        ("page=" + "9" * 5000 + "&per_page=100000", 1, MAX_PER_PAGE),
    ],
)
def test_numbers_that_make_no_sense_become_some_that_do(query: str, page: int, per_page: int) -> None:
    read = _read(query)
    assert (read.page, read.per_page) == (page, per_page)
