import random
from collections import Counter

import pytest

from tests.unit.nouns import model
from wrp_proxy.routers.drawing import draw, explored

MODELS = [model(name) for name in "abc"]


def test_the_first_place_is_drawn_in_proportion_to_the_weights() -> None:
    source = random.Random(1)  # noqa: S311 - reproducible, not secret
    drawn = [draw(MODELS, [6.0, 3.0, 1.0], source) for _ in range(4000)]

    firsts = Counter((ranking[0].name, round(chance, 9)) for ranking, chance in drawn)
    assert set(firsts) == {("a", 0.6), ("b", 0.3), ("c", 0.1)}
    assert firsts["b", 0.3] / 4000 == pytest.approx(0.3, abs=0.03)


def test_exploring_puts_any_model_first_and_keeps_the_order_of_the_rest() -> None:
    source = random.Random(1)  # noqa: S311 - reproducible, not secret
    found = [explored(MODELS, 0.3, source) for _ in range(200)]

    names = {("".join(m.name for m in ranking), round(chance, 9)) for ranking, chance in found}
    assert names == {("abc", 0.8), ("bac", 0.1), ("cab", 0.1)}
