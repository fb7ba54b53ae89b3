from tests.unit.routers.simulation import World, serve
from wrp_proxy.routers.epsilon_greedy import EpsilonGreedy


def explored(router: EpsilonGreedy, world: World) -> float:
    """Return the share of requests that do not go to the best one so far."""
    firsts = [router.select(world.request()[1], world.models) for _ in range(400)]
    chances = [first.propensity for first in firsts]
    return 1 - max(chances)


def test_it_explores_less_the_more_it_knows() -> None:
    world = World([[0.9], [0.5], [0.1]])
    router = EpsilonGreedy(seed=1, epsilon=0.5, floor=0.03)
    at_first = explored(router, world)

    serve(world, router, 300)

    assert explored(router, world) < at_first / 2


def test_it_never_explores_less_than_the_floor() -> None:
    world = World([[0.9], [0.1]])
    router = EpsilonGreedy(seed=1, epsilon=0.5, floor=0.2, discount=1.0)

    serve(world, router, 500)

    assert explored(router, world) > 0.2 / 2


def test_without_epsilon_it_is_certain() -> None:
    world = World([[0.9], [0.1]])
    router = EpsilonGreedy(seed=1, epsilon=0.0)

    assert explored(router, world) == 0.0
