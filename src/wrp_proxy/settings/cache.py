"""The shape of what the configuration says of the cache."""

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
)

from wrp_proxy.cache.policy import FLOOR, Preset, Scope, VerifierName
from wrp_proxy.settings.sections import Section, Share, under, under_preset

_REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


def _check_redis_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(_REDIS_SCHEMES):
        raise ValueError("write it like redis://:PASSWORD@127.0.0.1:6379/0")
    return url


OrPreset = BeforeValidator(under_preset)
RedisUrl = Annotated[SecretStr, AfterValidator(_check_redis_url)]


class CategoryCacheSettings(Section):
    """Policy of one category; what is left out is as in the route's own."""

    preset: Preset | None = None
    threshold: float | None = Field(default=None, ge=FLOOR, le=1)
    verifier: VerifierName | None = None
    ttl_s: PositiveFloat | None = None
    max_history: NonNegativeInt | None = None
    error_budget: float | None = Field(default=None, gt=0, le=0.5)
    load_relax: float | None = Field(default=None, ge=0, le=0.1)
    load_stretch: float | None = Field(default=None, ge=1, le=10)
    explore: float | None = Field(default=None, gt=0, lt=1)

    def changes(self) -> dict[str, Any]:
        """Return what is said, by the names of a policy."""
        return self.model_dump(exclude={"categories"}, exclude_none=True)


class RouteCacheSettings(CategoryCacheSettings):
    """Policy of one route."""

    scope: Scope | None = None
    max_temperature: float | None = Field(default=None, ge=0, le=2)
    categories: dict[str, Annotated[CategoryCacheSettings, OrPreset]] = Field(default_factory=dict)


class RedisSettings(Section):
    """Where replicas share answers."""

    url: RedisUrl | None = None
    shards: list[RedisUrl] | None = Field(default=None, min_length=2)
    """Several servers instead of one: each tenant's answers are on one of them."""
    prefix: str = Field(default="wrp", min_length=1, max_length=64, pattern=r"^[\w.-]+$")
    """Of all keys; proxies with the same one share answers."""
    timeout_ms: PositiveFloat = 20.0
    """How long a request may wait for it."""
    local_bytes: PositiveInt = 64 * 1024 * 1024
    """Answers kept here as well, for when it cannot be reached."""
    log_length: PositiveInt = 100_000
    """Changes that a replica may have missed before it must load everything anew."""
    cluster: bool = False
    """It is a Redis Cluster."""

    @property
    def meeting_url(self) -> str:
        """The server where replicas tell each other what they learn: of several the same one for
        all of them, in whatever order they are written.
        """
        urls = [self.url] if self.url is not None else self.shards or []
        return min((one.get_secret_value() for one in urls), key=lambda one: one.rpartition("@")[2])


class EmbedderSettings(Section):
    """What turns questions into vectors."""

    name: Literal["minilm", "sentence-transformers", "model"] = "minilm"
    model: str | None = Field(default=None, min_length=1)
    """`sentence-transformers`: a name on the hub or a folder; `model`: one of `models`."""
    dimensions: PositiveInt | None = None
    """Only `model`: the length of its vectors."""
    threads: int | None = Field(default=None, ge=1, le=8)
    """Not for `model`; default: one."""


class JudgeSettings(Section):
    """A model that audits hits and looks at near misses, in the background."""

    model: str = Field(min_length=1)
    """A model or a route."""
    audit_share: Share = 0.02
    """Of semantic hits."""
    near_share: Share = 0.05
    """Of misses with a near entry."""
    per_minute: PositiveFloat = 10.0
    usd_per_day: PositiveFloat = 1.0
    timeout_s: PositiveFloat = 30.0


class CacheSettings(Section):
    """What holds for all routes."""

    default: Annotated[RouteCacheSettings, OrPreset] | None = None
    """For routes that say nothing, and for models asked for by name."""
    store: Literal["memory", "redis", "none"] | None = None
    """Default: redis where there is a section for it, else memory."""
    redis: Annotated[RedisSettings, under("url")] | None = None
    snapshot: bool = True
    """Keep the memory's answers over a restart, in the state directory."""
    snapshot_interval_s: PositiveFloat = 300.0
    max_bytes: PositiveInt = 512 * 1024 * 1024
    max_entries: PositiveInt = 1_000_000
    max_request_bytes: PositiveInt = 64 * 1024
    max_answer_bytes: PositiveInt = 256 * 1024
    quotas: dict[str, Share] = Field(default_factory=dict)
    """Share of the bytes that a category may have."""
    key_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of the bytes that one key may have while others have any."""
    writes_per_minute: PositiveInt = 1200
    """Of one key."""
    anonymous: Literal["own", "shared"] = "own"
    """Whether callers without a key share answers with other proxies on the same Redis."""
    secret: SecretStr | None = Field(default=None, min_length=16)
    """Of the names of entries; replicas need the same one; default: made, or of the Redis URL."""
    lookup_budget_ms: PositiveFloat = 15.0
    """How long a question may wait for the embedder."""
    embedder: Annotated[EmbedderSettings, under("name")] = EmbedderSettings()
    judge: Annotated[JudgeSettings, under("model")] | None = None
