"""Vendors, of whom most speak OpenAI's protocol; adding one is adding a row."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wrp_proxy.types import Api

_CHAT: frozenset[Api] = frozenset({"chat"})
_USUAL: frozenset[Api] = frozenset({"chat", "completions", "embeddings"})
"""Of a server of which nothing is known."""

ProviderType = Literal["openai", "anthropic", "azure", "litellm", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What there is to know of a vendor; `name` is also its prefix in configs/prices.yaml."""

    name: str
    base_url: str | None
    """None: it has no usual address, the environment must give one."""
    models: tuple[str, ...] = ()
    """Upstream names served when only a key is set: a balanced one, a cheap one, a strong one."""
    key_header: str = "authorization"
    type: ProviderType = "openai"
    """Whose protocol it speaks where its key alone is set."""
    apis: frozenset[Api] = _USUAL
    """What it has itself; `responses` only where it keeps them for `previous_response_id`."""
    output_limit: str = "max_tokens"
    """What it calls the limit of a translated request; its newest models refuse the other name."""
    stream_usage: bool = True
    """False: the vendor refuses `stream_options` and reports usage unasked."""

    @property
    def key_variable(self) -> str:
        return f"{self.name.upper()}_API_KEY"

    @property
    def url_variable(self) -> str:
        return f"{self.name.upper()}_BASE_URL"


_CHAT_AND_EMBEDDINGS: frozenset[Api] = frozenset({"chat", "embeddings"})
_ALL_OF_OPENAI: frozenset[Api] = frozenset({"chat", "completions", "embeddings", "responses"})
_APIS_OF_TYPE: Mapping[str, frozenset[Api]] = {
    "anthropic": frozenset({"chat", "messages"}),
    "litellm": _CHAT_AND_EMBEDDINGS,
    "local": frozenset({"chat", "completions"}),
}

_ROWS = (
    Vendor(
        name="openai",
        base_url="https://api.openai.com/v1",
        models=("gpt-6.1-terra", "gpt-6-luna", "gpt-6.1-sol"),
        output_limit="max_completion_tokens",
        apis=_ALL_OF_OPENAI,
    ),
    Vendor(
        name="anthropic",
        type="anthropic",
        apis=_CHAT,
        base_url="https://api.anthropic.com/v1",
        models=("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"),
    ),
    Vendor(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        models=("gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-4-argon"),
        apis=_CHAT_AND_EMBEDDINGS,
    ),
    Vendor(
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        models=("openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.8-27b"),
        apis=_CHAT,
    ),
    Vendor(
        name="mistral",
        base_url="https://api.mistral.ai/v1",
        models=("mistral-large-latest", "mistral-small-latest", "mistral-medium-latest"),
        apis=_CHAT_AND_EMBEDDINGS,
        stream_usage=False,
    ),
    Vendor(
        name="deepseek",
        base_url="https://api.deepseek.com/v1",
        models=("deepseek-flash", "deepseek-v4-pro"),
        apis=_CHAT,
    ),
    Vendor(name="openrouter", base_url="https://openrouter.ai/api/v1", models=("openrouter/auto",)),
    Vendor(
        name="together",
        base_url="https://api.together.xyz/v1",
        models=(
            "deepseek-ai/DeepSeek-V4.1-Flash-1017",
            "zai-org/GLM-5.3-Flash",
            "moonshotai/Kimi-K3",
        ),
    ),
    Vendor(
        name="xai",
        base_url="https://api.x.ai/v1",
        models=("grok-4.3", "grok-build-0.1", "grok-4.7"),
        apis=frozenset({"chat", "responses"}),
    ),
    Vendor(
        name="fireworks",
        base_url="https://api.fireworks.ai/inference/v1",
        models=(
            "accounts/fireworks/models/deepseek-v4p1-flash",
            "accounts/fireworks/models/glm-5p3-flash",
            "accounts/fireworks/models/kimi-k3",
        ),
    ),
    Vendor(
        name="azure",
        base_url=None,
        type="azure",
        key_header="api-key",
        apis=_ALL_OF_OPENAI,
        output_limit="max_completion_tokens",
    ),
    Vendor(name="ollama", base_url=None),
    Vendor(name="vllm", base_url=None),
)

VENDORS: Mapping[str, Vendor] = {vendor.name: vendor for vendor in _ROWS}


def apis_of(kind: str, vendor: str, given: frozenset[Api] | None) -> frozenset[Api]:
    """Return what a provider has, as configured, by its type or by its vendor."""
    if given is not None:
        return given
    if kind in _APIS_OF_TYPE:
        return _APIS_OF_TYPE[kind]
    row = VENDORS.get(vendor)
    return row.apis if row else _USUAL
