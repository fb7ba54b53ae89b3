"""Who may see whose answers."""

from dataclasses import dataclass, field

from wrp_proxy.cache.policy import Policy
from wrp_proxy.types import ChatRequest

PUBLIC = "public"
"""Of answers that a trusted writer has marked; everybody may see them where the route allows it."""


@dataclass(frozen=True, slots=True)
class Scopes:
    """Finds the scope of a caller; names made with another secret are never met."""

    secret: bytes = field(repr=False)
    """At most 64 bytes; replicas that share answers have the same."""
    anonymous: str
    """The tenant of those without a key."""
    installation: str
    """What anonymous callers share: their answers are seen nowhere else."""

    def own(self, request: ChatRequest, policy: Policy) -> str:
        if request.tenant == self.anonymous:
            return f"anonymous:{self.installation}"
        if policy.scope == "team" and request.team is not None:
            return f"team:{request.team}"
        return f"key:{request.tenant}"

    def readable(self, request: ChatRequest, policy: Policy) -> tuple[str, ...]:
        own = self.own(request, policy)
        return (own, PUBLIC) if policy.scope == "global" else (own,)

    def written(self, request: ChatRequest, policy: Policy) -> str:
        is_public = request.cache.is_public and policy.scope == "global"
        return PUBLIC if is_public else self.own(request, policy)
