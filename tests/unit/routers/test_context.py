import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import model, workload
from wrp_proxy.routers.context import Contexts, Priors, complexity_bin, space_of
from wrp_proxy.routers.prior import prior_quality
from wrp_proxy.signals import CATEGORIES
from wrp_proxy.types import Price

posteriors = st.dictionaries(
    st.text(min_size=1, max_size=8), st.floats(0.001, 1), min_size=1, max_size=20
)


def test_a_context_holds_the_posterior_the_complexity_and_a_bias() -> None:
    asked = workload(probabilities={"b": 0.7, "a": 0.3}, complexity=0.5)

    context = Contexts().of(asked)

    assert context.space.categories == ("a", "b")
    assert context.vector.tolist() == [0.3, 0.7, 0.0, 1.0, 0.0, 1.0]


@given(posteriors)
def test_the_dimensions_follow_the_categories(chances: dict[str, float]) -> None:
    context = Contexts().of(workload(probabilities=chances))

    assert len(context.vector) == len(chances) + 4
    assert math.isclose(context.posterior.sum(), 1.0)
    assert context.vector[-4:].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_the_order_of_categories_does_not_matter() -> None:
    assert space_of(("a", "b")) == space_of(("b", "a"))


def test_other_categories_have_other_keys() -> None:
    keys = {space_of(names).key("small") for names in (("a", "b"), ("a", "c"), ("ab",), ("a",))}

    assert len(keys) == 4


def test_a_category_alone_counts_as_certain() -> None:
    context = Contexts().of(workload(category="law"))

    assert context.space.categories == tuple(sorted(CATEGORIES))
    assert context.posterior[context.space.categories.index("law")] == 1.0


def test_an_unknown_category_may_be_any_of_those_last_seen() -> None:
    contexts = Contexts()
    contexts.of(workload(probabilities={"x": 1.0, "y": 0.0}))

    assert contexts.of(workload(category="x")).posterior.tolist() == [1.0, 0.0]
    assert contexts.of(workload(category="law")).posterior.tolist() == [0.5, 0.5]


def test_the_past_does_not_change_which_categories_there_are() -> None:
    contexts = Contexts()
    contexts.of(workload(probabilities={"old": 1.0}), is_past=True)

    assert contexts.of(workload()).space.categories == tuple(sorted(CATEGORIES))


@pytest.mark.parametrize(
    ("complexity", "place"), [(0.0, 0), (0.33, 0), (0.34, 1), (0.99, 2), (1.0, 2), (-1.0, 0)]
)
def test_complexity_falls_into_three_bins(complexity: float, place: int) -> None:
    assert complexity_bin(complexity) == place


@given(posteriors)
def test_priors_are_those_of_prior_quality(chances: dict[str, float]) -> None:
    total = sum(chances.values())
    asked = workload(probabilities={name: chance / total for name, chance in chances.items()})
    candidates = [
        model("scalar", quality={"default": 0.7}),
        model("by-task", quality={next(iter(chances)): 0.9, "other": 0.1}),
        model("priced", price=Price(input=1.0, output=5.0)),
    ]

    priors = Priors().of(Contexts().of(asked), candidates)

    assert np.allclose(priors, [prior_quality(one, asked) for one in candidates])


def test_priors_follow_the_candidates() -> None:
    priors, context = Priors(), Contexts().of(workload())

    first = priors.of(context, [model(quality={"default": 0.7})])
    second = priors.of(context, [model(quality={"default": 0.2})])

    assert [*first, *second] == pytest.approx([0.7, 0.2])
