"""The nouns of the proxy: plain values that every stage may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from wrp_proxy.pooling import PARTS, USUAL_BALANCING, USUAL_BUDGET, Balancing, TokenBudget
from wrp_proxy.signals import (
    NO_PREFERENCES,
    UNKNOWN,
    Check,
    Features,
    Parts,
    Preferences,
    Score,
    Signal,
)

CAPABILITIES = frozenset(
    {
        "tools",
        "vision",
        "audio",
        "json_schema",
        "reasoning",
        "logprobs",
        "embeddings",
        "completions",
    }
)
CHAT_CAPABILITIES = CAPABILITIES - {"embeddings", "completions"}

Api = Literal["chat", "completions", "embeddings", "responses", "messages"]
"""The APIs that clients may speak, and upstreams may have."""
CHAT_ONLY: frozenset[Api] = frozenset({"chat"})
LARGE_BODY_BYTES = 256 * 1024
"""Bodies from here on are read, classified and translated in threads, not on the event loop."""
TRANSLATED: frozenset[Api] = frozenset({"completions", "responses", "messages"})
"""What an upstream that only has chat completions can serve all the same."""
Kind = Literal["chat", "agent", "tool_loop", "batch", "completion"]
"""`agent`: tools are offered; `tool_loop`: their results are being worked on."""
Finish = Literal["complete", "failed", "cancelled"]
HedgeRole = Literal["", "first", "second"]
"""Of an attempt that had a twin at another endpoint: which of the two it was."""
CacheStatus = Literal["miss", "exact", "canonical", "semantic", "shared", "bypass"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheControl:
    """What a caller wishes of the cache; each wish can only make it more careful."""

    reads: bool = True
    """False: give no answer that was given before."""
    writes: bool = True
    """False: do not keep the answer."""
    only_cached: bool = False
    """Ask no model."""
    max_age_s: float | None = None
    """Take no answer that is older."""
    ttl_s: float | None = None
    """Keep the answer for no longer."""
    threshold: float | None = None
    """Take no answer to a question that is less similar."""
    namespace: str = ""
    """Answers of other namespaces are not seen."""
    is_asked: bool = False
    """The caller wants the cache: also at a usual temperature, and for several choices."""
    is_public: bool = False
    """Let the answer be seen by everybody."""


NO_WISHES = CacheControl()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One request as the caller sent it."""

    id: str
    tenant: str
    """The name of the caller's key, never the key."""
    team: str | None = None
    """Whose cached answers the caller may share."""
    session: str | None
    model: str
    """The name asked for: a route, a model or `provider/upstream-model`."""
    body: Mapping[str, Any] = field(repr=False)
    """The request in the words of chat completions, to look into; never changed."""
    raw: bytes = field(repr=False)
    """The JSON as received, to forward to upstreams that have the same API."""
    api: Api = "chat"
    """In whose words `raw` is."""
    own: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """`raw`, parsed; empty where that is `body`."""
    query: str = ""
    """The query string as received, without its question mark."""
    passed_on: tuple[tuple[bytes, bytes], ...] = ()
    """The caller's headers that an upstream may see."""
    native_only: str | None = None
    """What only an upstream with the same API can do, in words; None: it may be translated."""
    is_translated: bool = False
    """`raw` is the proxy's own telling of a request in other words."""
    bound_to: str | None = None
    """The provider that holds what the request refers to."""
    given_tokens: int = 0
    """Tokens that the caller sent as numbers, not as text."""
    timeout_s: float | None = None
    """How long the caller will wait for the whole answer."""
    stream: bool = False
    wants_usage: bool = False
    """The caller asked for the usage chunk of a stream."""
    debug: bool = False
    is_batch: bool = False
    """The caller said that nobody waits for the answer."""
    is_trial: bool = False
    """It is to be explained, not answered: nothing is remembered of it."""
    cache: CacheControl = NO_WISHES
    preferences: Preferences = NO_PREFERENCES


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """WHAT is asked: everything the router and the pool may decide by."""

    input_tokens: int
    tokens_exact: bool
    """Counted with a tokenizer, not estimated from bytes."""
    text_bytes: int
    """UTF-8 bytes of all text that the model reads; the unit of calibration."""
    max_output_tokens: int | None
    expected_output_tokens: int
    kind: Kind
    needs: frozenset[str]
    category: str = UNKNOWN
    """The most probable one, unless none is probable enough."""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    """Category -> chance; they add up to 1. Empty: not asked for."""
    features: Features | None = field(default=None, repr=False, compare=False)
    """float32 vector of the last user's text, of length 1; None: not asked for."""
    tenant: str = ""
    session: str | None = None
    """As the caller named it, else what tells conversations apart; None: not asked for."""
    turn: int = 1
    """Number of the user's message that is to be answered."""
    failed_tools: int = 0
    """Results of tools since the user's last message that look like errors."""
    warmth: float | None = None
    """Share of the prompt whose beginning was seen lately, 0 to 1; None: not asked for."""
    fingerprint: str | None = None
    """Of the system prompt; None: it has none, or was not asked for."""
    language: str = UNKNOWN
    """Two letters of ISO 639-1."""
    complexity: float | None = None
    """0 to 1; None: not asked for."""
    risks: frozenset[str] = frozenset()
    """Kinds of secrets and personal data that seem to be in it."""
    unknown: frozenset[str] = frozenset()
    """Signals that were asked for and could not be told."""
    preferences: Preferences = NO_PREFERENCES
    api: Api = "chat"
    native_only: str | None = None
    """What only an upstream with this very API can do, in words."""
    bound_to: str | None = None
    """The only provider that can serve it."""
    text_class: str = ""
    """Which texts it is calibrated with; empty: with none, nothing is learnt from it."""
    besides_tokens: int = 0
    """The part of `input_tokens` that is no text: frames of messages, images and files."""
    doubt_tokens: int = 0
    """So far may `input_tokens` be off, either way."""

    @property
    def total_tokens(self) -> int:
        """The window needed: input plus the output asked for, or expected where none is."""
        return self.input_tokens + (self.max_output_tokens or self.expected_output_tokens)

    @property
    def safe_tokens(self) -> int:
        """The window that is enough however far off the estimate is."""
        return self.total_tokens + self.doubt_tokens

    def is_doubtful_at(self, limit_tokens: int | None) -> bool:
        """Tell whether only an exact count can say on which side of a limit it is."""
        if limit_tokens is None or not self.doubt_tokens:
            return False
        return -self.doubt_tokens <= limit_tokens - self.total_tokens < self.doubt_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one answer, as the upstream counted them unless `estimated`."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    """The part of `prompt_tokens` that the upstream served from its prompt cache."""
    estimated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """USD per million tokens."""

    input: float
    output: float
    cached_input: float | None = None
    """None: cached input costs what input costs."""

    def cost_usd(self, usage: Usage) -> float:
        cached_price = self.input if self.cached_input is None else self.cached_input
        fresh_tokens = usage.prompt_tokens - usage.cached_tokens
        return (
            fresh_tokens * self.input
            + usage.cached_tokens * cached_price
            + usage.completion_tokens * self.output
        ) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """WHERE: one upstream model at one provider; a value, its live state is the pool's."""

    provider: str
    model: str
    """The upstream's own name of the model."""
    weight: float = 1.0
    max_concurrency: int | None = None
    context_window: int | None = None
    """Tokens, input and output together; None: unknown, taken to fit."""
    label: str | None = None
    """`short` or `long`: its part in a pool that is cut by the length of requests; others only
    tell twins apart."""
    region: str | None = None
    price: Price | None = None
    """None: unknown."""
    apis: frozenset[Api] = CHAT_ONLY
    """What it has itself; the rest is translated where that is possible."""
    reasons: bool = False
    """It is known to take `reasoning_effort`, which others refuse."""
    retention_hints: bool = False
    """It is told how long a prompt is worth being kept in its cache."""

    @property
    def name(self) -> str:
        suffix = f"#{self.label}" if self.label else ""
        return f"{self.provider}/{self.model}{suffix}"

    def speaks(self, workload: Workload) -> bool:
        """Tell whether it can be asked in these words, natively or by translation."""
        if workload.bound_to is not None and workload.bound_to != self.provider:
            return False
        if workload.api in self.apis:
            return True
        is_translated = workload.api in TRANSLATED and "chat" in self.apis
        return is_translated and workload.native_only is None

    def serves(self, workload: Workload) -> bool:
        window = self.context_window
        fits = window is None or workload.safe_tokens <= window
        return fits and self.speaks(workload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """WHICH: a name that clients see, served by a pool of endpoints."""

    name: str
    endpoints: tuple[Endpoint, ...]
    balancing: Balancing = USUAL_BALANCING
    budget: TokenBudget = USUAL_BUDGET
    """Matters where endpoints are labelled `short` or `long`."""
    signals: frozenset[Signal] = frozenset()
    """What its balancer looks at of a workload, besides what is always known."""
    price: Price | None = None
    """What routing reckons with; each answer is billed at its endpoint's price."""
    quality: Mapping[str, float] = field(default_factory=dict)
    """Prior in 0..1 per category, `default` for the rest; empty: only the price tells."""
    quality_source: str | None = None
    """Who says so, in words."""
    capabilities: frozenset[str] = CHAT_CAPABILITIES
    listed: bool = True
    """False for `provider/upstream-model` names made up on request."""

    def lacks(self, workload: Workload) -> frozenset[str]:
        """Name the capabilities that the workload needs and the model has not."""
        missing = workload.needs - self.capabilities if workload.needs else workload.needs
        for endpoint in self.endpoints:
            if endpoint.speaks(workload):
                return missing
        return missing | {workload.api}

    def serves(self, workload: Workload) -> bool:
        """Tell whether some endpoint can be asked, and has a window that fits."""
        return any(endpoint.serves(workload) for endpoint in self.endpoints)

    @property
    def windows(self) -> frozenset[int]:
        """The windows of the pool, in tokens, as far as they are known."""
        return frozenset(e.context_window for e in self.endpoints if e.context_window is not None)

    @property
    def is_cut(self) -> bool:
        """Some of its endpoints are for short or for long requests."""
        return any(endpoint.label in PARTS for endpoint in self.endpoints)

    @property
    def is_for_embeddings(self) -> bool:
        return all(endpoint.apis == {"embeddings"} for endpoint in self.endpoints)

    @property
    def context_window(self) -> int | None:
        """The longest window of the pool in tokens; None if any is unknown."""
        windows = [endpoint.context_window for endpoint in self.endpoints]
        known = [window for window in windows if window is not None]
        return max(known) if len(known) == len(windows) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a router chose, and why."""

    ranking: tuple[Model, ...]
    """Best first; the tail is the fail-over order."""
    router: str
    reason: str
    propensity: float = 1.0
    """The chance that this choice had, so that logs can be replayed against other strategies."""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """Model name -> the figure it was ranked by; None where it has none."""
    parts: Mapping[str, Parts] = field(default_factory=dict)
    """Model name -> what its score is made of."""
    fired: tuple[str, ...] = ()
    """Rules and wrappers that had a say, in words."""
    check: Check | None = None
    """Hold the answer until it is accepted."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the request's body to set."""
    cache: str | None = None
    """A preset that the cache is to follow for this request, if it is more careful."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of an answer, as bytes to relay, with what the proxy saw in it."""

    data: bytes
    content: bool = False
    """Some real output, as opposed to a role, an empty delta or a comment."""


def joined(chunks: Sequence[Chunk]) -> Sequence[Chunk]:
    """Make one chunk of several, which is content if any of them is."""
    if len(chunks) < 2:
        return chunks
    content = any(chunk.content for chunk in chunks)
    return (Chunk(data=b"".join(chunk.data for chunk in chunks), content=content),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt, or one cache hit, went; the row of the journal."""

    request_id: str
    started_at: float
    """Unix time in seconds."""
    tenant: str
    session: str | None
    route: str
    model: str
    endpoint: str | None
    router: str
    reason: str
    propensity: float
    workload: Workload
    usage: Usage | None
    cost_usd: float | None
    """None: the price is unknown, or nothing is known of the usage."""
    first_content_s: float | None
    duration_s: float
    finish: Finish
    error: str | None
    """The error's code."""
    attempt: int
    """1 for the first attempt of a request."""
    cached: CacheStatus
    stream: bool
    saved_usd: float | None = None
    """What an answer from the cache would have cost; None: unknown, or it was not cached."""
    similarity: float | None = None
    """Of the question asked to the one whose answer was given again."""
    entry_id: str | None = None
    """The cache's entry that answered, or that the answer became."""
    false_hit_bound: float | None = None
    """Upper limit of the share of wrong answers among such hits, from audits."""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """Those of the decision."""
    queued_s: float = 0.0
    """How long it waited in line for a slot, before `duration_s`."""
    hedge: HedgeRole = ""
    """A twin that is `cancelled` has lost: what it cost was paid for speed."""
    score: Score | None = None
    """How good the answer was. An outcome with a score tells that only: it was told without one
    when the attempt ended."""
