"""The semantic tier: the nearest entries of a partition, and whether one of them answers."""

from collections.abc import Callable, Mapping
from typing import Protocol

from wrp_proxy.cache.base import Near, Store, Vector, Verifier
from wrp_proxy.cache.inquiry import Found, Inquiry
from wrp_proxy.cache.policy import Policy

_NEIGHBOURS = 8
_ALL = 1000
"""More than are ever as near as a hit."""
_LOWEST = 0.75
"""Nothing below can answer, nor is it worth a judge's look."""


class Bounds(Protocol):
    """What labels have taught; read in worker threads."""

    def threshold(self, entry_id: bytes, base: float, raised: float) -> float:
        """Return an entry's own threshold where that of its policy is `base`, raised by audits."""
        ...

    def raised(self, key: tuple[str, str], partition: bytes) -> float:
        """Return what audits of a route and category, or of a partition, add to thresholds."""
        ...

    def explores(self, policy: Policy, near: Near) -> bool:
        """Tell whether to ask the model although an entry would answer."""
        ...


class Search:
    """Called in worker threads, with the vector of a question."""

    def __init__(
        self,
        *,
        store: Store,
        bounds: Bounds,
        verifiers: Mapping[str, Verifier],
        load: Callable[[str], float],
    ) -> None:
        """`verifiers` are by `verifier_name`; `load` is that of a route's models, 0 to 1."""
        self._store = store
        self._bounds = bounds
        self._verifiers = verifiers
        self._load = load

    def find(self, inquiry: Inquiry, vector: Vector) -> Found:
        """Return the nearest entry that answers, else the nearest one with the reason."""
        closest = Found(vector=vector)
        for near in self._nearest(inquiry, vector):
            if near.similarity < _LOWEST:
                break
            threshold = self._threshold(inquiry, near)
            if near.similarity < threshold and closest.near is not None:
                continue
            found = self._look_at(inquiry, near, vector, threshold)
            if found.answers:
                return found
            closest = closest if closest.near else found
        return closest

    def neighbours(self, partition: bytes, vector: Vector, similarity: float) -> list[bytes]:
        """List the entries of a partition from a similarity on."""
        near = self._store.nearest(partition, vector, _ALL)
        return [one.entry.id for one in near if one.similarity >= similarity]

    def _nearest(self, inquiry: Inquiry, vector: Vector) -> list[Near]:
        """List the nearest entries that the caller may see; others would be met by chance only."""
        near = [
            one
            for scope in inquiry.scopes
            for one in self._store.nearest(inquiry.names[scope].partition, vector, _NEIGHBOURS)
            if one.entry.scope == scope and one.entry.question
        ]
        return sorted(near, key=lambda one: one.similarity, reverse=True)

    def _look_at(self, inquiry: Inquiry, near: Near, vector: Vector, threshold: float) -> Found:
        policy = inquiry.policy
        verifier = self._verifiers[verifier_name(policy)]
        words = verifier.refuse(inquiry.question, near.entry.question, near.similarity)
        if near.similarity < threshold:
            refusal = f"similarity below {threshold:.3f}"
            return Found(vector=vector, near=near, refusal=refusal, is_open=words is None)
        if words is None and self._bounds.explores(policy, near):
            return Found(vector=vector, near=near, refusal="explored", is_open=True)
        return Found(vector=vector, near=near, refusal=words)

    def _threshold(self, inquiry: Inquiry, near: Near) -> float:
        """Return what is asked of one entry: by policy, load, labels, audits and the caller."""
        policy = inquiry.policy
        base = policy.threshold_at(self._load(inquiry.route) if policy.load_relax else 0.0)
        key = (inquiry.route, inquiry.category)
        raised = self._bounds.raised(key, near.entry.partition)
        own = self._bounds.threshold(near.entry.id, base, raised)
        return max(own, inquiry.request.cache.threshold or 0.0)


def verifier_name(policy: Policy) -> str:
    """Name the verifier of a policy: the learned one has a cut for each preset."""
    return f"learned:{policy.preset}" if policy.verifier == "learned" else policy.verifier
