"""How often hits are wrong, as far as audits tell, and what follows for the threshold."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from wrp_proxy.cache.bounds.evidence import weigh
from wrp_proxy.cache.bounds.judge_error import JudgeError
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.bounds.rows import Row, Rows
from wrp_proxy.cache.bounds.wilson import debiased, wilson_upper
from wrp_proxy.cache.stores.records import UNREADABLE

K = TypeVar("K", bound=Hashable)

_STEP = 0.01
_HIGHEST = 0.99
"""No raise goes further: what is wrong there is not wrong for want of similarity."""
_ROW = msgspec.msgpack.Decoder(Row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What audits say of the latest hits."""

    audited: int
    wrong: int
    """Labelled so by the judge."""
    upper: float
    """Wilson's upper limit of the share of wrong hits, debiased; 1: nothing was audited."""
    raised: float
    """By how much the threshold stands above the policy's."""


class ServedBounds(Generic[K]):
    """Keeps the share of wrong hits within a budget, per category or per partition.

    Where audits show that more hits are wrong than the budget allows, the threshold rises by .01,
    and evidence is gathered anew: the old one is about hits that are no longer served. After 500
    audits or more that show the share well within the budget, it falls by .01, never below the
    policy's own. What shows it, in spite of a judge that errs, is said in `evidence`.

    The bound that is stated is about the latest hits, wherever the threshold stood. The least
    recently audited keys are forgotten. Only `raised` is called in worker threads.
    """

    def __init__(
        self, *, replica: str, repeated_error: float = 0.0, max_keys: int = 10_000
    ) -> None:
        """`replica` names this process among those that share their counts; `repeated_error` is
        that of the judge, see JudgeError.
        """
        self._replica = replica
        self._max_keys = max_keys
        self._keys: OrderedDict[K, Rows] = OrderedDict()
        self._error = JudgeError(repeated_error)

    def learn(self, key: K, label: Label, *, budget: float, base: float) -> None:
        """Count an audit; `base` is the threshold of the policy that the hit was served under."""
        if not label.is_audit:
            return
        self._error.count(is_contradicted=label.right is None)
        rows = self._touch(key)
        rows.audit(self._replica, is_wrong=label.right is False)
        audited, wrong = rows.at_stage()
        finding = weigh(wrong, audited, budget=budget, error=self._error)
        if finding == "exceeded" and base + (rows.stage.level + 1) * _STEP <= _HIGHEST:
            rows.move(self._replica, 1)
        elif finding == "clean" and rows.stage.level:
            rows.move(self._replica, -1)

    def raised(self, key: K) -> float:
        """Return what is to be added to every threshold, an entry's own as well."""
        rows = self._keys.get(key)
        return rows.stage.level * _STEP if rows else 0.0

    def bound(self, key: K) -> Bound:
        rows = self._keys.get(key)
        audited, wrong = rows.lately() if rows else (0, 0)
        return Bound(
            audited=audited,
            wrong=wrong,
            upper=debiased(
                wilson_upper(wrong, audited),
                false_wrong=self._error.false_wrong,
                false_right=self._error.false_right,
            ),
            raised=self.raised(key),
        )

    def encode(self, key: K) -> bytes:
        """Return what this replica counted, for `merge` in the others."""
        rows = self._keys.get(key)
        return msgspec.msgpack.encode(rows.of(self._replica) if rows else Row())

    def merge(self, replica: str, key: K, row: bytes) -> None:
        """Take in what a replica counted; what cannot be read is left."""
        try:
            read = _ROW.decode(row)
        except UNREADABLE:
            return
        self._touch(key).put(replica, read)

    def _touch(self, key: K) -> Rows:
        rows = self._keys.setdefault(key, Rows())
        self._keys.move_to_end(key)
        if len(self._keys) > self._max_keys:
            self._keys.popitem(last=False)
        return rows
