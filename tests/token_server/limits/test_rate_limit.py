"""How often one address and one key may ask."""

import itertools
import logging
import random
import time
from typing import Any

import httpx
import jwt
import pytest
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from livekit_dashboard.addresses.client import network
from livekit_dashboard.token_server.limits import windows
from livekit_dashboard.token_server.limits.rate_limit import RateLimiter
from livekit_dashboard.token_server.limits.windows import Windows
from tests.token_server.served import ASK, KEY, OTHER_KEY, bearer, served

LIMIT = RateLimitItemPerMinute(3)


async def statuses(client: httpx.AsyncClient, count: int, **headers: str) -> list[int]:
    return [(await client.post("/token", json=ASK, headers=headers)).status_code for _ in range(count)]


async def test_an_address_that_asks_too_often_has_to_wait() -> None:
    async with served(token_server_address_requests_per_minute=3) as client:
        assert await statuses(client, 3) == [200, 200, 200]
        answer = await client.post("/token", json=ASK)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert 1 <= int(answer.headers["retry-after"]) <= 60
        assert answer.headers["retry-after"] in answer.json()["message"]
        assert (await client.get("/health")).status_code == 200


async def test_wrong_keys_can_not_be_tried_at_speed() -> None:
    async with served(
        token_server_address_requests_per_minute=3, token_server_keys={"web": {"key": KEY}}
    ) as client:
        assert await statuses(client, 4, **bearer("guess")) == [401, 401, 401, 429]
        # Nor does the right one tell itself apart then.
        assert await statuses(client, 1, **bearer(KEY)) == [429]


async def test_who_has_a_key_counts_against_that_alone() -> None:
    keys = {"web": {"key": KEY, "requests_per_minute": 8}}
    async with served(token_server_address_requests_per_minute=3, token_server_keys=keys) as client:
        assert await statuses(client, 6, **bearer(KEY)) == [200] * 6
        # Others at the same address still have all of theirs.
        assert await statuses(client, 2) == [401, 401]
        assert await statuses(client, 3, **bearer(KEY)) == [200, 200, 429]
        assert await statuses(client, 2, **bearer("guess")) == [401, 429]


async def test_who_has_a_jwt_counts_against_address_and_subject() -> None:
    secret = "the application's own secret, 32 or more"
    async with served(
        token_server_jwt_secret=secret,
        token_server_address_requests_per_minute=4,
        token_server_key_requests_per_minute=2,
    ) as client:
        ada, bob = (
            bearer(jwt.encode({"sub": name, "exp": int(time.time()) + 600}, secret))
            for name in ("ada", "bob")
        )
        ask = {"room_name": "r"}
        answers = [await client.post("/token", json=ask, headers=who) for who in (ada, ada, ada, bob, bob)]
        assert [answer.status_code for answer in answers] == [200, 200, 429, 200, 429]
        assert ["this address" in answer.json().get("message", "") for answer in answers] == [
            *[False] * 4,
            True,
        ]


async def test_each_key_has_its_own_count() -> None:
    keys = {"web": {"key": KEY}, "app": {"key": OTHER_KEY, "requests_per_minute": 1}}
    async with served(token_server_key_requests_per_minute=2, token_server_keys=keys) as client:
        assert await statuses(client, 3, **bearer(KEY)) == [200, 200, 429]
        assert await statuses(client, 2, **bearer(OTHER_KEY)) == [200, 429]


async def test_forwarded_addresses_count_only_from_trusted_proxies() -> None:
    proxied: dict[str, Any] = {"token_server_address_requests_per_minute": 1, "token_server_auth": "none"}
    addresses = [f"203.0.113.{number}" for number in range(3)]
    async with served(**proxied, trusted_proxies=("127.0.0.1",)) as client:
        seen = [await statuses(client, 1, **{"X-Forwarded-For": address}) for address in addresses]
        assert seen == [[200], [200], [200]]
        # What the client itself put in front is not believed.
        assert await statuses(client, 1, **{"X-Forwarded-For": f"198.51.100.1, {addresses[0]}"}) == [429]
    async with served(**proxied) as client:
        seen = [await statuses(client, 1, **{"X-Forwarded-For": address}) for address in addresses]
        assert seen == [[200], [429], [429]]


