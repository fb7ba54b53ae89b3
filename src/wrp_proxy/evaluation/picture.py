"""Draws what quality can be had at what cost."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wrp_proxy.evaluation.frontier import hull


def draw(figures: Mapping[str, Any], file: Path, title: str = "") -> None:
    """Write a picture of all frontiers, of the kind that the name ends in.

    Raise ValueError where matplotlib is not installed, or cannot draw such a file.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ValueError("pictures need matplotlib: pip install matplotlib") from error
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, row in figures["strategies"].items():
        corners = hull([(cost, quality) for cost, quality in row["frontier"]])
        axes.plot(*zip(*corners, strict=True), marker=".", label=name)
    for (name, row), marker in zip(figures["references"].items(), "xs^", strict=True):
        axes.plot(row["cost_per_1k_usd"], row["accuracy"], f"k{marker}", label=name)
    axes.set(xscale="log", xlabel="USD per 1,000 requests", ylabel="mean score", title=title)
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
    with mpl.rc_context({"svg.hashsalt": "routing"}):  # the same curves are the same file
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)
