"""Curves of what the cache serves against what of it is wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from wrp_proxy.cache.calibration import Served


def draw(tables: Mapping[str, Sequence[Served]], folder: Path) -> None:
    """Write `cache-quality.svg`: recall against wrong share, a point per threshold."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for name, rows in tables.items():
        shown = [row for row in rows if row.served]
        axes.plot(
            [row.recall for row in shown],
            [row.wrong_share for row in shown],
            marker=".",
            label=name,
        )
    axes.set(
        xlabel="recall: share of the same questions that is served",
        ylabel="share of served answers that is wrong",
        ylim=(0, None),
        title="Adversarial pairs, cosine from .85 to .99",
    )
    axes.legend()
    axes.grid(alpha=0.3)
    mpl.rcParams["svg.hashsalt"] = "cache"  # the same curves are the same file
    figure.savefig(folder / "cache-quality.svg", metadata={"Date": None})
    pyplot.close(figure)
