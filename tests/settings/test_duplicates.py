"""What stands twice is refused, for one of the two would be lost."""

import pytest

from tests.settings.loading import CLIENT_KEY, changed, load, refused


def test_a_key_that_stands_twice_in_the_file_is_refused_with_its_line() -> None:
    problem = refused("server:\n  port: 8080\n  host: localhost\n  port: 9090\n").at("line 4")

    assert problem.message == "'port' stands twice"
    assert problem.remedy == "keep one of them"


def test_a_model_that_stands_twice_in_the_file_is_refused_with_its_line() -> None:
    text = "providers: {}\nmodels:\n  small: {}\n  large: {}\n  small: {}\n"

    problem = refused(text).at("line 5")

    assert problem.message == "'small' stands twice"


def test_every_key_that_stands_twice_is_reported() -> None:
    refusal = refused("server: {port: 1, port: 2}\nserver: {host: a, host: b}\n")

    assert [path for path in refusal.paths if path.startswith("line")] == [
        "line 2",
        "line 1",
        "line 2",
    ]


def test_a_merged_mapping_may_be_overridden() -> None:
    text = """
    providers: {lab: {type: openai, base_url: "http://127.0.0.1:9100/v1"}}
    models:
      small: &small {endpoints: [{provider: lab, model: a}], context_window: 8192}
      large: {<<: *small, context_window: 32768}
    """

    settings = load(text)

    assert settings.models["large"].context_window == 32768


def test_a_route_with_the_name_of_a_model_is_refused() -> None:
    problem = refused(changed("routes.small", {"models": ["large"]})).at("routes.small")

    assert problem.message == "is also the name of a model"
    assert problem.remedy == "rename one of them"


def test_a_model_with_the_name_of_the_route_that_always_exists_is_refused() -> None:
    config = {
        "providers": {"lab": {"type": "openai", "base_url": "http://127.0.0.1:9100/v1"}},
        "models": {"auto": {"endpoints": [{"provider": "lab", "model": "m"}]}},
    }

    problem = refused(config).problems[0]

    assert "auto" in problem.path
    assert "route" in problem.message
    assert "rename" in problem.remedy


def test_an_endpoint_that_stands_twice_in_a_pool_is_refused() -> None:
    endpoint = {"provider": "lab", "model": "m"}

    problem = refused(changed("models.small.endpoints", [endpoint, endpoint])).at(
        "models.small.endpoints[1]"
    )

    assert problem.message == "stands twice in the pool"
    assert problem.remedy == "remove it, or give it its own label"


def test_a_model_that_stands_twice_in_a_route_is_refused() -> None:
    problem = refused(changed("routes.auto.models", ["small", "large", "small"])).at(
        "routes.auto.models[2]"
    )

    assert problem.message == "'small' stands twice"
    assert problem.remedy == "keep it once"


@pytest.mark.parametrize("again", [CLIENT_KEY, {"key": CLIENT_KEY, "name": "other"}])
def test_an_api_key_that_stands_twice_is_refused_without_showing_it(again: object) -> None:
    refusal = refused(changed("server.api_keys", [CLIENT_KEY, again]))

    problem = refusal.at("server.api_keys[1]")
    assert problem.message == "is the same key as one before it"
    assert problem.remedy == "remove it"
    assert CLIENT_KEY not in refusal.text


def test_api_keys_of_the_same_name_are_refused() -> None:
    keys = [{"key": "one", "name": "team"}, {"key": "two", "name": "team"}]

    problem = refused(changed("server.api_keys", keys)).at("server.api_keys[1].name")

    assert problem.message == "'team' stands twice"
    assert problem.remedy == "give each key its own name"


def test_a_key_that_stands_twice_in_the_variable_is_refused_without_showing_it() -> None:
    refusal = refused(changed("server.api_keys", []), api_keys=f"{CLIENT_KEY},b,{CLIENT_KEY}")

    assert refusal.at("server.api_keys[2]").message == "is the same key as one before it"
    assert CLIENT_KEY not in refusal.text
