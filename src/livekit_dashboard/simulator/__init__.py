"""A LiveKit that speaks the real wire protocol, in memory.

``create_app`` gives the ASGI app, ``World`` holds what it serves and makes things happen, ``Pace``
says how fast, ``Fault`` makes it misbehave, ``running`` serves it on a loopback port. It is kept honest by
tests/contract, which runs one suite against it and against the real server.
"""

from .app import create_app
from .faults import Fault, Faults
from .runner import running
from .timing import LIFELIKE, Pace
from .world import Limits, World

__all__ = ["LIFELIKE", "Fault", "Faults", "Limits", "Pace", "World", "create_app", "running"]
