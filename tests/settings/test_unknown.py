"""Keys and names that are not known are refused, with what was probably meant."""

from typing import Any

import pytest

from tests.settings.loading import VALID, changed, refused
from wrp_proxy.routers.registry import ROUTERS


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("modles", "models"),
        ("providers.lab.base_ulr", "base_url"),
        ("models.small.contextwindow", "context_window"),
        ("models.small.endpoints[0].max_concurency", "max_concurrency"),
        ("models.small.price.cached_inputs", "cached_input"),
        ("routes.auto.model", "models"),
        ("server.prot", "port"),
        ("server.api_keys[0].nmae", "name"),
        ("resilience.cooldown", "cooldown_s"),
    ],
)
def test_an_unknown_key_is_refused_at_every_level(path: str, meant: str) -> None:
    problem = refused(changed(path, 1)).at(path)

    assert problem.message == "is not a known key"
    assert problem.remedy.startswith(f"did you mean '{meant}'? known here: ")


def test_an_unknown_key_like_no_other_is_told_what_is_known() -> None:
    problem = refused(changed("resilience.zzz", 1)).at("resilience.zzz")

    assert problem.remedy.startswith("known here: max_attempts, cooldown_s")


@pytest.mark.parametrize(
    ("path", "value", "says", "remedy"),
    [
        (
            "models.small.endpoints[0].provider",
            "lap",
            "there is no provider 'lap'",
            "did you mean 'lab'? there are: lab",
        ),
        (
            "routes.auto.models[0]",
            "smal",
            "there is no model 'smal'",
            "did you mean 'small'? there are: small, large",
        ),
        (
            "routes.auto.strategy.name",
            "weigthed",
            "there is no strategy 'weigthed'",
            f"did you mean 'weighted'? there are: {', '.join(ROUTERS)}",
        ),
        (
            "routes.auto.strategy.weights.smal",
            1,
            "is no model of the route",
            "did you mean 'small'? there are: small, large",
        ),
        ("providers.lab.vendor", "opnai", "'opnai' is not known", "did you mean 'openai'?"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(
    path: str, value: Any, says: str, remedy: str
) -> None:
    problem = refused(changed(path, value)).at(path)

    assert problem.message == says
    assert problem.remedy.startswith(remedy)


def test_an_unknown_strategy_written_as_a_bare_word_is_refused() -> None:
    problem = refused(changed("routes.auto.strategy", "cheepest")).at("routes.auto.strategy.name")

    assert problem.message == "there is no strategy 'cheepest'"
    assert problem.remedy.startswith("did you mean 'cheapest'?")


def test_weights_for_a_model_that_another_route_has_are_refused() -> None:
    route = {"models": ["small"], "strategy": {"name": "weighted", "weights": {"large": 1}}}

    problem = refused(changed("routes.fast", route)).at("routes.fast.strategy.weights.large")

    assert problem.message == "is no model of the route"
    assert problem.remedy == "there are: small"


@pytest.mark.parametrize(
    ("strategy", "parameter", "value", "takes"),
    [
        ("weighted", "sead", 7, "weights, seed"),
        ("fixed_order", "weights", {"small": 1}, "none"),
        ("cheapest", "seed", 7, "none"),
    ],
)
def test_an_unknown_parameter_of_a_strategy_is_refused(
    strategy: str, parameter: str, value: Any, takes: str
) -> None:
    config = changed("routes.auto.strategy", {"name": strategy, parameter: value})

    problem = refused(config).at(f"routes.auto.strategy.{parameter}")

    assert repr(value) in problem.message
    assert problem.remedy == f"parameters of {strategy}: {takes}"


def test_a_provider_is_asked_for_where_there_is_none_at_all() -> None:
    problem = refused({"models": VALID["models"]}).at("models.small.endpoints[0].provider")

    assert problem.message == "there is no provider 'lab'"
    assert problem.remedy == "there are: none"


def test_an_unknown_capability_is_refused_with_those_there_are() -> None:
    config = changed("models.small.capabilities", ["tools", "telepathy"])

    problem = refused(config).problems[0]

    assert problem.path.startswith("models.small.capabilities")
    assert "'telepathy'" in problem.message
    assert "'tools', 'vision', 'audio', 'json_schema', 'reasoning', 'logprobs'" in problem.remedy


def test_an_unknown_type_of_provider_is_refused_with_those_there_are() -> None:
    problem = refused(changed("providers.lab.type", "opnai")).at("providers.lab.type")

    assert "'opnai'" in problem.message
    assert "'openai'" in problem.remedy
    assert "'local'" in problem.remedy
