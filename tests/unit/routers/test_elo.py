import numpy as np
import pytest

from tests.unit.nouns import model, workload
from tests.unit.routers.simulation import World, tell
from wrp_proxy.routers.bradley_terry import chances_to_win, fit_ratings, start_ratings
from wrp_proxy.routers.context import Contexts
from wrp_proxy.routers.elo import Elo
from wrp_proxy.signals import Score

ASKED = workload(probabilities={"x": 0.9, "y": 0.1})
MODELS = [model(name, quality={"default": 0.5}) for name in "abc"]
A, B, C = MODELS


def gains(router: Elo) -> dict[str, list[float]]:
    """Return what each model has won so far, by category."""
    statistics = router.statistics[0]
    sums = {key.partition("|")[2]: statistics.get(key) for key in statistics.keys()}  # noqa: SIM118
    return {name: row.round(6).tolist() for name, row in sums.items() if row is not None}


def told(*scores: tuple[str, float]) -> Elo:
    router = Elo(seed=1, half_life_days=1e9)
    router.select(ASKED, MODELS)
    for name, value in scores:
        tell(router, ASKED, model(name), Score(value=value))
    return router


def test_a_win_between_equals_moves_both_by_half_of_k() -> None:
    assert gains(told(("a", 0.2), ("b", 0.9))) == {"a": [-16.0, 0.0], "b": [16.0, 0.0]}


def test_a_draw_between_equals_moves_nothing() -> None:
    assert gains(told(("a", 0.5), ("b", 0.5))) == {"a": [0.0, 0.0], "b": [0.0, 0.0]}


def test_a_model_does_not_play_against_itself() -> None:
    assert gains(told(("a", 0.2), ("a", 0.9))) == {}


def test_a_score_is_compared_with_each_model_that_scored_since() -> None:
    router = told(("a", 1.0), ("b", 0.0), ("c", 0.5), ("c", 0.9))

    moved = gains(router)

    assert set(moved) == {"a", "b", "c"}
    assert sum(row[0] for row in moved.values()) == pytest.approx(0.0, abs=1e-5)


def test_a_lead_of_the_scale_is_odds_of_ten_to_one() -> None:
    assert chances_to_win(np.array([400.0]))[0] == pytest.approx(10 / 11)


def test_the_start_is_the_prior() -> None:
    priors = np.array([[0.8, 0.3, 0.0, 0.0, 0.0, 0.0]])

    assert chances_to_win(start_ratings(priors)).tolist()[0] == pytest.approx([0.8, 0.3])


def test_most_likely_ratings_order_models_as_they_win() -> None:
    world, contexts = World([[0.9, 0.2], [0.6, 0.6], [0.2, 0.9]]), Contexts()

    fitted = fit_ratings(world.examples(300), world.models, contexts)

    (found,) = fitted.values()
    assert found[:, 0].argsort().tolist() == [2, 1, 0]
    assert found[:, 1].argsort().tolist() == [0, 1, 2]
