"""How long things take in a simulated world."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pace:
    """Durations in seconds. The defaults are for tests; ``LIFELIKE`` are those of a real server.

    - ``no_egress_worker``: how long the start of an egress waits for a worker that is not there
    - ``no_auto_egress_worker``: the same, at the creation of a room with egress
    - ``no_sip_worker``: how long a call or a transfer waits for a worker that is not there
    - ``egress_join``: from the request until the recorder is in the room
    - ``egress_start``: from there until it records
    - ``start_signal``: how long a recorder waits for someone to publish, where the world says it does
    - ``egress_finish``: from the stop until the files are uploaded
    - ``ingress_start``: from the first packet until the tracks are published
    - ``dial``, ``ring``: from the call until it rings, from there until the callee decides
    - ``transfer``: until the other side has taken over a call
    - ``agent_join``: from the dispatch until the agent is in the room
    - ``job_listed``: from there until the dispatch lists the job (5 after a worker has come)
    - ``webhook_retries``: the waits before each further attempt
    """

    no_egress_worker: float = 0.05
    no_auto_egress_worker: float = 0.05
    no_sip_worker: float = 0.05
    egress_join: float = 0.01
    egress_start: float = 0.01
    start_signal: float = 0.05
    egress_finish: float = 0.01
    ingress_start: float = 0.01
    dial: float = 0.01
    ring: float = 0.01
    transfer: float = 0.01
    agent_join: float = 0.01
    job_listed: float = 0.0
    webhook_retries: tuple[float, ...] = (0.01, 0.02, 0.04)


LIFELIKE = Pace(
    no_egress_worker=20.0,
    no_auto_egress_worker=10.0,
    no_sip_worker=1.0,
    egress_join=1.0,
    egress_start=2.0,
    start_signal=30.0,
    egress_finish=3.0,
    ingress_start=2.0,
    dial=1.5,
    ring=5.0,
    transfer=2.0,
    agent_join=1.0,
    job_listed=4.0,
    webhook_retries=(1.0, 2.0, 4.0),
)
