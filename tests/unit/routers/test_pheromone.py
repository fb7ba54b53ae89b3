import pytest

from tests.unit.nouns import model, workload
from tests.unit.routers.simulation import tell
from wrp_proxy.routers.pheromone import Pheromone, left_by
from wrp_proxy.signals import Score

ASKED = workload(probabilities={"x": 0.9, "y": 0.1})
A, B = model("a", quality={"default": 0.5}), model("b", quality={"default": 0.5})


def strength(router: Pheromone, name: str) -> float:
    return router.select(ASKED, [A, B]).parts[name].quality or 0.0


@pytest.mark.parametrize(
    ("score", "left"),
    [
        (Score(value=0.8), 0.8),
        (Score(value=0.4), 0.0),
        (Score(value=0.4, source="verifier:judge"), 0.4),
        (Score(value=1.0, weight=0.5), 0.5),
        (Score(value=1.0, replaces=0.4), 1.0),
        (Score(value=0.0, replaces=0.8), -0.8),
    ],
)
def test_only_answers_that_passed_a_check_leave_a_trail(score: Score, left: float) -> None:
    assert left_by(score) == pytest.approx(left)


def test_good_answers_make_a_trail_stronger_and_bad_ones_let_it_evaporate() -> None:
    router = Pheromone(seed=1)
    start = strength(router, "a")

    for _ in range(20):
        tell(router, ASKED, A, Score(value=1.0))
    walked = strength(router, "a")
    for _ in range(60):
        tell(router, ASKED, A, Score(value=0.2))

    assert walked > start + 0.2
    assert strength(router, "a") < start


def test_trails_that_nobody_walks_fade_to_the_prior() -> None:
    router = Pheromone(seed=1)
    start = strength(router, "b")
    for _ in range(30):
        tell(router, ASKED, B, Score(value=1.0))

    for _ in range(200):
        tell(router, ASKED, A, Score(value=1.0))

    assert strength(router, "b") == pytest.approx(start, abs=0.02)


def test_trails_of_one_task_do_not_lead_in_another() -> None:
    router = Pheromone(seed=1)
    other = workload(probabilities={"x": 0.0, "y": 1.0})
    before = router.select(other, [A, B]).scores

    for _ in range(20):
        tell(router, ASKED, A, Score(value=1.0))

    assert router.select(other, [A, B]).scores == before
