"""Rules in a configuration are checked against all that the rest of it says."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.settings.loading import CLIENT_KEY, Refusal, changed, load, refused
from tests.settings.test_examples import example
from tests.unit.nouns import workload
from wrp_proxy.deciding_maker import make_deciding
from wrp_proxy.errors import RequestDeniedError
from wrp_proxy.settings.rule_names import LANGUAGES
from wrp_proxy.signals import CATEGORIES
from wrp_proxy.types import Decision, Workload
from wrp_proxy.workload.language_words import words_of_languages

Rule = Mapping[str, Any]
AT = "routes.auto.strategy"


def ruled(*rules: Rule, **more: Any) -> dict[str, Any]:
    return changed(AT, {"name": "rules", "rules": list(rules), **more})


def denied(when: Rule, **more: Any) -> Rule:
    return {"name": "r", "when": when, "deny": "No.", **more}


def refusal(when: Rule) -> Refusal:
    return refused(ruled(denied(when)))


def test_rules_load_as_written() -> None:
    settings = load(
        ruled(
            {"name": "code", "when": {"category": "coding"}, "models": ["large", "small"]},
            {"name": "team", "when": {"tenant": "team", "turn": {"above": 3}}, "cache": False},
            {"name": "rest", "strategy": {"name": "weighted", "weights": {"small": 3}}},
            otherwise="cheapest",
        )
    )

    router = make_deciding(settings).catalog.routes["auto"].router
    assert router.name == "rules"
    assert router.signals == {"category", "conversation"}


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_shipped_category_may_be_named(category: str) -> None:
    load(ruled(denied({"category": category})))


@pytest.mark.parametrize(
    ("when", "path", "meant"),
    [
        ({"category": "math"}, "category", "mathematics"),
        ({"language": "jp"}, "language", "ja"),
        ({"risks": "e_mail"}, "risks", "email"),
        ({"tenant": "taem"}, "tenant", "team"),
        ({"needs": "vison"}, "needs", "vision"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(when: Rule, path: str, meant: str) -> None:
    problem = refusal(when).at(f"{AT}.rules[0].when.{path}")

    assert f"did you mean '{meant}'?" in problem.remedy or meant in problem.remedy


def test_the_languages_are_those_that_are_told_apart() -> None:
    told = {language for languages in words_of_languages().values() for language in languages}

    assert told <= LANGUAGES


def test_a_key_without_a_name_goes_by_its_hash() -> None:
    config = ruled(denied({"tenant": f"key-{sha256(CLIENT_KEY.encode()).hexdigest()[:8]}"}))
    config["server"]["api_keys"] = [CLIENT_KEY]

    load(config)


def test_a_key_is_never_shown() -> None:
    config = ruled(denied({"tenant": "taem"}))
    config["server"]["api_keys"] = [CLIENT_KEY]

    assert CLIENT_KEY not in refused(config).text


def test_without_keys_everybody_is_anonymous() -> None:
    config = ruled(denied({"tenant": "anonymous"}))
    del config["server"]["api_keys"]

    load(config)


def test_a_model_of_another_route_is_refused() -> None:
    config = ruled({"name": "r", "models": ["small", "large"]})
    config["routes"]["auto"]["models"] = ["small"]

    problem = refused(config).at(f"{AT}.rules[0].models[1]")

    assert problem.message == "'large' is no model of the route"


def test_an_unknown_preset_is_refused() -> None:
    problem = refused(ruled({"name": "r", "cache": "strickt"})).at(f"{AT}.rules[0].cache")

    assert "did you mean 'strict'?" in problem.remedy


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"strategy": "cheepest"}, "strategy.name"),
        ({"strategy": {"name": "weighted", "weight": {}}}, "strategy.weight"),
        ({"strategy": {"name": "weighted", "weights": {"tiny": 1}}}, "strategy.weights.tiny"),
        ({"strategy": ["cheapest"]}, "strategy"),
        ({"strategy": None}, "strategy"),
        ({"strategy": {"name": "rules", "rules": []}}, "strategy.rules"),
        (
            {"strategy": {"name": "rules", "rules": [{"name": "x", "models": ["tiny"]}]}},
            "strategy.rules[0].models[0]",
        ),
    ],
)
def test_the_strategy_of_a_rule_is_checked_like_that_of_a_route(rule: Rule, path: str) -> None:
    refused(ruled({"name": "r", **rule})).at(f"{AT}.rules[0].{path}")


def test_the_strategy_of_a_rule_may_only_speak_of_its_models() -> None:
    config = ruled(
        {"name": "r", "models": ["small", "large"], "strategy": "cheapest"},
    )
    config["models"]["third"] = config["models"]["large"]
    config["routes"]["auto"]["models"] = ["small", "large", "third"]
    load(config)
    config["routes"]["auto"]["strategy"]["rules"][0]["strategy"] = {
        "name": "weighted",
        "weights": {"third": 1},
    }

    refused(config).at(f"{AT}.rules[0].strategy.weights.third")


def test_the_strategy_for_the_rest_is_checked() -> None:
    refused(ruled(denied({"kind": "batch"}), otherwise="nope")).at(f"{AT}.otherwise.name")


@pytest.mark.parametrize("rules", [None, [], {}, "all"])
def test_rules_that_are_none_are_refused(rules: object) -> None:
    found = refused(changed(AT, {"name": "rules", "rules": rules}))

    assert f"{AT}.rules" in found.paths


def test_rules_that_are_left_out_are_asked_for() -> None:
    refused(changed(AT, "rules")).at(f"{AT}.rules")


def test_a_wrapped_strategy_of_rules_is_checked_as_well() -> None:
    rules = [denied({"turn": {"above": 2, "below": 3}})]

    found = refused(changed(AT, {"name": "session", "inner": {"name": "rules", "rules": rules}}))

    assert found.paths == [f"{AT}.inner.rules[0].when"]


def test_what_a_model_cannot_do_is_known_from_its_own_section() -> None:
    vision = {"name": "r", "when": {"needs": "vision"}, "models": ["small"]}
    long = {"name": "r", "when": {"input_tokens": {"above": 8192}}, "models": ["small"]}

    assert "'small' lacks vision" in refused(ruled(vision)).at(f"{AT}.rules[0].models").message
    assert "window of 8192" in refused(ruled(long)).at(f"{AT}.rules[0].models").message
    load(ruled({**vision, "models": ["large"]}))


def test_a_key_that_is_left_without_a_model_is_named() -> None:
    hard = {"complexity": {"above": 0.5}}

    found = refused(
        ruled(
            denied({"tenant": "team", **hard}),
            denied({"tenant": "team", "not": hard}, name="easy"),
        )
    )

    assert "leaves the key 'team' without a model" in found.at(f"{AT}.rules[1]").message
    load(ruled(denied({"tenant": "team"})))


def decided(folder_file: Path, asked: Workload) -> Decision:
    deciding = make_deciding(example("rules.yaml", folder_file))
    route, models = deciding.catalog.resolve("auto")
    return route.router.select(asked, deciding.catalog.candidates("auto", models, asked))


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (workload(), ["luna", "terra", "house"]),
        (workload(risks=frozenset({"iban"})), ["house"]),
        (workload(tenant="intern", complexity=0.9), ["house", "luna"]),
        (workload(tenant="intern", kind="agent"), ["luna", "terra", "house"]),
        (workload(complexity=0.9), ["terra", "luna", "house"]),
        (
            workload(category="coding", probabilities={"coding": 0.5}),
            ["luna", "terra", "house"],
        ),
        (
            workload(category="coding", probabilities={"coding": 0.7}),
            ["terra", "luna", "house"],
        ),
        (workload(category="extraction"), ["house", "luna", "terra"]),
    ],
)
def test_the_example_of_rules_means_what_it_says(
    asked: Workload, names: list[str], local_extra: Path
) -> None:
    assert [model.name for model in decided(local_extra, asked).ranking] == names


def test_the_example_of_rules_keeps_what_is_secret(local_extra: Path) -> None:
    secret = workload(risks=frozenset({"card"}), tenant="intern")

    decision = decided(local_extra, secret)

    assert (decision.cache, decision.parameters) == ("off", {})
    assert decision.fired == ("rule 'secrets': risks card",)
    with pytest.raises(RequestDeniedError, match="leave out keys"):
        decided(local_extra, workload(risks=frozenset({"card"}), input_tokens=40_000))
