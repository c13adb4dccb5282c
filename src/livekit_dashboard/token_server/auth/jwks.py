"""The public keys that the application's issuer publishes: fetched when needed and cached."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt

TIMEOUT = aiohttp.ClientTimeout(total=5)
MAX_AGE = 3600.0
"""Seconds after which the keys are fetched again, so that a withdrawn key stops working."""
COOLDOWN = 10.0
"""Minimum seconds between two fetches, so that a flood of unknown key IDs is no flood of requests to the issuer."""
MAX_BYTES = 512 * 1024

ALGORITHMS: dict[str, tuple[str, ...]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC P-256": ("ES256",),
    "EC P-384": ("ES384",),
    "EC P-521": ("ES512",),
    "OKP Ed25519": ("EdDSA",),
    "OKP Ed448": ("EdDSA",),
}
"""Algorithms by type and curve of a key: never one for shared secrets, and never `none`."""

log = logging.getLogger("token-server")


class JWKSError(Exception):
    """There are no keys to check with. `str()` is the reason and contains no secret."""


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """A public key and the algorithms that it may check: the one that it names, else all of its type."""

    id: str | None
    key: Any
    algorithms: tuple[str, ...]


class KeySet:
    """The keys at one address. While the address does not answer, the cached keys stay valid."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._clock = clock
        self._keys: dict[str | None, PublishedKey] = {}
        self._fetched = self._tried = -float("inf")
        self._fetching = asyncio.Lock()
        self._behind: asyncio.Task[None] | None = None

    async def key(self, key_id: str | None) -> PublishedKey | None:
        """The key with this ID; without an ID, the only key. None if there is no such key.

        Waits for the issuer only if the ID is unknown. A known key is returned immediately; if it is old, the keys are
        fetched in the background. Raises JWKSError if no keys could be fetched.
        """
        known = self._keys.get(key_id)
        if known is None:
            await self._refresh(key_id)
            return self._keys.get(key_id)
        now = self._clock()
        if now - self._fetched > MAX_AGE and now - self._tried >= COOLDOWN and not self._busy():
            self._behind = asyncio.create_task(self._refresh(key_id))
        return known

    async def close(self) -> None:
        """Ends a fetch in the background."""
        if self._behind is not None:
            self._behind.cancel()
            await asyncio.wait([self._behind])

    def _busy(self) -> bool:
        return self._behind is not None and not self._behind.done()

    async def _refresh(self, key_id: str | None) -> None:
        async with self._fetching:
            now = self._clock()
            current = now - self._fetched <= MAX_AGE and key_id in self._keys
            if current or now - self._tried < COOLDOWN:
                if self._fetched < 0:
                    raise JWKSError("The issuer's keys could not be fetched.")
                return
            self._tried = now
            try:
                self._keys = await _fetch(self._url)
                self._fetched = now
            except JWKSError as error:
                log.error("%s", error)
                if not self._keys:
                    raise


async def _fetch(url: str) -> dict[str | None, PublishedKey]:
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.get(url, raise_for_status=True) as answer,
        ):
            document = await answer.content.read(MAX_BYTES)
            while chunk := await answer.content.read(MAX_BYTES - len(document)):
                document += chunk
        found = _keys(json.loads(document))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise JWKSError(f"The issuer's keys could not be fetched: {type(error).__name__}.") from error
    except (jwt.PyJWTError, ValueError, AttributeError, RecursionError) as error:
        raise JWKSError("The issuer's address for keys does not serve a JWKS.") from error
    keys: dict[str | None, PublishedKey] = {key.id: key for key in found}
    if len(found) == 1:
        keys[None] = found[0]
    return keys


def _keys(document: Any) -> list[PublishedKey]:
    """The keys of a JWKS that can check signatures. Raises an error of PyJWT if there are none."""
    published = document.get("keys")
    keys = (
        [_published(key) for key in published if isinstance(key, dict)] if isinstance(published, list) else []
    )
    if not (usable := [key for key in keys if key is not None]):
        raise jwt.PyJWKSetError
    return usable


def _published(key: dict[str, Any]) -> PublishedKey | None:
    """The key; None if it is for another use or of an unknown type."""
    key_id, named = key.get("kid"), key.get("alg")
    curve = f"{key.get('kty')} {key.get('crv', '')}".rstrip()
    algorithms = tuple(algorithm for algorithm in ALGORITHMS.get(curve, ()) if named in {None, "", algorithm})
    if not algorithms or key.get("use") not in {None, "sig"} or not isinstance(key_id, str | None):
        return None
    try:
        return PublishedKey(key_id, jwt.PyJWK(key, algorithms[0]).key, algorithms)
    except jwt.PyJWTError:
        return None
