"""What contradicts itself, or would do nothing, in what is said of the cache."""

import sys
from typing import Any

import pytest

from tests.settings.loading import VALID, changed, load, refused
from wrp_proxy.cache.policy import PRESETS
from wrp_proxy.settings.cache import RouteCacheSettings

SECRET = "a-secret-never-shown"
REDIS = f"redis://:{SECRET}@127.0.0.1:6379/0"
TAKE_ANOTHER = "remove it, or take the preset strict, balanced or lenient"
NO_LIMIT = "does nothing: no endpoint has a limit to tell its load by"


def with_cache(policy: Any = None, **cache: Any) -> dict[str, Any]:
    """Return a valid configuration with a policy of the route `auto`, and a section `cache`."""
    return {**changed("routes.auto.cache", policy), "cache": cache}


def limited(policy: Any) -> dict[str, Any]:
    """Return one whose load can be told."""
    config = changed("models.small.endpoints[0].max_concurrency", 4)
    return {**config, "routes": {"auto": {"cache": policy}}}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_may_be_a_bare_word_at_a_route_and_for_all(preset: str) -> None:
    settings = load(with_cache(preset, default=preset))

    assert settings.routes["auto"].cache == RouteCacheSettings(preset=preset)
    assert settings.cache.default == RouteCacheSettings(preset=preset)


def test_a_route_says_nothing_of_the_cache_unless_it_does() -> None:
    settings = load(VALID)

    assert (settings.routes["auto"].cache, settings.cache.default) == (None, None)


@pytest.mark.parametrize(
    "key", ["threshold", "verifier", "max_history", "error_budget", "load_relax", "explore"]
)
@pytest.mark.parametrize("at", ["routes.auto.cache", "cache.default"])
def test_what_only_other_words_need_does_nothing_for_the_exact_tier(at: str, key: str) -> None:
    value = {"verifier": "guard", "max_history": 2, "error_budget": 0.1, "load_relax": 0.1}
    policy = {key: value.get(key, 0.95)}
    config = limited(policy) if at.startswith("routes") else with_cache(default=policy)

    problem = next(p for p in refused(config).problems if "preset" in p.message)

    assert (problem.path, problem.remedy) == (f"{at}.{key}", TAKE_ANOTHER)
    assert problem.message == "does nothing with preset 'exact-only'"


@pytest.mark.parametrize("key", ["ttl_s", "threshold", "scope", "max_temperature"])
def test_nothing_else_is_of_use_where_the_cache_is_off(key: str) -> None:
    value = "key" if key == "scope" else 1

    problem = refused(with_cache({"preset": "off", key: value})).at(f"routes.auto.cache.{key}")

    assert problem.message == "does nothing with preset 'off'"
    assert problem.remedy == TAKE_ANOTHER


def test_a_category_has_the_preset_of_its_route() -> None:
    policy = {"preset": "exact-only", "categories": {"coding": {"threshold": 0.97}}}

    problem = refused(with_cache(policy)).at("routes.auto.cache.categories.coding.threshold")

    assert problem.message == "does nothing with preset 'exact-only'"


def test_a_category_may_have_a_preset_of_its_own() -> None:
    categories = {"chat": {"preset": "lenient", "threshold": 0.9}, "coding": "off"}

    settings = load(with_cache({"preset": "exact-only", "categories": categories}))

    policy = settings.routes["auto"].cache
    assert policy is not None
    assert policy.categories["chat"].threshold == 0.9
    assert policy.categories["coding"].preset == "off"


def test_no_category_is_on_where_its_route_is_off() -> None:
    config = with_cache({"preset": "off", "categories": {"chat": "balanced"}})

    problem = refused(config).at("routes.auto.cache.categories.chat")

    assert problem.message == "is 'balanced' on a route whose cache is off"
    assert problem.remedy == "turn that on"


