"""How warm a prompt cache seems."""

from random import Random

import pytest

from wrp_proxy.pool.heat import Heat


def test_what_the_upstream_tells_of_its_cache_is_believed() -> None:
    heat = Heat()
    heat.observe(0.9, 1.0, 1.0, now=0.0)
    warm = heat.at(0.0)
    heat.observe(0.0, 1.0, 1.0, now=1.0)

    assert (warm, heat.at(1.0)) == (0.9, 0.0)


def test_without_news_it_fades_by_half_in_a_minute() -> None:
    heat = Heat()
    heat.observe(0.9, 1.0, 1.0, now=0.0)

    assert heat.at(60.0) == pytest.approx(0.7)
    assert heat.at(3600.0) == pytest.approx(0.5)


def test_where_the_upstream_tells_nothing_times_do() -> None:
    draw = Random(1)  # noqa: S311 - reproducible, not secret
    heat = Heat()
    after: dict[bool, list[float]] = {True: [], False: []}
    for second in range(400):
        is_cached = draw.random() < 0.5
        heat.observe(0.0, 0.2 if is_cached else 1.0, 0.6, now=float(second))
        if second >= 100:
            after[is_cached].append(heat.at(float(second)))

    assert min(after[True]) > 0.7
    assert max(after[False]) < 0.3


def test_noise_is_not_taken_for_a_cache() -> None:
    draw = Random(1)  # noqa: S311 - reproducible, not secret
    heat = Heat()
    for second in range(400):
        heat.observe(0.0, 1.0 + draw.gauss(0, 0.1), 1.0, now=float(second))

    assert heat.at(400.0) == 0.5


def test_nothing_is_told_while_nothing_is_expected() -> None:
    heat = Heat()
    heat.observe(0.0, 5.0, 0.0, now=0.0)

    assert heat.at(0.0) == 0.5
