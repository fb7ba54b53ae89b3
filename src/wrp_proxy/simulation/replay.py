"""Replays a trace against a fleet, event by event."""

from dataclasses import dataclass
from heapq import heappop
from math import inf

import numpy as np

from wrp_proxy.simulation.fleet import Fleet
from wrp_proxy.simulation.ledger import Ledger
from wrp_proxy.simulation.queueing import Events, PoolQueue
from wrp_proxy.simulation.replica import Replica
from wrp_proxy.simulation.routing import Dispatcher, preferred_pools
from wrp_proxy.simulation.trace import Counts, Trace, Vector

Owners = list[tuple[PoolQueue, Replica]]
"""By the place of a replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRun:
    """What the replicas of one pool did, in sum."""

    busy_slot_s: float
    """Up to the last arrival, as is the prefill: what comes after is no steady state."""
    prefill_s: float
    energy_j: float
    """Up to the last answer."""
    preemptions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of each request, a row each in the order of the trace."""

    trace: Trace
    fleet: Fleet
    pool: Counts
    """The number of the pool that served it; -1: refused, for no window fits."""
    preferred: Counts
    """The number of the pool that its expected length asks for; -1 where it was refused."""
    start_s: Vector
    """When it first had a slot; like the other times, -1 where it was refused."""
    first_token_s: Vector
    finish_s: Vector
    span_s: float
    """From the first arrival to the last answer."""
    runs: tuple[PoolRun, ...]

    @property
    def ttft_s(self) -> Vector:
        """Return seconds to the first token; of no meaning where it was refused."""
        return self.first_token_s - self.trace.arrival_s

    @property
    def tpot_s(self) -> Vector:
        """Return seconds per token of the answer; NaN where there was none."""
        answered = self.served_tokens
        decode_s = self.finish_s - self.first_token_s
        unknown = np.full(len(answered), np.nan)
        seconds: Vector = np.divide(decode_s, answered, out=unknown, where=answered > 0)
        return seconds

    @property
    def served_tokens(self) -> Counts:
        """Return the lengths of the answers, which end where the window does."""
        windows = np.array([pool.window for pool in self.fleet.pools])[self.pool]
        room = windows - self.trace.input_tokens
        return np.where(self.pool < 0, 0, np.minimum(self.trace.output_tokens, room))


def replay(trace: Trace, fleet: Fleet) -> Replay:
    """Serve every request of a trace; always the same for the same arguments."""
    ledger = Ledger(trace)
    events: Events = []
    queues = _queues(fleet, ledger, events)
    owners = [(queue, replica) for queue in queues for replica in queue.replicas]
    preferred = preferred_pools(trace, fleet)
    dispatcher = Dispatcher(trace, fleet, ledger, queues, preferred)
    now_s = 0.0  # of the last arrival, after the loop
    for request, now_s in enumerate(ledger.arrival_s):
        _run_until(now_s, events, owners)
        dispatcher.send(request, now_s)
    busy = [queue.pass_time(now_s) for queue in queues]
    span_s = max(now_s, _run_until(inf, events, owners))
    return Replay(
        trace=trace,
        fleet=fleet,
        pool=np.array(ledger.pool, np.int64),
        preferred=preferred,
        start_s=np.array(ledger.start_s),
        first_token_s=np.array(ledger.first_token_s),
        finish_s=np.array(ledger.finish_s),
        span_s=span_s,
        runs=tuple(
            PoolRun(
                busy_slot_s=slot_s,
                prefill_s=prefill_s,
                energy_j=queue.energy_until(span_s),
                preemptions=queue.preemptions,
            )
            for queue, (slot_s, prefill_s) in zip(queues, busy, strict=True)
        ),
    )


def _queues(fleet: Fleet, ledger: Ledger, events: Events) -> list[PoolQueue]:
    queues: list[PoolQueue] = []
    place = 0
    for pool in fleet.pools:
        queues.append(PoolQueue(pool, ledger, events, place))
        place += pool.replicas
    return queues


def _run_until(end_s: float, events: Events, owners: Owners) -> float:
    """Let all happen that is due; return when the last thing did."""
    last_s = 0.0
    while events and events[0][0] <= end_s:
        due_s, place = heappop(events)
        queue, replica = owners[place]
        if due_s == replica.due_s:
            queue.happen(replica, due_s)
            last_s = due_s
    return last_s
