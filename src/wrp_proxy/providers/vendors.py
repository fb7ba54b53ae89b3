"""Vendors that speak OpenAI's protocol; adding one is adding a row."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """What there is to know of a vendor; `name` is also its prefix in configs/prices.yaml."""

    name: str
    base_url: str | None
    """None: it has no usual address, the environment must give one."""
    models: tuple[str, ...] = ()
    """Upstream names served when only a key is set: a balanced one, a cheap one, a strong one."""
    key_header: str = "authorization"
    stream_usage: bool = True
    """False: the vendor refuses `stream_options` and reports usage unasked."""

    @property
    def key_variable(self) -> str:
        return f"{self.name.upper()}_API_KEY"

    @property
    def url_variable(self) -> str:
        return f"{self.name.upper()}_BASE_URL"


_ROWS = (
    Vendor(
        name="openai",
        base_url="https://api.openai.com/v1",
        models=("gpt-6.1-terra", "gpt-6-luna", "gpt-6.1-sol"),
    ),
    Vendor(
        # Anthropic's own OpenAI-compatible endpoint, until its native protocol has a provider.
        name="anthropic",
        base_url="https://api.anthropic.com/v1",
        models=("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"),
    ),
    Vendor(
        name="gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        models=("gemini-3.8-flash", "gemini-3.5-flash-lite", "gemini-4-argon"),
    ),
    Vendor(
        name="groq",
        base_url="https://api.groq.com/openai/v1",
        models=("openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.8-27b"),
    ),
    Vendor(
        name="mistral",
        base_url="https://api.mistral.ai/v1",
        models=("mistral-large-latest", "mistral-small-latest", "mistral-medium-latest"),
        stream_usage=False,
    ),
    Vendor(
        name="deepseek",
        base_url="https://api.deepseek.com/v1",
        models=("deepseek-flash", "deepseek-v4-pro"),
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
    Vendor(name="azure", base_url=None, key_header="api-key"),
    Vendor(name="ollama", base_url=None),
    Vendor(name="vllm", base_url=None),
)

VENDORS: Mapping[str, Vendor] = {vendor.name: vendor for vendor in _ROWS}