@pytest.mark.parametrize(("key", "value"), [("load_relax", 0.05), ("load_stretch", 2)])
def test_a_load_that_cannot_be_told_is_no_reason_for_anything(key: str, value: float) -> None:
    policy = {"preset": "balanced", key: value}

    problem = refused(with_cache(policy)).at(f"routes.auto.cache.{key}")

    assert problem.message == NO_LIMIT
    assert problem.remedy == "give endpoints a max_concurrency, or remove it"
    load(limited(policy))


@pytest.mark.parametrize(
    ("scope", "message", "remedy"),
    [
        ("team", "no key belongs to a team", "add `team` to server.api_keys"),
        ("global", "no key is a publisher", "add `publisher` to server.api_keys"),
    ],
)
@pytest.mark.parametrize("at", ["routes.auto.cache", "cache.default"])
def test_a_scope_without_anybody_in_it_is_refused(
    at: str, scope: str, message: str, remedy: str
) -> None:
    problem = refused(changed(at, {"scope": scope})).at(f"{at}.scope")

    assert (problem.message, problem.remedy) == (message, remedy)


@pytest.mark.parametrize(
    ("key", "value", "scope"), [("team", "red", "team"), ("publisher", True, "global")]
)
def test_a_key_of_a_scope_that_no_cache_has_is_refused(key: str, value: Any, scope: str) -> None:
    config = changed(f"server.api_keys[0].{key}", value)

    problem = refused(config).at(f"server.api_keys[0].{key}")

    assert problem.message == f"does nothing: no cache has the scope '{scope}'"
    assert problem.remedy == f"set `scope: {scope}` in a route's cache, or remove it"
    load({**config, "cache": {"default": {"scope": scope}}})


@pytest.mark.parametrize(
    ("cache", "path", "message", "remedy"),
    [
        ({"store": "redis"}, "store", "is redis, but there is no address", "add cache.redis.url"),
        (
            {"store": "memory", "redis": REDIS},
            "redis",
            "does nothing with store: memory",
            "remove one of them",
        ),
        (
            {"store": "none", "redis": REDIS},
            "redis",
            "does nothing with store: none",
            "remove one of them",
        ),
        ({"redis": {"prefix": "mine"}}, "redis", "needs either url or shards", "keep one of them"),
        ({"redis": {}}, "redis", "needs either url or shards", "keep one of them"),
        (
            {"redis": {"url": REDIS, "shards": [REDIS, REDIS]}},
            "redis",
            "needs either url or shards",
            "keep one of them",
        ),
        ({"anonymous": "shared"}, "anonymous", "does nothing with store: memory", "remove it"),
        (
            {"redis": REDIS, "snapshot": False},
            "snapshot",
            "does nothing with store: redis",
            "remove it",
        ),
        (
            {"store": "none", "snapshot_interval_s": 60},
            "snapshot_interval_s",
            "does nothing with store: none",
            "remove it",
        ),
        (
            {"snapshot": False, "snapshot_interval_s": 60},
            "snapshot_interval_s",
            "does nothing without snapshot",
            "remove it",
        ),
        (
            {"quotas": {"chat": 0.7, "coding": 0.4}},
            "quotas",
            "are more than 1 together",
            "lower some of them",
        ),
    ],
)
def test_a_store_that_contradicts_itself_is_refused(
    cache: dict[str, Any], path: str, message: str, remedy: str
) -> None:
    refusal = refused(with_cache(**cache))

    problem = refusal.at(f"cache.{path}")
    assert (problem.message, problem.remedy) == (message, remedy)
    assert SECRET not in refusal.text


@pytest.mark.parametrize(
    "cache",
    [
        {"store": "none"},
        {"store": "memory", "snapshot": False},
        {"store": "redis", "redis": REDIS, "anonymous": "shared"},
        {"redis": {"shards": [REDIS, "rediss://b", "unix:///run/redis.sock"], "cluster": False}},
        {"snapshot_interval_s": 60, "quotas": {"chat": 0.6, "coding": 0.4}},
    ],
)
def test_a_store_that_makes_sense_is_taken(cache: dict[str, Any]) -> None:
    settings = load(with_cache(**cache)).cache

    assert settings.model_fields_set == set(cache)


