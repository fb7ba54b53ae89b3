"""Values of the cache out of range or of a wrong type, its variables, and its secrets."""

from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.settings.loading import VALID, changed, load, refused
from tests.settings.test_cache import REDIS, SECRET, limited, with_cache
from wrp_proxy.settings.cache import RouteCacheSettings


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("threshold", 0.8, "greater than or equal to 0.85"),
        ("threshold", 1.1, "less than or equal to 1"),
        ("verifier", "hope", "'guard', 'strict-guard' or 'learned'"),
        ("ttl_s", 0, "greater than 0"),
        ("scope", "all", "'key', 'team' or 'global'"),
        ("max_temperature", 3, "less than or equal to 2"),
        ("max_history", -1, "greater than or equal to 0"),
        ("error_budget", 0, "greater than 0"),
        ("error_budget", 0.6, "less than or equal to 0.5"),
        ("load_relax", 0.2, "less than or equal to 0.1"),
        ("load_stretch", 0.5, "greater than or equal to 1"),
        ("explore", 1, "less than 1"),
    ],
)
def test_a_value_of_a_policy_out_of_range_is_refused(key: str, value: Any, remedy: str) -> None:
    config = limited({"preset": "balanced", key: value}) | {"cache": {"judge": "small"}}

    problem = refused(config).at(f"routes.auto.cache.{key}")

    assert repr(value) in problem.message
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        ("default.preset", "eager", "'strict', 'balanced', 'lenient', 'exact-only' or 'off'"),
        ("store", "disk", "'memory', 'redis' or 'none'"),
        ("snapshot_interval_s", 0, "greater than 0"),
        ("max_bytes", 0, "greater than 0"),
        ("max_entries", "many", "integer"),
        ("max_request_bytes", -1, "greater than 0"),
        ("max_answer_bytes", 0, "greater than 0"),
        ("quotas.chat", 1.5, "less than or equal to 1"),
        ("key_share", 0, "greater than 0"),
        ("writes_per_minute", 0, "greater than 0"),
        ("anonymous", "all", "'own' or 'shared'"),
        ("lookup_budget_ms", 0, "greater than 0"),
        ("embedder.name", "gpt", "'minilm', 'sentence-transformers' or 'model'"),
        ("embedder.threads", 9, "less than or equal to 8"),
        ("judge.audit_share", 2, "less than or equal to 1"),
        ("judge.per_minute", 0, "greater than 0"),
        ("redis.timeout_ms", 0, "greater than 0"),
        ("redis.prefix", "a b", "pattern"),
    ],
)
def test_a_value_of_the_cache_out_of_range_is_refused(path: str, value: Any, remedy: str) -> None:
    problems = refused(changed(f"cache.{path}", value)).problems

    problem = next(p for p in problems if p.path == f"cache.{path}" and remedy in p.remedy)
    assert repr(value) in problem.message


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("cache.stor", "store"),
        ("cache.redis.time_out_ms", "timeout_ms"),
        ("cache.judge.modle", "model"),
        ("cache.default.treshold", "threshold"),
        ("routes.auto.cache.treshold", "threshold"),
        ("server.api_keys[0].teem", "team"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_one(path: str, meant: str) -> None:
    problem = refused(changed(path, 1)).at(path)

    assert problem.remedy.startswith(f"did you mean '{meant}'? known here: ")


@pytest.mark.parametrize("wrong", [5, "balanced", ["balanced"], {"name": ["minilm"]}, [{}]])
@pytest.mark.parametrize(
    "path",
    [
        "cache",
        "cache.default",
        "cache.redis",
        "cache.quotas",
        "cache.embedder",
        "cache.embedder.model",
        "cache.judge",
        "routes.auto.cache",
        "routes.auto.cache.categories",
        "routes.auto.cache.scope",
    ],
)
def test_a_part_of_a_wrong_type_is_refused_or_taken_but_never_ends_the_start(
    path: str, wrong: Any
) -> None:
    config = changed(path, wrong)
    if wrong == "balanced" and path in {"cache.default", "routes.auto.cache"}:
        load(config)
    else:
        assert any(problem.startswith(path.split(".")[0]) for problem in refused(config).paths)


@pytest.mark.parametrize(
    "embedder",
    [
        {"name": "model", "model": ["small"], "dimensions": 8},
        {"name": ["minilm"], "threads": 2},
        {"name": {"minilm": 1}, "model": "small"},
    ],
)
def test_an_embedder_of_a_wrong_type_is_refused(embedder: Any) -> None:
    refusal = refused(with_cache("balanced", embedder=embedder))

    assert any(problem.startswith("cache.embedder.") for problem in refusal.paths)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"WRP_CACHE": "balanced"}, RouteCacheSettings(preset="balanced")),
        ({"WRP_CACHE": ""}, RouteCacheSettings(preset="strict", ttl_s=60)),
        ({}, RouteCacheSettings(preset="strict", ttl_s=60)),
    ],
)
def test_the_variable_for_the_default_comes_before_the_file(
    environment: Mapping[str, str], expected: RouteCacheSettings
) -> None:
    config = with_cache(default={"preset": "strict", "ttl_s": 60})

    settings = load(config, environment)

    assert settings.cache.default == expected


