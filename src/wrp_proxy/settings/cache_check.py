"""Checks of what the configuration says of the cache: nothing in it may do nothing."""

from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any

from pydantic import BaseModel

from wrp_proxy.errors import Problem, choose
from wrp_proxy.settings.cache import CacheSettings
from wrp_proxy.settings.raw import mapping, sequence
from wrp_proxy.settings.sections import under_preset

_EXACT_PRESETS = {"exact-only", "off"}
_SEMANTIC_KEYS = (
    "threshold",
    "verifier",
    "max_history",
    "error_budget",
    "load_relax",
    "explore",
)
_OF_STORE = {
    "anonymous": ("redis", "own"),
    "snapshot": ("memory", True),
    "snapshot_interval_s": ("memory", 300),
}
"""Key -> the store that it is for, and its default, which says nothing anywhere."""
_HELD = (
    *("max_bytes", "max_entries", "max_answer_bytes", "quotas", "key_share"),
    *("writes_per_minute", "secret"),
)
_OTHER_WORDS = ("lookup_budget_ms", "embedder")
_Raw = Mapping[Any, Any]


def check_cache(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield contradictions, and what is set but never used."""
    cache, routes = mapping(raw.get("cache")), mapping(raw.get("routes"))
    policies = {"cache.default": _policy(cache.get("default"))} | {
        f"routes.{name}.cache": _policy(mapping(route).get("cache"))
        for name, route in routes.items()
    }
    for path, policy in policies.items():
        yield from _check_policy(path, policy)
    for path, policy in _all(policies):
        yield from _check_load(path, policy, raw)
    yield from _check_scopes(policies, mapping(raw.get("server")).get("api_keys"))
    yield from _check_store(cache)
    yield from _check_idle(cache, policies)
    yield from _check_embedder(cache, mapping(raw.get("models")))
    yield from _check_judge(cache, policies, raw)
    if sum(q for q in mapping(cache.get("quotas")).values() if isinstance(q, int | float)) > 1:
        yield Problem("cache.quotas", "are more than 1 together", "lower some of them")


def _policy(said: object) -> _Raw:
    return mapping(under_preset(said))


def _all(policies: Mapping[str, _Raw]) -> Iterator[tuple[str, _Raw]]:
    """Yield the policies of routes and of their categories."""
    for path, policy in policies.items():
        yield path, policy
        for name, said in mapping(policy.get("categories")).items():
            yield f"{path}.categories.{name}", _policy(said)


def _preset(policy: _Raw) -> str:
    return str(policy.get("preset") or "exact-only")


def _is_semantic(policy: _Raw) -> bool:
    categories = map(_policy, mapping(policy.get("categories")).values())
    own = bool(policy) and _preset(policy) not in _EXACT_PRESETS
    return own or any(str(c.get("preset")) not in {"None", *_EXACT_PRESETS} for c in categories)


def _check_policy(path: str, policy: _Raw) -> Iterator[Problem]:
    preset = _preset(policy)
    yield from _check_keys(path, policy, preset)
    for name, said in mapping(policy.get("categories")).items():
        category = _policy(said)
        own = str(category.get("preset") or preset)
        at = f"{path}.categories.{name}"
        yield from _check_keys(at, category, own)
        if preset == "off" and own != "off":
            yield Problem(at, f"is '{own}' on a route whose cache is off", "turn that on")


def _check_keys(path: str, policy: _Raw, preset: str) -> Iterator[Problem]:
    """Refuse what does nothing under a preset."""
    if preset == "off":
        idle = [key for key in policy if key not in {"preset", "categories"}]
    else:
        idle = [key for key in _SEMANTIC_KEYS if key in policy and preset == "exact-only"]
    for key in idle:
        if policy.get(key) is not None:
            yield Problem(
                f"{path}.{key}",
                f"does nothing with preset '{preset}'",
                "remove it, or take the preset strict, balanced or lenient",
            )


def _check_load(path: str, policy: _Raw, raw: Mapping[str, Any]) -> Iterator[Problem]:
    """The load of a model is known only where its endpoints have a limit."""
    endpoints = (
        mapping(endpoint)
        for model in mapping(raw.get("models")).values()
        for endpoint in sequence(mapping(model).get("endpoints"))
    )
    if any(endpoint.get("max_concurrency") for endpoint in endpoints):
        return
    for key in ("load_relax", "load_stretch"):
        if policy.get(key):
            yield Problem(
                f"{path}.{key}",
                "does nothing: no endpoint has a limit to tell its load by",
                "give endpoints a max_concurrency, or remove it",
            )


def _check_scopes(policies: Mapping[str, _Raw], keys: object) -> Iterator[Problem]:
    owners = [mapping(key) for key in sequence(keys)]
    for scope, key, said in (("team", "team", "belongs to a"), ("global", "publisher", "is a")):
        paths = [path for path, policy in policies.items() if policy.get("scope") == scope]
        named = [place for place, owner in enumerate(owners) if owner.get(key)]
        if paths and not named:
            yield Problem(
                f"{paths[0]}.scope", f"no key {said} {key}", f"add `{key}` to server.api_keys"
            )
        if named and not paths:
            yield Problem(
                f"server.api_keys[{named[0]}].{key}",
                f"does nothing: no cache has the scope '{scope}'",
                f"set `scope: {scope}` in a route's cache, or remove it",
            )


def _check_idle(cache: _Raw, policies: Mapping[str, _Raw]) -> Iterator[Problem]:
    """Refuse what is for stores that hold something, or for other words, where there are none."""
    idle = {key: "does nothing with store: none" for key in _HELD if cache.get("store") == "none"}
    if not any(map(_is_semantic, policies.values())):
        idle |= dict.fromkeys(_OTHER_WORDS, "does nothing: no cache looks for other words")
    for key, why in idle.items():
        if key in cache and not _is_default(key, cache[key]):
            yield Problem(f"cache.{key}", why, "remove it")


def _is_default(key: str, value: object) -> bool:
    field = CacheSettings.model_fields[key]
    default = field.get_default(call_default_factory=True)
    if isinstance(default, BaseModel):
        said = {"name": value} if isinstance(value, str) else mapping(value)
        return all(said[name] in (None, getattr(default, name, None)) for name in said)
    return value is None or value == default


def _check_store(cache: _Raw) -> Iterator[Problem]:
    redis = cache.get("redis")
    store = cache.get("store") or ("redis" if redis else "memory")
    if store == "redis" and not redis:
        yield Problem("cache.store", "is redis, but there is no address", "add cache.redis.url")
    if store != "redis" and redis:
        yield Problem("cache.redis", f"does nothing with store: {store}", "remove one of them")
    if isinstance(redis, dict) and bool(redis.get("url")) == bool(redis.get("shards")):
        yield Problem("cache.redis", "needs either url or shards", "keep one of them")
    for key, (of_store, default) in _OF_STORE.items():
        if store != of_store and cache.get(key) not in (None, default):
            yield Problem(f"cache.{key}", f"does nothing with store: {store}", "remove it")
    if cache.get("snapshot") is False and cache.get("snapshot_interval_s") not in (None, 300):
        yield Problem("cache.snapshot_interval_s", "does nothing without snapshot", "remove it")


def _check_embedder(cache: _Raw, models: _Raw) -> Iterator[Problem]:
    said = cache.get("embedder")
    embedder = {"name": said} if isinstance(said, str) else mapping(said)
    name, model = str(embedder.get("name") or "minilm"), str(embedder.get("model") or "")
    path = "cache.embedder"
    for key in ("model", "dimensions", "threads"):
        if embedder.get(key) is not None and name not in _EMBEDDERS_WITH[key]:
            yield Problem(f"{path}.{key}", f"does nothing for the embedder '{name}'", "remove it")
    if name == "minilm":
        return
    if not model:
        yield Problem(f"{path}.model", f"is missing for the embedder '{name}'", "name one")
    elif name == "sentence-transformers" and find_spec("sentence_transformers") is None:
        yield Problem(
            path,
            "needs the extra `sentence-transformers`",
            "install wrp-proxy[sentence-transformers]",
        )
    elif name == "model" and model not in models:
        yield Problem(f"{path}.model", f"there is no model '{model}'", choose(model, models))
    if name == "model" and not embedder.get("dimensions"):
        yield Problem(f"{path}.dimensions", "is missing", "give the length of the model's vectors")


_EMBEDDERS_WITH: Mapping[str, frozenset[str]] = {
    "model": frozenset({"sentence-transformers", "model"}),
    "dimensions": frozenset({"model"}),
    "threads": frozenset({"minilm", "sentence-transformers"}),
}


def _check_judge(
    cache: _Raw, policies: Mapping[str, _Raw], raw: Mapping[str, Any]
) -> Iterator[Problem]:
    said = cache.get("judge")
    judge = {"model": said} if isinstance(said, str) else mapping(said)
    if judge and not any(map(_is_semantic, policies.values())):
        yield Problem(
            "cache.judge",
            "has nothing to judge: no cache looks for other words",
            "set a route's cache to strict, balanced or lenient",
        )
    names = [*mapping(raw.get("routes")), *mapping(raw.get("models")), "auto"]
    model = judge.get("model")
    if isinstance(model, str) and model not in names and "/" not in model:
        yield Problem("cache.judge.model", f"there is no model '{model}'", choose(model, names))
    if judge:
        return
    for path, policy in _all(policies):
        if policy.get("explore"):
            yield Problem(
                f"{path}.explore", "learns from a judge, and there is none", "set cache.judge"
            )
