"""The shape of the configuration: frozen, and every unknown key is an error."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
)

from wrp_proxy.providers.vendors import ProviderType
from wrp_proxy.settings.cache import CacheSettings, RouteCacheSettings
from wrp_proxy.settings.pools import (
    BalancingSettings,
    EndpointSettings,
    Hedge,
    PriceSettings,
    ResilienceSettings,
    TokenBudgetSettings,
)
from wrp_proxy.settings.sections import ApiKey, Section, Share, is_one_word, under, under_preset
from wrp_proxy.settings.workload import WorkloadSettings

Capability = Literal[
    "tools", "vision", "audio", "json_schema", "reasoning", "logprobs", "embeddings", "completions"
]
NativeApi = Literal["chat", "completions", "embeddings", "responses"]


def _check_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_plain = parts.port != 0 and parts.username is None and not parts.query + parts.fragment
    except ValueError:
        is_plain = False
    is_http = is_plain and parts.hostname and parts.scheme in {"http", "https"}
    if url.rstrip("/").endswith("/chat/completions"):
        raise ValueError("leave /chat/completions out: the proxy adds it")
    if url.rstrip("/").endswith("/messages"):
        raise ValueError("leave /messages out: the proxy adds it")
    if not is_http or not is_one_word(url) or not url.isascii():
        raise ValueError("write it like http://127.0.0.1:8000/v1, without user, spaces or query")
    return url


HttpUrl = Annotated[str, AfterValidator(_check_url)]


class ProviderSettings(Section):
    """One account at a vendor, one server, or one GGUF file."""

    type: ProviderType
    vendor: str | None = None
    """A row of the vendor table; default: the provider's own name, if it is one."""
    apis: frozenset[NativeApi] | None = Field(default=None, min_length=1)
    """What it has itself; the rest is translated to chat; default: as the vendor has it."""
    api_version: str | None = Field(default=None, min_length=1)
    """`azure`: for deployment URLs; `anthropic`: the header."""
    http2: bool = False
    """Ask by HTTP/2; default: HTTP/1.1, which takes a fraction of the CPU."""
    base_url: HttpUrl | None = None
    api_key: ApiKey | None = None
    stream_usage: bool | None = None
    """False: never send `stream_options`; default: as the vendor needs it."""
    discover: bool | None = None
    """Ask its /models for what it serves, at start and every few minutes; default: where no
    configured model names the provider."""
    options: dict[str, Any] | None = None
    """Only `litellm`: arguments of every call, such as `aws_region_name`."""
    path: Path | None = None
    """Only `local`: a GGUF file; default: the weights of the extra."""
    context_window: PositiveInt | None = None
    """Only `local`: tokens, shared by its slots."""
    threads: PositiveInt | None = None
    """Only `local`; default: one fewer than the cores."""


class ModelSettings(Section):
    endpoints: list[EndpointSettings] = Field(min_length=1)
    balance: Annotated[BalancingSettings, under("name")] = BalancingSettings(name="p2c")
    token_budget: TokenBudgetSettings | None = None
    context_window: PositiveInt | None = None
    price: PriceSettings | None = None
    quality: Annotated[dict[str, Share], under("default")] = Field(default_factory=dict)
    capabilities: frozenset[Capability] | None = None


class StrategySettings(BaseModel):
    """A strategy's name, with its parameters beside it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str

    @property
    def written(self) -> Mapping[str, Any]:
        """Name and parameters, as `read_spec` takes them."""
        return {"name": self.name, **self.parameters}

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.model_extra or {}


class RouteSettings(Section):
    models: list[str] | None = Field(default=None, min_length=1)
    """None, only for `auto`: all models."""
    strategy: Annotated[StrategySettings, under("name")] | None = None
    """None: `task_table` for `auto`, else `fixed_order`."""
    cache: Annotated[RouteCacheSettings, BeforeValidator(under_preset)] | None = None
    """None: as `cache.default` says."""
    hedge: Hedge = None


class KeySettings(Section):
    """A key that clients may use; without a name it is called after its hash."""

    key: ApiKey = Field(min_length=1)
    name: str | None = Field(default=None, min_length=1)
    admin: bool = False
    """May see the usage and the cached answers of all keys."""
    team: str | None = Field(default=None, min_length=1)
    """Whose cached answers it shares, on routes of scope `team`."""
    publisher: bool = False
    """May mark answers as public, on routes of scope `global`."""


class ServerSettings(Section):
    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8080, ge=0, le=65535)
    api_keys: list[Annotated[KeySettings, under("key")]] = Field(default_factory=list)
    max_body_bytes: PositiveInt = 32 * 1024 * 1024
    cors_origins: list[str] = Field(default_factory=list)
    """Origins of browsers that may call; `*` for any."""


class Settings(Section):
    """All of it."""

    providers: dict[str, ProviderSettings] = Field(default_factory=dict)
    models: dict[str, ModelSettings] = Field(default_factory=dict)
    routes: dict[str, RouteSettings] = Field(default_factory=dict)
    server: ServerSettings = ServerSettings()
    resilience: ResilienceSettings = ResilienceSettings()
    workload: WorkloadSettings = WorkloadSettings()
    cache: CacheSettings = CacheSettings()
