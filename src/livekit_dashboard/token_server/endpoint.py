"""The token endpoint, POST /token."""

import ipaddress
import json
import time

from limits import RateLimitItem
from starlette.types import Receive, Scope, Send

from livekit_dashboard.addresses.client import network
from livekit_dashboard.token_server.auth.callers import Authenticator, Caller
from livekit_dashboard.token_server.limits.rate_limit import RateLimiter, per_minute

from . import log
from .errors import Refusal
from .http import PRIVATE, address, read_body, refuse, respond
from .metrics import Metrics
from .models import RESERVED, SHOWN, TokenRequest
from .parsing import Parser, request_model
from .settings import Settings
from .tokens import MAX_LENGTH, Signer, made_up, utc

TOO_LONG = (
    f"The token would have more than {MAX_LENGTH} characters. Send less metadata, fewer attributes or agents."
)


class TokenEndpoint:
    """An ASGI app. Checks in this order: rate limits, authentication, fields, policy."""

    def __init__(self, settings: Settings, limiter: RateLimiter, metrics: Metrics | None) -> None:
        self._limiter = limiter
        self._metrics = metrics
        self._authenticator = Authenticator(settings)
        self._signer = Signer(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
        self._address_limit = per_minute(settings.token_server_address_requests_per_minute)
        self._hints_at_proxy = not settings.trusted_proxies and self._address_limit is not None
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
        """Ends background work."""
        await self._authenticator.close()

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[Caller, bytes]:
        client = address(scope)
        headers: dict[bytes, bytes] = dict(scope["headers"])
        # A caller with an API key doesn't count against its address, but isn't served either once the address has used
        # up its limit: else the limit would not stop guessing of keys, only reveal which are wrong.
        holder = self._authenticator.holder(headers)
        await self._limit(self._address_limit, "address", network(client), counts=holder is None)
        caller = holder or await self._authenticator.caller(headers)
        await self._limit(caller.limit, "caller", caller.counted_as)
        if self._hints_at_proxy and b"x-forwarded-for" in headers:
            self._hint_at_proxy(client)
        if not _is_json(headers.get(b"content-type", b"")):
            raise Refusal("unsupported_media_type", "Send JSON with Content-Type: application/json.")
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

    def _hint_at_proxy(self, client: str) -> None:
        """Logs, once, the setting that lets rate limits tell clients behind a proxy apart."""
        if _is_private(client):
            self._hints_at_proxy = False
            log.proxy_not_trusted(client)

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
        # All parts are valid JSON already: base64url, digits, and an address that was encoded at start.
        return b'{"token":"%b","url":%b,"expires_at":"%b","server_url":%b,"participant_token":"%b"}' % (
            token,
            self._url,
            expires_at,
            self._url,
            token,
        )


def _names(request: TokenRequest, caller: Caller) -> tuple[str, str]:
    """Room and identity. Raises Refusal if the identity is not the caller's."""
    asked = request.participant_identity
    if caller.identity is not None and asked not in {None, caller.identity}:
        raise Refusal(
            "identity_not_allowed", "participant_identity differs from the subject of your JWT. Omit it."
        )
    identity = caller.identity or asked or request.participant_name or made_up("user")
    return request.room_name or made_up("room"), identity


def _check(request: TokenRequest, room: str, caller: Caller) -> None:
    """Raises Refusal if the policy does not allow the request."""
    also = caller.may_also_join
    if not caller.may_join(room) or (also is not None and not also(room)):
        raise Refusal("room_not_allowed", "You may not join this room.")
    for field in caller.may_not_set:
        # An empty value sets nothing.
        if getattr(request, field):
            raise Refusal("field_not_allowed", f"You may not set {field}. Omit it.")
    _check_attributes(request.participant_attributes, caller)
    if request.room_config is not None:
        for agent in request.room_config.agents or ():
            _check_attributes(agent.attributes, caller)
            if not caller.may_send(agent.agent_name or ""):
                raise Refusal("agent_not_allowed", "You may not dispatch this agent.")


def _check_attributes(attributes: dict[str, str] | None, caller: Caller) -> None:
    """Raises Refusal for an attribute that LiveKit reserves, unless the policy names it."""
    for name in attributes or ():
        if name.startswith(RESERVED) and not caller.may_reserve(name):
            raise Refusal(
                "attribute_not_allowed",
                f"You may not set the attribute {name[:SHOWN]}. LiveKit reserves names that begin with"
                f" {', '.join(RESERVED)}.",
            )


def _is_json(content_type: bytes) -> bool:
    """Whether a Content-Type is JSON. Clients that add a second one of their own join both by a comma."""
    kinds = {kind.partition(b";")[0].strip().lower() for kind in content_type.split(b",")}
    return kinds == {b"application/json"}


def _is_private(client: str) -> bool:
    """Whether an address is a loopback or private one, as those of an operator's own proxies are."""
    try:
        return ipaddress.ip_address(client).is_private
    except ValueError:
        return False
