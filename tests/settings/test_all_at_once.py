"""All that is wrong is said at once, and whatever is wrong is said, not thrown."""

from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.settings.loading import CLIENT_KEY, UPSTREAM_KEY, VALID, changed, load, refused
from wrp_proxy.errors import ConfigError

PATHS = [
    "providers",
    "providers.lab",
    "providers.lab.type",
    "providers.lab.vendor",
    "providers.lab.base_url",
    "providers.lab.path",
    "models",
    "models.small",
    "models.small.endpoints",
    "models.small.endpoints[0]",
    "models.small.endpoints[0].provider",
    "models.small.quality",
    "models.small.capabilities",
    "routes",
    "routes.auto",
    "routes.auto.models",
    "routes.auto.models[0]",
    "routes.auto.strategy",
    "routes.auto.strategy.name",
    "routes.auto.strategy.weights",
    "server",
    "server.host",
    "server.api_keys",
    "server.api_keys[0]",
    "server.api_keys[0].name",
    "resilience",
]
KEYS = st.one_of(st.text("ab/ .", max_size=3), st.integers(0, 9), st.booleans())
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text("ab/ .$", max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(KEYS, inner, max_size=2)),
    max_leaves=4,
)


def test_five_mistakes_in_one_file_are_five_problems() -> None:
    refusal = refused(
        """
        providers:
          lab: {type: openai, base_url: "127.0.0.1:9100", api_key: "${LAB_KEY}"}
        models:
          small:
            endpoints: [{provider: lap, model: mock-small}]
            contextwindow: 8192
        routes:
          fast: {models: [smal]}
        """
    )

    assert sorted(refusal.paths) == [
        "models.small.contextwindow",
        "models.small.endpoints[0].provider",
        "providers.lab.api_key",
        "providers.lab.base_url",
        "routes.fast.models[0]",
    ]


def test_mistakes_of_the_environment_are_said_with_those_of_the_file() -> None:
    refusal = refused(
        "server: {prot: 1}",
        {"AZURE_OPENAI_API_KEY": "k", "WRP_LOCAL_MODELS": "small"},
        api_keys=",",
    )

    assert sorted(refusal.paths) == [
        "AZURE_OPENAI_DEPLOYMENTS",
        "AZURE_OPENAI_ENDPOINT",
        "WRP_API_KEYS",
        "WRP_LOCAL_MODELS",
        "server.prot",
    ]


def test_an_open_door_is_said_with_all_else_that_is_wrong() -> None:
    config = {**changed("resilience.cooldown", 1), "server": {"host": "192.0.2.7"}}

    assert sorted(refused(config).paths) == ["resilience.cooldown", "server.host"]


def test_the_error_itself_lists_every_problem_with_its_remedy() -> None:
    refusal = refused(changed("server.prot", 1) | {"modles": {}})

    for path in ("server.prot", "modles"):
        assert f"{path}: is not a known key\n    -> did you mean" in refusal.text


@settings(deadline=None)
@given(path=st.sampled_from(PATHS), value=VALUES)
def test_any_value_anywhere_is_taken_or_refused_without_a_crash_and_without_a_secret(
    path: str, value: Any
) -> None:
    said = ""

    try:
        load(changed(path, value))
    except ConfigError as error:
        said = str(error)

    assert UPSTREAM_KEY not in said
    assert CLIENT_KEY not in said


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_a_valid_configuration_stays_valid_under_any_order_of_keys(seed: int) -> None:
    shuffled = _shuffled(deepcopy(dict(VALID)), Random(seed))  # noqa: S311 - no secret

    assert load(shuffled) == load(VALID)


def _shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    items = [(key, _shuffled(item, random)) for key, item in value.items()]
    random.shuffle(items)
    return dict(items)
