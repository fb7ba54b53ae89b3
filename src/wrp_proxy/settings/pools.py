"""How the endpoints of models are chosen among, kept in service and waited for."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from wrp_proxy.settings.sections import Section, Share


class PriceSettings(Section):
    """USD per million tokens."""

    input: NonNegativeFloat
    output: NonNegativeFloat
    cached_input: NonNegativeFloat | None = None


class EndpointSettings(Section):
    provider: str
    model: str = Field(min_length=1)
    weight: PositiveFloat = 1.0
    max_concurrency: PositiveInt | None = None
    """Its slots."""
    context_window: PositiveInt | None = None
    label: str | None = None
    region: str | None = Field(default=None, min_length=1)
    price: PriceSettings | None = None
    """None: the model's."""
    retention_hints: bool = False
    """Send headers that say how long a prompt is worth being kept in the server's cache."""


class BalancingSettings(BaseModel):
    """A balancer's name, with its parameters beside it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.model_extra or {}


class TokenBudgetSettings(Section):
    """Where a pool of `short` and `long` endpoints is cut."""

    boundary_tokens: PositiveInt = 8192
    spillover: Share = 0.85
    rebalance: Literal["off", "propose", "auto"] = "propose"


class HedgingSettings(Section):
    """When a route asks a second endpoint the same, because the first is late."""

    share: Annotated[float, Field(gt=0, le=0.05)] = 0.05
    quantile: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    least_delay_ms: NonNegativeFloat = 50.0
    max_cost_usd: NonNegativeFloat = 0.05


def under_hedging(value: object) -> object:
    """Take `true` for all defaults, and `false` for none."""
    if value is True:
        return {}
    return None if value is False else value


Hedge = Annotated[HedgingSettings | None, BeforeValidator(under_hedging)]


class ResilienceSettings(Section):
    max_attempts: PositiveInt = 3
    cooldown_s: NonNegativeFloat = 5.0
    max_cooldown_s: PositiveFloat = 300.0
    failure_window_s: PositiveFloat = 30.0
    failures: PositiveInt = 3
    failure_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    retry_share: Share = 0.2
    retry_reserve: PositiveInt = 100
    probe_interval_s: PositiveFloat | None = None
    """None: no provider is asked anything without need."""
    max_queue: NonNegativeInt = 256
    """Requests in line for one model."""
    max_wait_s: NonNegativeFloat = 10.0
    """In line; 0: none waits."""
    connect_timeout_s: PositiveFloat = 5.0
    max_connections: PositiveInt = 1000
    """To one upstream's address; further requests wait in line, at most `connect_timeout_s`."""
    first_content_timeout_s: PositiveFloat = 60.0
    stall_timeout_s: PositiveFloat = 60.0
    answer_timeout_s: PositiveFloat | None = None
    """For plain answers, whole; default: ten times `first_content_timeout_s`."""
