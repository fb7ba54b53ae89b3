"""Pools as plain values: what they hold, how fast they are, what they cost."""

from dataclasses import dataclass, replace
from math import exp, log2

import numpy as np

from wrp_proxy.simulation.trace import Trace, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What one GPU draws by its batch: a logistic curve over log2 of the batch."""

    idle_w: float = 300.0
    range_w: float = 300.0
    steepness: float = 1.0
    midpoint: float = 4.2
    """log2 of the batch that draws half of the range."""

    def watts(self, batch: int) -> float:
        if batch == 0:
            return self.idle_w
        return self.idle_w + self.range_w / (
            1 + exp(-self.steepness * (log2(batch) - self.midpoint))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per hour of a replica, or per million tokens."""

    replica_hour_usd: float = 0.0
    input_usd: float = 0.0
    output_usd: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSpec:
    """Equal replicas that serve one window from one queue."""

    name: str
    replicas: int
    slots: int
    """Sequences of one replica at the same time."""
    window: int
    prefill_tokens_per_s: float
    """Of one replica, which computes one prompt after the other."""
    base_s: float
    per_sequence_s: float
    """Seconds of one decoding step: base + batch x this."""
    price: Price = Price()
    gpus: int = 1
    power: Power = Power()
    kv_tokens: int | None = None
    """Tokens that the cache of one replica holds; None: as many as its slots need."""
    has_fixed_slots: bool = True
    """Whether the slots stay when the window changes, or follow from the cache."""

    def step_s(self, batch: int) -> float:
        return self.base_s + self.per_sequence_s * batch

    @property
    def is_overcommitted(self) -> bool:
        """Tell whether all slots together may outgrow the cache."""
        return self.kv_tokens is not None and self.slots * self.window > self.kv_tokens

    def with_window(self, window: int) -> "PoolSpec":
        """Return the pool with another window, and with the slots that follow from it."""
        if self.has_fixed_slots or self.kv_tokens is None:
            return replace(self, window=window)
        return replace(self, window=window, slots=max(1, self.kv_tokens // window))

    def prefill_s(self, trace: Trace) -> Vector:
        seconds: Vector = trace.input_tokens / self.prefill_tokens_per_s
        return seconds

    def service_s(self, trace: Trace) -> Vector:
        """Return how long each request keeps its slot, in a batch as full as can be."""
        step_s = self.step_s(self.slots)
        seconds: Vector = self.prefill_s(trace) + trace.output_tokens * step_s
        return seconds

    def load(self, trace: Trace, rate: float) -> float:
        """Return how many replicas would be busy without a pause, in full batches.

        `rate` is that of these requests, per second.
        """
        if not len(trace):
            return 0.0
        slots = rate * float(np.mean(self.service_s(trace))) / self.slots
        return max(slots, rate * float(np.mean(self.prefill_s(trace))))

    def cost_usd(self, trace: Trace, span_s: float) -> float:
        """Return what it costs to serve a trace with these replicas, up to its last answer."""
        replicas_usd = self.replicas * self.price.replica_hour_usd * span_s / 3600
        return replicas_usd + self._tokens_usd(trace)

    def usd_per_h(self, trace: Trace, arriving_s: float) -> float:
        """Return what it costs while requests come: long last answers make no hour cheaper."""
        tokens_usd = self._tokens_usd(trace) * 3600 / arriving_s if arriving_s else 0.0
        return self.replicas * self.price.replica_hour_usd + tokens_usd

    def _tokens_usd(self, trace: Trace) -> float:
        input_usd = self.price.input_usd * int(np.sum(trace.input_tokens))
        return (input_usd + self.price.output_usd * int(np.sum(trace.output_tokens))) / 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """One pool for all, or a short and a long one, in this order."""

    pools: tuple[PoolSpec, ...]
    boundary_tokens: int = 0
    """Up to this total, requests prefer the first of two pools."""
    spillover: float | None = None
    """Load of the preferred pool, as a share of its slots, from which the other is asked."""