def test_the_address_of_redis_may_come_from_its_variable() -> None:
    settings = load(with_cache(redis={"prefix": "mine"}), {"WRP_REDIS_URL": REDIS}).cache

    assert settings.redis is not None
    assert settings.redis.url is not None
    assert settings.redis.url.get_secret_value() == REDIS
    assert settings.redis.prefix == "mine"


def test_variables_of_the_cache_need_no_file() -> None:
    said = {"WRP_CACHE": "lenient", "WRP_CACHE_SECRET": SECRET, "WRP_REDIS_URL": REDIS}
    with capture_logs() as logs:
        settings = load(None, {"OPENAI_API_KEY": "k", **said}).cache

    assert settings.default == RouteCacheSettings(preset="lenient")
    assert settings.secret is not None
    assert settings.secret.get_secret_value() == SECRET
    assert settings.redis is not None
    assert logs == []


@pytest.mark.parametrize(
    ("variable", "value", "path", "remedy"),
    [
        ("WRP_CACHE", "eager", "cache.default.preset", "'strict', 'balanced'"),
        ("WRP_CACHE_SECRET", "never-shown", "cache.secret", "at least 16"),
        ("WRP_REDIS_URL", "http://:never-shown@a", "cache.redis.url", "redis://:PASSWORD@"),
    ],
)
def test_a_wrong_variable_is_refused_where_its_value_would_stand(
    variable: str, value: str, path: str, remedy: str
) -> None:
    refusal = refused(VALID, {variable: value})

    assert remedy in refusal.at(path).remedy
    assert "never-shown" not in refusal.text


def test_an_address_in_a_variable_contradicts_another_store() -> None:
    refusal = refused(with_cache(store="memory"), {"WRP_REDIS_URL": REDIS})

    assert refusal.at("cache.redis").message == "does nothing with store: memory"


@pytest.mark.parametrize(
    "cache",
    [
        {"redis": REDIS, "secret": SECRET},
        {"redis": {"url": REDIS}, "secret": SECRET},
        {"redis": {"shards": [REDIS, REDIS]}, "secret": SECRET},
    ],
)
def test_settings_of_the_cache_show_no_secret(cache: dict[str, Any]) -> None:
    settings = load(with_cache(**cache))

    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert SECRET not in shown


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("cache", REDIS),
        ("cache", [{"redis": REDIS, "secret": SECRET}]),
        ("cache.redis", [REDIS]),
        ("cache.redis", f"http://:{SECRET}@127.0.0.1"),
        ("cache.redis.url", [REDIS]),
        ("cache.redis.shards", REDIS),
        ("cache.redis.shards", [REDIS]),
        ("cache.redis.shards", [REDIS, f"postgres://:{SECRET}@a"]),
        ("cache.redis.pasword", SECRET),
        ("cache.redis.prefix", REDIS),
        ("cache.store", REDIS),
        ("cache.secret", [SECRET]),
        ("cache.secret", {"secret": SECRET}),
        ("cache.sekret", SECRET),
    ],
)
def test_a_secret_in_a_wrong_place_is_not_shown(path: str, value: Any) -> None:
    refusal = refused(changed(path, value))

    assert any(problem.startswith(path) for problem in refusal.paths)
    assert SECRET not in refusal.text
