"""What is known of a request on its way through the pipeline."""

from dataclasses import dataclass, field, replace
from time import perf_counter, time

from wrp_proxy.cache.base import Lookup
from wrp_proxy.catalog import Route
from wrp_proxy.providers.base import Decoder
from wrp_proxy.types import (
    CacheStatus,
    ChatRequest,
    Decision,
    Endpoint,
    Finish,
    HedgeRole,
    Model,
    Outcome,
    Usage,
    Workload,
)


@dataclass(slots=True)
class Trace:
    """Filled stage by stage; the HTTP layer reads it for its headers."""

    request: ChatRequest
    started_at: float = field(default_factory=time)
    """Unix time in seconds."""
    started: float = field(default_factory=perf_counter)
    lookup: Lookup | None = None
    workload: Workload | None = None
    route: Route | None = None
    decision: Decision | None = None
    routed: float | None = None
    """When the decision was made, on the clock of `started`."""
    model: Model | None = None
    tried: list[Endpoint] = field(default_factory=list)
    """By the answer that this trace is of."""
    failed: tuple[Endpoint, ...] = ()
    """By answers before it that have come to nothing: these are not asked again."""
    asked: list[Endpoint] = field(default_factory=list)
    """By all answers to the request, in the order of their attempts."""
    queued_s: float = 0.0
    """How long the last attempt waited in line."""
    hedge: HedgeRole = ""
    """Of the attempt that this trace is of."""
    attempt: int = 0
    """The number of the last attempt among those of the request."""
    decoder: Decoder | None = None
    """Reads the answer of the attempt that is under way; knows how to end it."""
    is_committed: bool = False
    """Something was given to the client: no other endpoint may be tried."""
    answered: Outcome | None = None
    """How the last attempt went."""
    held_s: float | None = None
    """How long the client waited after he could have had an answer; None: it was not held."""
    verdicts: tuple[str, ...] = ()
    """What was found of each answer that was held, in words."""
    is_doubtful: bool = False
    """The answer is given for want of one that was accepted."""

    def ask(self, endpoint: Endpoint) -> None:
        """Count an attempt."""
        self.tried.append(endpoint)
        self.asked.append(endpoint)
        self.attempt = len(self.asked)

    def apart(self, request: ChatRequest) -> "Trace":
        """Begin the trace of one answer of several, of which at most one is given."""
        return replace(
            self,
            request=request,
            model=None,
            tried=[],
            decoder=None,
            queued_s=0.0,
            is_committed=False,
            answered=None,
        )

    def adopt(self, given: "Trace") -> None:
        """Make the answer of another trace this one's."""
        self.model, self.decoder = given.model, given.decoder
        self.tried, self.attempt = given.tried, given.attempt
        self.queued_s, self.hedge = given.queued_s, given.hedge
        self.answered = given.answered

    def follow(self, leader: "Trace") -> None:
        """Take over what is known of the same request that another one asked before."""
        found = leader.lookup
        is_hit = found is not None and found.hit is not None
        self.lookup = (
            found if is_hit else Lookup(status="shared", entry_id=found.entry_id if found else None)
        )
        self.workload = leader.workload
        self.decision = leader.decision
        self.model = leader.model
        self.tried, self.asked = leader.tried, leader.asked
        self.attempt = leader.attempt
        self.decoder = leader.decoder
        self.held_s, self.verdicts = leader.held_s, leader.verdicts

    def begin_again(self, lookup: Lookup | None) -> None:
        """Forget another's attempts, and that they failed."""
        self.lookup = lookup
        self.workload = self.decision = self.model = self.decoder = None
        self.tried, self.asked = [], []
        self.attempt = 0

    @property
    def cached(self) -> CacheStatus:
        return self.lookup.status if self.lookup else "bypass"

    @property
    def answered_by(self) -> str | None:
        """The name of the model that has answered, now or when the cache learnt the answer."""
        if self.model is not None:
            return self.model.name
        return self.lookup.hit.model if self.lookup and self.lookup.hit else None

    def outcome(  # noqa: PLR0913 - keywords only: what differs between outcomes
        self,
        workload: Workload,
        *,
        model: str,
        finish: Finish,
        error: str | None = None,
        endpoint: Endpoint | None = None,
        usage: Usage | None = None,
        cost_usd: float | None = None,
        first_content_s: float | None = None,
        duration_s: float | None = None,
        saved_usd: float | None = None,
    ) -> Outcome:
        """Write down how an attempt, a cache hit or a refusal went."""
        decision, lookup = self.decision, self.lookup
        hit = lookup.hit if lookup else None
        return Outcome(
            request_id=self.request.id,
            started_at=self.started_at,
            tenant=self.request.tenant,
            session=self.request.session,
            route=self.route.name if self.route else "",
            model=model,
            endpoint=endpoint.name if endpoint else None,
            router=decision.router if decision else "",
            reason=decision.reason if decision else "",
            propensity=decision.propensity if decision else 1.0,
            scores=decision.scores if decision else {},
            workload=workload,
            usage=usage,
            cost_usd=cost_usd,
            first_content_s=first_content_s,
            duration_s=perf_counter() - self.started if duration_s is None else duration_s,
            finish=finish,
            error=error,
            attempt=self.attempt,
            cached=self.cached,
            stream=self.request.stream,
            saved_usd=saved_usd,
            similarity=hit.similarity if hit else None,
            entry_id=lookup.entry_id if lookup else None,
            false_hit_bound=lookup.bound if lookup else None,
            queued_s=self.queued_s,
            hedge=self.hedge,
        )
