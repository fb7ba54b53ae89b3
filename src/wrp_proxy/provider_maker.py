"""Makes providers, the clients that carry their calls, and what asks them for their models."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from pydantic import SecretStr

from wrp_proxy.model_maker import LOCAL_CONTEXT_WINDOW
from wrp_proxy.providers.anthropic.provider import AnthropicProvider
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.discovery import Discovery
from wrp_proxy.providers.http1.client import make_tls_context
from wrp_proxy.providers.litellm_arguments import LiteLLMOptions
from wrp_proxy.providers.litellm_upstream import LiteLLMUpstream
from wrp_proxy.providers.local import LocalProvider, demonstration_weights
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.upstream import Upstream
from wrp_proxy.providers.upstreams import Upstreams, build_upstreams
from wrp_proxy.providers.vendors import VENDORS, Vendor
from wrp_proxy.settings.schema import ProviderSettings, Settings


def make_provider(name: str, settings: ProviderSettings, user_agent: str) -> Provider:
    """Make one provider, which calls itself `user_agent`; nothing is asked yet."""
    if settings.type == "local":
        return LocalProvider(
            name=name,
            path=settings.path or demonstration_weights() or Path(),
            context_window=settings.context_window or LOCAL_CONTEXT_WINDOW,
            threads=settings.threads or max(1, (os.cpu_count() or 2) - 1),
        )
    if settings.type == "anthropic":
        return AnthropicProvider(
            base_url=base_url_of(name, settings),
            api_key=_secret(settings.api_key),
            version=settings.api_version or "2023-06-01",
            user_agent=user_agent,
        )
    return _openai(name, settings, user_agent)


def make_upstream(settings: Settings, environment: Mapping[str, str]) -> Upstreams:
    """Make the one long-lived client of this process; `environment` may name proxies."""
    urls = {name: base_url_of(name, given) for name, given in settings.providers.items()}
    is_encrypted = any(url.startswith("https:") for url in urls.values())
    return build_upstreams(
        connect_timeout_s=settings.resilience.connect_timeout_s,
        max_connections=settings.resilience.max_connections,
        environment=_sparing_loopback(environment),
        clock=monotonic,
        tls=make_tls_context() if is_encrypted else None,
        http2_origins=[urls[name] for name, given in settings.providers.items() if given.http2],
        others={"litellm": LiteLLMUpstream(providers=_litellm_options(settings))},
    )


def make_discovery(
    settings: Settings,
    providers: Mapping[str, Provider],
    upstream: Upstream,
    found: Callable[[str, Sequence[str]], None],
) -> Discovery:
    """Ask those that no configured model uses, unless they are configured otherwise.

    `found` hears of a provider and its upstream names, whenever it has told.
    """
    used = {e.provider for model in settings.models.values() for e in model.endpoints}
    listings = {
        name: listing
        for name, given in settings.providers.items()
        if (given.type not in {"litellm", "azure"} or given.discover)
        and (name not in used if given.discover is None else given.discover)
        and (listing := providers[name].listing())
    }
    return Discovery(listings, upstream, found)


def _sparing_loopback(environment: Mapping[str, str]) -> Mapping[str, str]:
    """What runs on this machine, such as a local model, is no affair of a proxy elsewhere."""
    spared = environment.get("no_proxy") or environment.get("NO_PROXY", "")
    return {**environment, "no_proxy": f"{spared},localhost,127.0.0.0/8,::1"}


def base_url_of(name: str, settings: ProviderSettings) -> str:
    if settings.type == "litellm":
        return f"litellm://{name}"
    vendor = _vendor(name, settings)
    base_url = settings.base_url or (vendor.base_url if vendor else None) or ""
    if settings.type == "anthropic" and not urlsplit(base_url).path.strip("/"):
        return f"{base_url.rstrip('/')}/v1"  # Anthropic's own clients leave it out
    return base_url


def _litellm_options(settings: Settings) -> dict[str, LiteLLMOptions]:
    """Drop what a vendor does not know, unless the operator says otherwise: of a route's models
    not all take the same parameters.
    """
    return {
        name: LiteLLMOptions(
            fixed={
                "drop_params": True,
                **({"api_base": given.base_url} if given.base_url else {}),
                **(given.options or {}),
            }
        )
        for name, given in settings.providers.items()
        if given.type == "litellm"
    }


def _openai(name: str, settings: ProviderSettings, user_agent: str) -> OpenAIProvider:
    vendor = _vendor(name, settings)
    stream_usage = settings.stream_usage
    if stream_usage is None:
        stream_usage = vendor.stream_usage if vendor else True
    base_url, query = base_url_of(name, settings).rstrip("/"), ""
    if settings.type == "azure" and not base_url.endswith("/v1"):
        base_url, query = _azure_address(base_url, settings.api_version)
    return OpenAIProvider(
        base_url=base_url,
        api_key=_secret(settings.api_key),
        key_header=vendor.key_header if vendor else "authorization",
        stream_usage=stream_usage,
        user_agent=user_agent,
        output_limit=vendor.output_limit if vendor else "max_tokens",
        query=query,
    )


def _azure_address(base_url: str, version: str | None) -> tuple[str, str]:
    """Address deployments by the version asked for, or else by the API without versions."""
    root = base_url.removesuffix("/openai")
    if version is None:
        return f"{root}/openai/v1", ""
    return f"{root}/openai/deployments/{{model}}", f"api-version={version}"


def _vendor(name: str, settings: ProviderSettings) -> Vendor | None:
    own = settings.type if settings.type in VENDORS and settings.type != "openai" else name
    return VENDORS.get(settings.vendor or own)


def _secret(value: SecretStr | None) -> str | None:
    return (value.get_secret_value() or None) if value else None
