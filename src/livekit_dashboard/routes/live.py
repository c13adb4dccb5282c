"""The WebSocket of a live page: what the hub has for it goes out; nothing is taken in."""

import asyncio
import time

from starlette.websockets import WebSocket, WebSocketDisconnect

from ..live import Hub, HubFullError, Viewer
from ..security import logout, tickets

# Close codes after which htmx's extension gives up. Once REFUSED, live.js polls, and each poll tries again: after 1013
# the extension itself would, twice a second, because a socket that has opened resets its patience. Once OVER, live.js
# polls for another ticket at once.
REFUSED, LOGGED_OUT, OVER = 1008, 4401, 4408
# Seconds that a viewer may take for one message before it is taken for gone.
PATIENCE = 20.0


async def socket(websocket: WebSocket) -> None:
    """Watches the page that the ticket names. Guarded here: the ticket stands for the log-in."""
    settings = websocket.app.state.settings
    hub: Hub = websocket.app.state.hub
    # Refusing the handshake would look like a broken line, and be tried again for ever.
    await websocket.accept()
    if logout.state(websocket, settings) != "in":
        return await websocket.close(LOGGED_OUT)
    ticket = tickets.redeem(websocket, settings, websocket.query_params.get("ticket", ""))
    if ticket is None or not _same_origin(websocket):
        return await websocket.close(REFUSED)
    try:
        async with hub.watching(ticket.address) as viewer:
            over = await _serve(websocket, viewer, ticket.ends - time.time())
    except HubFullError:
        return await websocket.close(REFUSED)
    if over:
        await websocket.close(OVER)
    return None


async def _serve(websocket: WebSocket, viewer: Viewer, seconds: float) -> bool:
    """Until the viewer leaves, or takes too long over a message, or the time is up: then it gives True."""
    sending = asyncio.create_task(_send(websocket, viewer))
    leaving = asyncio.create_task(_until_gone(websocket))
    both = {sending, leaving}
    done, pending = await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(sending, leaving, return_exceptions=True)
    return not done


async def _send(websocket: WebSocket, viewer: Viewer) -> None:
    while True:
        message = await viewer.next()
        async with asyncio.timeout(PATIENCE):
            await websocket.send_text(message)


async def _until_gone(websocket: WebSocket) -> None:
    try:
        while True:
            await websocket.receive()
    except (WebSocketDisconnect, RuntimeError):
        # RuntimeError is Starlette's for reading on after the disconnect.
        return


def _same_origin(websocket: WebSocket) -> bool:
    """Browsers send Origin with every WebSocket, and no script can change it."""
    origin = websocket.headers.get("origin")
    return origin is not None and origin.partition("://")[2] == websocket.headers.get("host")
