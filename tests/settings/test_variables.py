"""`${NAME}` and `${NAME:-default}` inside values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.settings.loading import changed, load, refused
from wrp_proxy.errors import Problem
from wrp_proxy.settings.yaml_file import fill_in

NAMES = st.sampled_from(["A", "LAB_KEY", "_x9"])
TEMPLATES = st.lists(
    st.one_of(
        st.text(alphabet="ab:-_ {}$", max_size=4),
        st.sampled_from(["${", "}"]),
        NAMES.map("${{{}}}".format),
        st.builds("${{{}:-{}}}".format, NAMES, st.text(alphabet="ab:-$", max_size=3)),
    ),
    max_size=5,
).map("".join)
ENVIRONMENTS = st.dictionaries(NAMES, st.text(alphabet="xyz:- ", max_size=4))


@pytest.mark.parametrize(
    ("environment", "state"),
    [({}, "not set"), ({"HOST": ""}, "empty"), ({"HOSTS": "a"}, "not set")],
)
def test_a_variable_without_a_value_is_refused_with_both_remedies(
    environment: dict[str, str], state: str
) -> None:
    problem = refused(changed("providers.lab.base_url", "http://${HOST}/v1"), environment).problems[
        0
    ]

    assert problem.path == "providers.lab.base_url"
    assert problem.message == f"${{HOST}} is {state}"
    assert problem.remedy == "set the environment variable HOST, or write ${HOST:-default}"


def test_every_variable_without_a_value_is_reported() -> None:
    config = changed("models.small.endpoints[0].model", "${ONE}-${TWO}")

    refusal = refused(config, {"TWO": ""})

    assert refusal.paths == ["models.small.endpoints[0].model"] * 2
    assert [p.message for p in refusal.problems] == ["${ONE} is not set", "${TWO} is empty"]


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        ("${HOST}", {"HOST": "one"}, "one"),
        ("${HOST:-two}", {"HOST": "one"}, "one"),
        ("${HOST:-two}", {"HOST": ""}, "two"),
        ("${HOST:-two}", {}, "two"),
        ("${HOST:-}", {}, ""),
        ("${HOST:-http://a:1/v1}", {}, "http://a:1/v1"),
        ("a${HOST}b${HOST}c", {"HOST": "-"}, "a-b-c"),
        ("$HOST costs $5 {HOST}", {"HOST": "one"}, "$HOST costs $5 {HOST}"),
    ],
)
def test_a_variable_is_replaced_by_its_value_or_its_default(
    text: str, environment: dict[str, str], expected: str
) -> None:
    problems: list[Problem] = []

    assert fill_in(text, "here", environment, problems) == expected
    assert problems == []


def test_a_value_is_not_searched_for_variables_again() -> None:
    problems: list[Problem] = []

    assert fill_in("${A}", "here", {"A": "${B}", "B": "x"}, problems) == "${B}"
    assert problems == []


def test_variables_are_replaced_at_every_depth() -> None:
    problems: list[Problem] = []
    value = {"a": ["${X}", {"b": "${X}"}], "c": 1, "d": None}

    assert fill_in(value, "", {"X": "x"}, problems) == {"a": ["x", {"b": "x"}], "c": 1, "d": None}


def test_the_path_of_a_variable_counts_the_places_of_lists() -> None:
    problems: list[Problem] = []

    fill_in({"a": [{"b": ["", "${X}"]}]}, "", {}, problems)

    assert [problem.path for problem in problems] == ["a[0].b[1]"]


@pytest.mark.parametrize("text", ["${1ST}", "${}", "${lab-key}", "${LAB_KEY", "${A:-${B}}"])
def test_what_looks_like_a_variable_but_is_none_is_refused(text: str) -> None:
    config = changed("providers.lab.api_key", text)

    refusal = refused(config, {"LAB_KEY": "k", "B": "b"})

    assert refusal.paths == ["providers.lab.api_key"]


@given(text=TEMPLATES, environment=ENVIRONMENTS)
def test_nothing_that_looks_like_a_variable_is_left_without_a_word(
    text: str, environment: dict[str, str]
) -> None:
    problems: list[Problem] = []

    filled = fill_in(text, "here", environment, problems)

    assert problems or "${" not in filled


@given(text=st.text(alphabet="ab:- {}é\n", max_size=20))
def test_text_without_a_variable_stays_as_it_is(text: str) -> None:
    problems: list[Problem] = []

    assert fill_in(text, "here", {"a": "b"}, problems) == text
    assert problems == []


def test_a_whole_configuration_may_stand_on_defaults() -> None:
    settings = load(changed("providers.lab.base_url", "${LAB_URL:-http://127.0.0.1:1/v1}"))

    assert settings.providers["lab"].base_url == "http://127.0.0.1:1/v1"
