"""Draws what the boundary costs."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wrp_proxy.simulation.report import target_of


def draw(figures: Mapping[str, Any], file: Path) -> None:
    """Write a picture of the cost over the boundary, of the kind that the name ends in.

    Raise ValueError where matplotlib is not installed, or cannot draw such a file.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ValueError("pictures need matplotlib: pip install matplotlib") from error
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    _draw_costs(figure.subplots(), figures["search"])
    with mpl.rc_context({"svg.hashsalt": "simulation"}):  # the same figures are the same file
        figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None)


def _draw_costs(axes: Any, search: Mapping[str, Any]) -> None:
    rows, best = search["boundaries"], search["best"]
    boundaries = [row["boundary_tokens"] for row in rows]
    short, long = ([row[part]["usd_per_h"] for row in rows] for part in ("short", "long"))
    axes.stackplot(boundaries, short, long, labels=["short pool", "long pool"], alpha=0.4)
    axes.plot(boundaries, [row["usd_per_h"] for row in rows], "k.-", label="two pools")
    one_usd = search["homogeneous"]["sized"]["usd_per_h"]
    axes.axhline(one_usd, color="k", linestyle="--", label="one pool")
    if best is not None:
        axes.axvline(best["boundary_tokens"], color="k", linestyle=":", label="cheapest")
    axes.set_xscale("log", base=2)
    axes.set_xticks(boundaries, [str(boundary) for boundary in boundaries], rotation=45)
    axes.set(xlabel="boundary, tokens", ylabel="USD per hour", ylim=(0, None))
    axes.set_title(f"At P99 {target_of(search)}")
    axes.minorticks_off()
    axes.legend(fontsize="small")
    axes.grid(alpha=0.3)