@pytest.mark.parametrize(
    ("embedder", "key", "message", "remedy"),
    [
        (
            {"model": "small"},
            ".model",
            "does nothing for the embedder 'minilm'",
            "remove it",
        ),
        (
            {"dimensions": 384},
            ".dimensions",
            "does nothing for the embedder 'minilm'",
            "remove it",
        ),
        (
            {"name": "model", "model": "small", "dimensions": 8, "threads": 2},
            ".threads",
            "does nothing for the embedder 'model'",
            "remove it",
        ),
        (
            {"name": "sentence-transformers", "model": "m", "dimensions": 8},
            ".dimensions",
            "does nothing for the embedder 'sentence-transformers'",
            "remove it",
        ),
        (
            "sentence-transformers",
            ".model",
            "is missing for the embedder 'sentence-transformers'",
            "name one",
        ),
        (
            {"name": "model", "dimensions": 8},
            ".model",
            "is missing for the embedder 'model'",
            "name one",
        ),
        (
            {"name": "model", "model": "smal", "dimensions": 8},
            ".model",
            "there is no model 'smal'",
            "did you mean 'small'? there are: small, large",
        ),
        (
            {"name": "model", "model": "small"},
            ".dimensions",
            "is missing",
            "give the length of the model's vectors",
        ),
    ],
)
def test_an_embedder_that_does_not_fit_is_refused(
    embedder: Any, key: str, message: str, remedy: str
) -> None:
    problem = refused(with_cache("balanced", embedder=embedder)).at(f"cache.embedder{key}")

    assert (problem.message, problem.remedy) == (message, remedy)


def test_an_embedder_whose_extra_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    embedder = {"name": "sentence-transformers", "model": "all-MiniLM-L6-v2"}

    problem = refused(with_cache("balanced", embedder=embedder)).at("cache.embedder")

    assert problem.message == "needs the extra `sentence-transformers`"
    assert problem.remedy == "install wrp-proxy[sentence-transformers]"


def test_a_judge_with_nothing_to_judge_is_refused() -> None:
    problem = refused(with_cache("exact-only", judge="small")).at("cache.judge")

    assert problem.message == "has nothing to judge: no cache looks for other words"
    assert problem.remedy == "set a route's cache to strict, balanced or lenient"


def test_a_judge_may_be_for_one_category() -> None:
    categories = {"chat": "lenient"}

    settings = load(with_cache({"categories": categories}, judge="small"))

    assert settings.cache.judge is not None
    assert settings.cache.judge.model == "small"


@pytest.mark.parametrize("judge", ["smal", {"model": "smal", "audit_share": 0.1}])
def test_a_judge_that_is_no_model_is_refused(judge: Any) -> None:
    problem = refused(with_cache("balanced", judge=judge)).at("cache.judge.model")

    assert problem.message == "there is no model 'smal'"
    assert problem.remedy.startswith("did you mean 'small'? there are: auto, small, large")


@pytest.mark.parametrize("judge", ["auto", "small", "lab/another"])
def test_a_judge_may_be_a_route_a_model_or_an_upstreams(judge: str) -> None:
    settings = load(with_cache("balanced", judge=judge))

    assert settings.cache.judge is not None
    assert settings.cache.judge.model == judge


def test_exploring_without_a_judge_is_refused() -> None:
    policy = {"preset": "balanced", "explore": 0.05}

    problem = refused(with_cache(policy)).at("routes.auto.cache.explore")

    assert problem.message == "learns from a judge, and there is none"
    assert problem.remedy == "set cache.judge"
    load(with_cache(policy, judge="small"))
