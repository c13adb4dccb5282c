"""The WebSocket of a live page: sends the hub's messages, and ignores what it receives."""

import asyncio
import time

from starlette.websockets import WebSocket, WebSocketDisconnect

from livekit_dashboard.app_state import app_state
from livekit_dashboard.live import tickets
from livekit_dashboard.live.hub import HubFullError, Viewer
from livekit_dashboard.security import logout

# Close codes after which htmx's extension does not reconnect. After REFUSED, live.js polls, and tries a socket with each
# poll; after 1013, the extension itself would reconnect twice a second. After OVER, live.js polls for a new ticket.
REFUSED, LOGGED_OUT, OVER = 1008, 4401, 4408
# Seconds after which a viewer that has not received a message counts as gone.
PATIENCE = 20.0


async def socket(websocket: WebSocket) -> None:
    """Sends updates of the page that the ticket names. The ticket replaces the login, and is checked here."""
    settings = app_state(websocket).settings
    hub = app_state(websocket).hub
    # A rejected handshake would look like a broken connection, and be retried forever.
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
    """Sends until the viewer leaves or is too slow, or until the time is up; then it returns True."""
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
        # Starlette raises RuntimeError for a read after the disconnect.
        return


def _same_origin(websocket: WebSocket) -> bool:
    """Browsers send Origin with every WebSocket, and no script can change it."""
    origin = websocket.headers.get("origin")
    return origin is not None and origin.partition("://")[2] == websocket.headers.get("host")
