"""One request on its way through the cache."""

from dataclasses import dataclass, field

from wrp_proxy.cache.base import Near, Vector
from wrp_proxy.cache.keys import KeyedRequest, Names
from wrp_proxy.cache.policy import Policy, RoutePolicy
from wrp_proxy.types import ChatRequest, Workload


@dataclass(slots=True, kw_only=True)
class Inquiry:
    """Filled step by step: what is asked, what is near it, and what is to be kept."""

    request: ChatRequest
    route: str
    policies: RoutePolicy
    policy: Policy
    """The route's, until the category is known."""
    keyed: KeyedRequest
    scopes: tuple[str, ...]
    """Where answers may be read."""
    scope: str
    """Where the answer will be kept."""
    epoch: int
    """That of `scope`; a flush meanwhile makes the answer one of the past."""
    entry_id: bytes
    """The name of the entry that the answer becomes."""
    names: dict[str, Names] = field(default_factory=dict)
    """Of each scope."""
    fingerprint: str = ""
    """Of the embedder whose vectors the names are for."""
    workload: Workload | None = None
    found: "Found | None" = None

    @property
    def question(self) -> str:
        return self.keyed.question.text if self.keyed.question else ""

    @property
    def category(self) -> str:
        return self.workload.category if self.workload else "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search brought."""

    vector: Vector
    near: Near | None = None
    """The entry that answers, else the nearest one, if it is near at all."""
    refusal: str | None = None
    """Why `near` does not answer, in a few words."""
    is_open: bool = False
    """Its words say nothing against it: a judge may tell whether it would have answered."""

    @property
    def answers(self) -> bool:
        return self.near is not None and self.refusal is None
