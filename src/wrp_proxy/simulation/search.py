"""Searches the boundary and the sizes that keep a target at the least cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from wrp_proxy.simulation.fleet import PoolSpec
from wrp_proxy.simulation.sizing import (
    NoSizeError,
    Target,
    size_by_replay,
    size_in_theory,
)
from wrp_proxy.simulation.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """A pool with the fewest replicas that keep the target."""

    pool: PoolSpec
    guess: int
    """The replicas that theory asks for, before any replay."""
    usd_per_h: float
    smooth_usd_per_h: float
    """The same before replicas are whole: what marginal costs are reckoned with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A fleet that is cut in two at a boundary."""

    boundary_tokens: int
    short: Sized
    long: Sized
    short_share: float
    """Of the requests."""
    work_share: float
    """Of the replicas that the short ones would take in one pool for all."""
    gain: float
    """How many times as many of the short requests a replica of the short pool serves."""

    @property
    def usd_per_h(self) -> float:
        return self.short.usd_per_h + self.long.usd_per_h

    @property
    def replicas(self) -> int:
        return self.short.pool.replicas + self.long.pool.replicas

    @property
    def predicted_saving(self) -> float:
        """Return alpha (1 - 1/rho) of arXiv 2604.09613, alpha being the share of the work."""
        return self.work_share * (1 - 1 / self.gain) if self.gain else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one pool costs, what two cost at each boundary, and where there are none."""

    one: Sized
    cuts: tuple[Cut, ...]
    """By rising boundaries."""
    failures: Mapping[int, str]

    @property
    def best(self) -> Cut | None:
        """The cheapest; None where no boundary keeps the target."""
        return min(self.cuts, key=lambda cut: cut.usd_per_h, default=None)

    def saving(self, cut: Cut) -> float:
        return 1 - cut.usd_per_h / self.one.usd_per_h if self.one.usd_per_h else 0.0


class Search:
    """Size pools for the requests of a trace."""

    def __init__(self, trace: Trace, target: Target) -> None:
        self._trace = trace
        self._target = target

    def find(
        self, one: PoolSpec, two: tuple[PoolSpec, PoolSpec], boundaries: Sequence[int]
    ) -> Found:
        """Size one pool, and two at each boundary; raise NoSizeError where even one cannot be.

        The window of the short pool is the boundary, so its slots follow where they are not fixed.
        """
        single = self._size(one, self._trace)
        cuts: list[Cut] = []
        failures: dict[int, str] = {}
        for boundary in sorted(set(boundaries)):
            try:
                cuts.append(self._cut(one, two, boundary))
            except NoSizeError as error:
                failures[boundary] = str(error)
        return Found(one=single, cuts=tuple(cuts), failures=failures)

    def _cut(self, one: PoolSpec, two: tuple[PoolSpec, PoolSpec], boundary: int) -> Cut:
        is_short = self._trace.needed_tokens <= boundary
        shorts, longs = self._trace.part(is_short), self._trace.part(~is_short)
        pool = two[0].with_window(boundary)
        longest = _longest_boundary(*two)
        if boundary > longest:
            raise NoSizeError(f"a boundary of these pools is {longest} tokens at most")
        in_one, in_short = self._smooth(one, shorts), self._smooth(pool, shorts)
        all_work = in_one + self._smooth(one, longs)
        return Cut(
            boundary_tokens=boundary,
            short=self._size(pool, shorts),
            long=self._size(two[1], longs),
            short_share=float(is_short.mean()),
            work_share=in_one / all_work if all_work else 0.0,
            gain=in_one / in_short if in_short else 1.0,
        )

    def _size(self, pool: PoolSpec, part: Trace) -> Sized:
        part = part.part(part.needed_tokens <= pool.window)  # the others are refused
        rate = self._rate(part)
        guess = size_in_theory(pool, part, rate, self._target)
        sized = replace(pool, replicas=size_by_replay(pool, part, rate, guess, self._target))
        span_s = self._trace.span_s
        tokens_usd = replace(pool, replicas=0).usd_per_h(part, span_s)
        return Sized(
            pool=sized,
            guess=guess,
            usd_per_h=sized.usd_per_h(part, span_s),
            smooth_usd_per_h=self._smooth(pool, part) * pool.price.replica_hour_usd + tokens_usd,
        )

    def _smooth(self, pool: PoolSpec, part: Trace) -> float:
        return pool.load(part, self._rate(part)) / self._target.utilisation

    def _rate(self, part: Trace) -> float:
        return self._trace.rate * len(part) / len(self._trace)


def _longest_boundary(short: PoolSpec, long: PoolSpec) -> int:
    if short.has_fixed_slots or short.kv_tokens is None:
        return min(short.window, long.window)
    return min(short.kv_tokens, long.window)


def marginal_costs(cuts: Sequence[Cut]) -> list[dict[str, float]]:
    """Return what each step of the boundary adds to the short pool, and saves in the long one.

    At the optimum the two are equal (FleetOpt, arXiv 2603.16514): a step below it saves more than
    it adds, a step beyond it less. USD per hour.
    """
    return [
        {
            "from_tokens": low.boundary_tokens,
            "to_tokens": high.boundary_tokens,
            "short_added_usd_per_h": high.short.smooth_usd_per_h - low.short.smooth_usd_per_h,
            "long_saved_usd_per_h": low.long.smooth_usd_per_h - high.long.smooth_usd_per_h,
        }
        for low, high in pairwise(cuts)
    ]
