"""POST /token, from the first byte to the last."""

import json
import time

from limits import RateLimitItem
from starlette.types import Receive, Scope, Send

from ..addresses import network
from . import log
from .auth import Authenticator, Caller
from .errors import Refusal
from .http import PRIVATE, address, read_body, refuse, respond
from .metrics import Metrics
from .models import Parser, TokenRequest, request_model
from .rate_limit import RateLimiter, per_minute
from .settings import Settings
from .tokens import MAX_LENGTH, Signer, made_up, utc

TOO_LONG = (
    f"The token would have more than {MAX_LENGTH} characters: send less metadata, attributes or agents."
)


class TokenEndpoint:
    """An ASGI app. Asked in this order: how often, who, what, may they."""

    def __init__(self, settings: Settings, limiter: RateLimiter, metrics: Metrics | None) -> None:
        self._limiter = limiter
        self._metrics = metrics
        self._authenticator = Authenticator(settings)
        self._signer = Signer(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
        self._address_limit = per_minute(settings.token_server_address_requests_per_minute)
        self._max_body = settings.token_server_max_body_bytes
        self._parser = Parser(
            request_model(
                settings.token_server_room_pattern,
                settings.token_server_room_max_length,
                generate_names=settings.token_server_generate_names,
            ),
            generate_names=settings.token_server_generate_names,
        )
        self._url = json.dumps(settings.public_url).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        try:
            caller, body = await self._answer(scope, receive)
        except Refusal as refusal:
            log.refused(refusal, address(scope))
            await refuse(send, refusal)
            if self._metrics is not None:
                self._metrics.refused(refusal.code, time.perf_counter() - started)
        else:
            await respond(send, 200, body, PRIVATE)
            if self._metrics is not None:
                self._metrics.generated(caller.name, time.perf_counter() - started)

    async def close(self) -> None:
        """Ends what goes on behind requests."""
        await self._authenticator.close()

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Caller, bytes]:
        client = address(scope)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        # Who has an API key doesn't count against its address, but isn't served either once that is used up: else the
        # limit would not stop those who try keys, only tell them which is wrong.
        holder = self._authenticator.holder(headers)
        await self._limit(self._address_limit, "address", network(client), counts=holder is None)
        caller = holder or await self._authenticator.caller(headers)
        await self._limit(caller.limit, "caller", caller.counted_as)
        if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
            raise Refusal("unsupported_media_type", "Send JSON, with Content-Type: application/json.")
        body = await read_body(receive, headers, self._max_body)
        request = self._parser.parse(body, identity_known=caller.identity is not None)
        room, identity = _names(request, caller)
        _check(request, room, caller)
        token, expires = self._signer.sign(request, room, identity, caller.grants, caller.shown_as)
        if len(token) > MAX_LENGTH:
            raise Refusal("token_too_long", TOO_LONG)
        expires_at = utc(expires)
        log.generated(identity, room, caller.name, client, expires_at)
        return caller, self._body(token.encode(), expires_at.encode())

    async def _limit(self, limit: RateLimitItem | None, kind: str, who: str, *, counts: bool = True) -> None:
        if limit is None:
            return
        if wait := await self._limiter.retry_after(limit, kind, who, counts=counts):
            of = "this address" if kind == "address" else "this key"
            raise Refusal(
                "too_many_requests",
                f"Too many requests from {of}: try again in {wait} s.",
                headers=((b"retry-after", b"%d" % wait),),
            )

    def _body(self, token: bytes, expires_at: bytes) -> bytes:
        # All parts are JSON as they are: base64url, digits, and an address encoded at start.
        return b'{"token":"%b","url":%b,"expires_at":"%b","server_url":%b,"participant_token":"%b"}' % (
            token,
            self._url,
            expires_at,
            self._url,
            token,
        )


def _names(request: TokenRequest, caller: Caller) -> tuple[str, str]:
    """Room and identity. Raises Refusal if the caller wants to be someone else than it is."""
    asked = request.participant_identity
    if caller.identity is not None and asked not in {None, caller.identity}:
        raise Refusal(
            "identity_not_allowed", "participant_identity is not the subject of your token: leave it out."
        )
    identity = caller.identity or asked or request.participant_name or made_up("user")
    return request.room_name or made_up("room"), identity


def _check(request: TokenRequest, room: str, caller: Caller) -> None:
    """Raises Refusal if the policy says no."""
    also = caller.may_also_join
    if not caller.may_join(room) or (also is not None and not also(room)):
        raise Refusal("room_not_allowed", "You may not join this room.")
    for field in caller.may_not_set:
        # What is empty sets nothing.
        if getattr(request, field):
            raise Refusal("field_not_allowed", f"You may not set {field}: leave it out.")
    if request.room_config is not None:
        for agent in request.room_config.agents or ():
            if not caller.may_send(agent.agent_name or ""):
                raise Refusal("agent_not_allowed", "You may not send this agent to a room.")
