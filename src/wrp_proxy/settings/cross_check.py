"""Checks across sections, on the raw mapping, so that no other mistake hides these."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wrp_proxy.errors import Problem, choose
from wrp_proxy.providers.litellm_library import is_litellm_installed
from wrp_proxy.providers.local import demonstration_weights, is_runtime_installed
from wrp_proxy.providers.vendors import VENDORS
from wrp_proxy.settings.balance_check import check_balance
from wrp_proxy.settings.cache_check import check_cache
from wrp_proxy.settings.pool_check import check_pools
from wrp_proxy.settings.raw import mapping, sequence
from wrp_proxy.settings.strategy_check import check_strategy
from wrp_proxy.settings.workload_check import check_workload

_HTTP = frozenset({"type", "base_url", "api_key", "discover", "http2"})
_KEYS_OF_TYPE: Mapping[str, frozenset[str]] = {
    "openai": _HTTP | {"vendor", "apis", "stream_usage"},
    "azure": _HTTP | {"apis", "stream_usage", "api_version"},
    "anthropic": _HTTP | {"api_version"},
    "litellm": frozenset({"type", "base_url", "api_key", "options"}),
    "local": frozenset({"type", "path", "context_window", "threads"}),
}


def cross_check(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong between the sections; wrongly typed parts are the schema's to report."""
    providers, models, routes = (mapping(raw.get(s)) for s in ("providers", "models", "routes"))
    for section in ("providers", "models", "routes"):
        yield from _check_names(section, mapping(raw.get(section)))
    for name, provider in providers.items():
        yield from _check_provider(f"providers.{name}", str(name), mapping(provider))
    for name, model in models.items():
        yield from _check_endpoints(f"models.{name}", mapping(model), providers)
        yield from check_balance(f"models.{name}", mapping(model).get("balance"), mapping(model))
    for name, route in routes.items():
        yield from _check_route(name, mapping(route), raw)
    if "auto" in models and "auto" not in routes:
        yield Problem(
            "models.auto", "is the name of the route that always exists", "rename the model"
        )
    yield from _check_keys(mapping(raw.get("server")).get("api_keys"))
    yield from check_cache(raw)
    yield from _check_names(
        "workload.categories", mapping(mapping(raw.get("workload")).get("categories"))
    )
    yield from check_workload(raw)
    yield from check_pools(raw)


def _check_names(section: str, named: Mapping[Any, Any]) -> Iterator[Problem]:
    for name in map(str, named):
        if not name or not name.isprintable() or " " in name:
            remedy = "use printable characters without spaces"
            yield Problem(f"{section}.{name!r}", "is no name", remedy)


def _check_provider(path: str, name: str, provider: Mapping[str, Any]) -> Iterator[Problem]:
    kind = str(provider.get("type"))
    if "/" in name:
        yield Problem(path, "has a '/' in its name", "clients write provider/model; leave it out")
    yield from _refuse_keys(path, provider, kind)
    if kind == "local":
        yield from _check_local(path, provider)
    elif kind == "openai":
        yield from _check_vendor(path, name, provider)
    elif kind == "azure" and not provider.get("base_url"):
        yield Problem(path, "has no base_url", "add it, such as https://NAME.openai.azure.com")
    elif kind == "litellm" and not is_litellm_installed():
        yield Problem(path, "needs the extra `litellm`", "install wrp-proxy[litellm]")


def _check_local(path: str, provider: Mapping[str, Any]) -> Iterator[Problem]:
    weights = provider.get("path") or demonstration_weights()
    if not is_runtime_installed() or weights is None:
        yield Problem(
            path, "needs the extra `local`", "install wrp-proxy[local], or remove the provider"
        )
    elif not Path(str(weights)).is_file():
        yield Problem(
            f"{path}.path", f"there is no file '{weights}'", "give the path of a GGUF file"
        )


def _check_vendor(path: str, name: str, provider: Mapping[str, Any]) -> Iterator[Problem]:
    vendor = provider.get("vendor")
    if not isinstance(vendor, str | None):
        return
    if vendor is not None and vendor not in VENDORS:
        yield Problem(f"{path}.vendor", f"'{vendor}' is not known", choose(vendor, VENDORS))
        return
    row = VENDORS.get(vendor or name)
    if not provider.get("base_url") and (row is None or row.base_url is None):
        yield Problem(path, "has no base_url", "add base_url, such as http://127.0.0.1:8000/v1")


def _refuse_keys(path: str, section: Mapping[str, Any], kind: str) -> Iterator[Problem]:
    """Refuse what is a key of other types; what is a key of none is the schema's to report."""
    known = _KEYS_OF_TYPE.get(kind)
    elsewhere = frozenset().union(*_KEYS_OF_TYPE.values()) - (known or frozenset())
    for key, value in section.items():
        is_off = value is None or (value is False and key in {"discover", "http2"})
        if known and key in elsewhere and not is_off:
            yield Problem(f"{path}.{key}", f"does nothing for type: {kind}", "remove it")


def _check_endpoints(
    path: str, model: Mapping[str, Any], providers: Mapping[str, Any]
) -> Iterator[Problem]:
    seen: set[tuple[object, ...]] = set()
    for place, endpoint in enumerate(map(mapping, sequence(model.get("endpoints")))):
        at = f"{path}.endpoints[{place}]"
        provider = endpoint.get("provider")
        if isinstance(provider, str) and provider not in providers:
            yield Problem(
                f"{at}.provider", f"there is no provider '{provider}'", choose(provider, providers)
            )
        identity = (str(provider), str(endpoint.get("model")), str(endpoint.get("label")))
        if identity in seen:
            yield Problem(at, "stands twice in the pool", "remove it, or give it its own label")
        seen.add(identity)


def _check_route(name: str, route: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Problem]:
    path, models = f"routes.{name}", mapping(raw.get("models"))
    if name in models:
        yield Problem(path, "is also the name of a model", "rename one of them")
    if route.get("models") is None and name != "auto":
        yield Problem(path, "has no models", "add `models: [...]`; only auto stands for all")
    listed = sequence(route.get("models"))
    for place, model in enumerate(listed):
        at = f"{path}.models[{place}]"
        if isinstance(model, str) and model not in models:
            yield Problem(at, f"there is no model '{model}'", choose(model, models))
        if model in listed[:place]:
            yield Problem(at, f"'{model}' stands twice", "keep it once")
    yield from check_strategy(f"{path}.strategy", route.get("strategy"), listed or [*models], raw)


def _check_keys(keys: object) -> Iterator[Problem]:
    seen: set[str] = set()
    names: set[str] = set()
    for place, entry in enumerate(sequence(keys)):
        key = str(entry.get("key") if isinstance(entry, dict) else entry)
        name = mapping(entry).get("name")
        path = f"server.api_keys[{place}]"
        if key in seen:
            yield Problem(path, "is the same key as one before it", "remove it")
        if name is not None and str(name) in names:
            yield Problem(f"{path}.name", f"'{name}' stands twice", "give each key its own name")
        seen.add(key)
        names.add(str(name))
