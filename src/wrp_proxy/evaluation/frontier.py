"""What quality can be had at what cost: hulls of points, and the figures read off them."""

from collections.abc import Iterable, Sequence

import numpy as np

Point = tuple[float, float]
"""Mean cost, in any one unit, and mean quality."""


def hull(points: Iterable[Point]) -> list[Point]:
    """Return the upper concave hull as far as it rises, the cheapest point first.

    Each point between two of its corners can be had by a coin toss between the two.
    """
    corners: list[Point] = []
    for point in sorted(points, key=lambda point: (point[0], -point[1])):
        if corners and point[1] <= corners[-1][1]:
            continue
        while len(corners) > 1 and _is_below(corners[-2], corners[-1], point):
            corners.pop()
        corners.append(point)
    return corners


def mean_height(points: Iterable[Point], lowest_cost: float, highest_cost: float) -> float:
    """Return the mean height of the hull between two costs (AIQ, RouterBench 2403.12031, 3).

    Dearer than its last corner the hull is level, and cheaper than its first one as well, which
    is why the caller adds the cheapest model.
    """
    corners = hull(points)
    costs, heights = zip(*corners, strict=True)
    if highest_cost <= lowest_cost:
        return float(np.interp(highest_cost, costs, heights))
    inside = [cost for cost in costs if lowest_cost < cost < highest_cost]
    at = np.array([lowest_cost, *inside, highest_cost])
    return float(np.trapezoid(np.interp(at, costs, heights), at) / (highest_cost - lowest_cost))


def cost_at(points: Iterable[Point], quality: float) -> float | None:
    """Return the least cost at which the hull reaches a quality; None: it never does."""
    corners = hull(points)
    costs, heights = zip(*corners, strict=True)
    if heights[-1] < quality:
        return None
    return float(np.interp(quality, heights, costs))


def quality_at(points: Iterable[Point], cost: float) -> float | None:
    """Return the height of the hull at a cost; None: nothing is as cheap."""
    corners = hull(points)
    if cost < corners[0][0]:
        return None
    costs, heights = zip(*corners, strict=True)
    return float(np.interp(cost, costs, heights))


def _is_below(left: Point, middle: Point, right: Point) -> bool:
    """Tell whether the middle one is not above the line through the others."""
    run, rise = right[0] - left[0], right[1] - left[1]
    return (middle[1] - left[1]) * run <= rise * (middle[0] - left[0])


def shown(points: Sequence[Point]) -> list[list[float]]:
    """Make it JSON, without false digits."""
    return [[float(f"{cost:.6g}"), float(f"{quality:.6g}")] for cost, quality in points]
