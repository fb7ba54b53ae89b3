"""Categories of an operator's own, where they may be named, and the model that judges."""

from typing import Any

import pytest

from tests.settings.loading import VALID, changed, load, refused
from wrp_proxy.routing_maker import make_classifier
from wrp_proxy.workload.category.recogniser import Recognition
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.token_estimate import TokenEstimate

SENTENCES = [f"May I rent boat number {number}?" for number in range(12)]
RULES = {"name": "rules", "rules": [{"name": "r", "when": {"category": "boats"}, "deny": "No."}]}


def with_workload(config: dict[str, Any] | None = None, **workload: Any) -> dict[str, Any]:
    return {**(dict(VALID) if config is None else config), "workload": workload}


def test_without_a_word_requests_are_embedded_and_nobody_judges() -> None:
    workload = load(VALID).workload

    assert (workload.embed, workload.threshold, workload.judge) == (True, None, None)
    assert workload.categories == {}


@pytest.mark.parametrize("name", ["boats", "law", "Übersetzung", "船", "boats/motor"])
def test_a_category_has_a_name_and_a_dozen_sentences(name: str) -> None:
    settings = load(with_workload(categories={name: SENTENCES}))

    assert settings.workload.categories == {name: SENTENCES}


@pytest.mark.parametrize(
    "sentences", [[], SENTENCES[:4], SENTENCES[:1] * 12], ids=["none", "four", "the same"]
)
def test_too_few_sentences_are_refused(sentences: list[str]) -> None:
    problem = refused(with_workload(categories={"boats": sentences})).at(
        "workload.categories.boats"
    )

    assert problem.remedy == "give a dozen different example sentences, at least 5"


@pytest.mark.parametrize("sentence", ["", "  ", "x" * 2001, 5, None])
def test_a_sentence_that_is_none_is_refused(sentence: object) -> None:
    config = with_workload(categories={"boats": [*SENTENCES, sentence]})

    refused(config).at("workload.categories.boats[12]")


@pytest.mark.parametrize("name", ["", "motor boats", "boats\n", "boats\u200b"])
def test_a_name_is_one_printable_word(name: str) -> None:
    problem = refused(with_workload(categories={name: SENTENCES})).at(
        f"workload.categories.{name!r}"
    )

    assert problem.remedy == "use printable characters without spaces"


def test_no_category_is_called_unknown() -> None:
    problem = refused(with_workload(categories={"unknown": SENTENCES})).at(
        "workload.categories.unknown"
    )

    assert problem.remedy == "give it another name"


@pytest.mark.parametrize("threshold", [-0.1, 1.1, "high"])
def test_a_threshold_is_a_chance(threshold: object) -> None:
    refused(with_workload(threshold=threshold)).at("workload.threshold")


@pytest.mark.parametrize("wrong", [5, "boats", ["boats"], {"boats": "May I?"}])
@pytest.mark.parametrize("path", ["workload", "workload.categories"])
def test_a_part_of_a_wrong_type_is_refused_and_never_ends_the_start(path: str, wrong: Any) -> None:
    found = refused(changed(path, wrong))

    assert any(problem.startswith("workload") for problem in found.paths)


def test_a_rule_may_name_a_category_of_the_operators_own() -> None:
    config = changed("routes.auto.strategy", RULES)

    load(with_workload(config, categories={"boats": SENTENCES}))


def test_a_rule_may_name_no_other() -> None:
    config = changed("routes.auto.strategy", RULES)

    found = refused(with_workload(config, categories={"boat": SENTENCES}))

    problem = found.at("routes.auto.strategy.rules[0].when.category")
    assert "did you mean 'boat'?" in problem.remedy


NAMED_BY_CACHE = ["routes.auto.cache.categories", "cache.default.categories", "cache.quotas"]


def naming(path: str, category: str) -> dict[str, Any]:
    said: Any = {category: 0.5 if path == "cache.quotas" else "strict"}
    config = changed("routes.auto.cache", "balanced")
    if path == "cache.quotas":
        return {**config, "cache": {"quotas": said}}
    policy = {"preset": "balanced", "categories": said}
    if path.startswith("routes"):
        return changed("routes.auto.cache", policy)
    return {**config, "cache": {"default": policy}}


@pytest.mark.parametrize("path", NAMED_BY_CACHE)
@pytest.mark.parametrize("category", ["boats", "coding", "unknown"])
def test_the_cache_may_name_categories_of_both_kinds(path: str, category: str) -> None:
    load(with_workload(naming(path, category), categories={"boats": SENTENCES}))


@pytest.mark.parametrize("path", NAMED_BY_CACHE)
def test_the_cache_may_name_no_other(path: str) -> None:
    problem = refused(naming(path, "codng")).at(f"{path}.codng")

    assert problem.message == "is no category"
    assert problem.remedy.startswith("did you mean 'coding'? there are: mathematics, coding,")


@pytest.mark.parametrize("judge", ["small", "auto", "lab/another"])
def test_the_judge_is_a_model_a_route_or_an_upstreams(judge: str) -> None:
    assert load(with_workload(judge=judge)).workload.judge == judge


def test_a_judge_that_is_no_model_is_refused() -> None:
    problem = refused(with_workload(judge="smal")).at("workload.judge")

    assert problem.message == "there is no model 'smal'"
    assert problem.remedy == "did you mean 'small'? there are: auto, small, large"


@pytest.mark.parametrize("judge", ["", 5, {"model": "small"}])
def test_a_judge_is_a_name(judge: object) -> None:
    refused(with_workload(judge=judge)).at("workload.judge")


def test_the_threshold_is_the_models_own_unless_it_is_set() -> None:
    def threshold(**workload: Any) -> float:
        settings = load(with_workload(**workload))
        return make_classifier(settings, ContextLength(TokenEstimate()), None)[1].threshold

    assert threshold() == Recognition.shipped().threshold
    assert threshold(threshold=0.0) == 0.0
    assert threshold(threshold=0.9) == 0.9
