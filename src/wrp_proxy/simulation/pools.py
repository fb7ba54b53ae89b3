"""The shape of pools.yaml: every unknown key is an error."""

from typing import Literal

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from wrp_proxy.settings.sections import Section, Share
from wrp_proxy.simulation.fleet import Fleet, PoolSpec, Power, Price

_REPLICA_LIMIT = 10_000
_SLOT_LIMIT = 4_096


class DecodeSection(Section):
    """Seconds of one step, in which every sequence of a batch gets a token."""

    base_s: PositiveFloat
    per_sequence_s: NonNegativeFloat = 0.0


class PriceSection(Section):
    replica_hour_usd: NonNegativeFloat | None = None
    input_usd: NonNegativeFloat | None = None
    """Per million tokens."""
    output_usd: NonNegativeFloat | None = None


class PowerSection(Section):
    """What one GPU draws; the defaults are an H100's."""

    idle_w: NonNegativeFloat = 300.0
    range_w: NonNegativeFloat = 300.0
    steepness: PositiveFloat = 1.0
    midpoint: float = 4.2


class PoolSection(Section):
    name: str = Field(min_length=1)
    label: Literal["short", "long"] | None = None
    replicas: int = Field(default=1, ge=1, le=_REPLICA_LIMIT)
    slots: int | None = Field(default=None, ge=1, le=_SLOT_LIMIT)
    """Default: kv_tokens // window."""
    kv_tokens: PositiveInt | None = None
    window: PositiveInt
    prefill_tokens_per_s: PositiveFloat
    decode: DecodeSection
    price: PriceSection
    gpus: PositiveInt = 1
    power: PowerSection = PowerSection()

    def spec(self) -> PoolSpec:
        follows = (self.kv_tokens or 0) // self.window
        price = {name: value or 0.0 for name, value in self.price.model_dump().items()}
        return PoolSpec(
            name=self.name,
            replicas=self.replicas,
            slots=self.slots or min(follows, _SLOT_LIMIT),
            window=self.window,
            prefill_tokens_per_s=self.prefill_tokens_per_s,
            base_s=self.decode.base_s,
            per_sequence_s=self.decode.per_sequence_s,
            price=Price(**price),
            gpus=self.gpus,
            power=Power(**self.power.model_dump()),
            kv_tokens=self.kv_tokens,
            has_fixed_slots=self.slots is not None,
        )


class SloSection(Section):
    """What 99 % of the requests of each pool have to get."""

    ttft_p99_s: PositiveFloat = 3.0
    tpot_p99_s: PositiveFloat | None = None
    """Seconds per token of the answer; None: any."""


class PoolsFile(Section):
    pools: list[PoolSection] = Field(min_length=1, max_length=2)
    homogeneous: PoolSection | None = None
    """What one pool for all would be; default: the long one."""
    boundary_tokens: PositiveInt = 8192
    spillover: Share | None = 0.85
    slo: SloSection = SloSection()

    def fleet(self) -> Fleet:
        """Return the fleet as it is written, the short pool first."""
        pools = sorted(self.pools, key=lambda pool: pool.label == "long")
        return Fleet(
            pools=tuple(pool.spec() for pool in pools),
            boundary_tokens=self.boundary_tokens,
            spillover=self.spillover,
        )

    def one_pool(self) -> PoolSpec:
        return self.homogeneous.spec() if self.homogeneous else self.fleet().pools[-1]