@pytest.mark.parametrize(
    ("address", "counted_as"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("::1", "::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_counts_as_one_address(address: str, counted_as: str) -> None:
    assert network(address) == counted_as


async def test_without_the_redis_each_process_counts_for_itself(caplog: pytest.LogCaptureFixture) -> None:
    clock = itertools.count().__next__
    limiter = RateLimiter("redis://:hunter2@127.0.0.1:9/0", clock=lambda: float(clock()))
    with caplog.at_level(logging.ERROR, "token-server"):
        waits = [await limiter.retry_after(LIMIT, "address", "a") for _ in range(4)]
    assert waits[:3] == [0, 0, 0]
    assert waits[3] >= 1
    assert [record.getMessage() for record in caplog.records] == [
        "TOKEN_SERVER_RATE_LIMIT_STORAGE does not answer (ConnectionError). This process counts requests on its own"
    ]
    await limiter.close()


async def test_the_redis_is_asked_again_after_a_while(caplog: pytest.LogCaptureFixture) -> None:
    times = iter([0.0, 0.0, 1.0, 6.0, 6.0])
    limiter = RateLimiter("redis://127.0.0.1:9", clock=lambda: next(times))
    with caplog.at_level(logging.ERROR, "token-server"):
        for _ in range(3):
            await limiter.retry_after(LIMIT, "address", "a")
    assert len(caplog.records) == 2
    await limiter.close()


async def test_the_storage_agrees_with_that_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_700_000_000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    ours = SlidingWindowCounterRateLimiter(Windows(lambda: now[0]))
    theirs = SlidingWindowCounterRateLimiter(MemoryStorage())
    chance = random.Random(5)
    limits = [RateLimitItemPerMinute(amount) for amount in (1, 5, 30)]
    hits = 0
    for _ in range(3000):
        now[0] += chance.expovariate(1 / 2) if chance.random() < 0.98 else 200 * chance.random()
        limit, who = chance.choice(limits), chance.choice("abc")
        expected = await theirs.hit(limit, who)
        assert await ours.hit(limit, who) is expected
        assert await ours.test(limit, who) is await theirs.test(limit, who)
        assert await ours.get_window_stats(limit, who) == pytest.approx(
            await theirs.get_window_stats(limit, who)
        )
        hits += expected
    assert 100 < hits < 2900


async def test_the_wait_that_is_said_is_enough() -> None:
    now = [1_700_000_000.0]
    storage = Windows(lambda: now[0])
    limiter = SlidingWindowCounterRateLimiter(storage)
    for _ in range(3):
        assert await limiter.hit(LIMIT, "a")
    assert not await limiter.hit(LIMIT, "a")
    _, _, _, left = await storage.get_sliding_window(LIMIT.key_for("a"), 60)
    now[0] += left - 60 + 0.001
    assert await limiter.hit(LIMIT, "a")


async def test_memory_is_bounded_and_windows_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "MAX_KEYS", 10)
    now = [0.0]
    storage = Windows(lambda: now[0])
    answers = [await storage.acquire_sliding_window_entry(f"k{number}", 5, 60) for number in range(20)]
    # The ten that came too late share one count.
    assert answers == [True] * 15 + [False] * 5
    assert len(storage._pairs[60].current) == 11
    now[0] = 60
    await storage.acquire_sliding_window_entry("x", 5, 60)
    now[0] = 180
    await storage.acquire_sliding_window_entry("x", 5, 60)
    assert storage._pairs[60].current == {"x": 1}
    assert storage._pairs[60].previous == {}
