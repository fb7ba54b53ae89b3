"""The lists of facts that come with the package: prices, and public scores."""

from pathlib import Path

_PRICES = "configs/prices.yaml"
_QUALITY = "configs/quality.yaml"


def price_list_path() -> Path:
    """Find the shipped price list, in an installed package or in a checkout."""
    return _shipped(_PRICES)


def quality_table_path() -> Path:
    """Find the shipped table of public scores."""
    return _shipped(_QUALITY)


def _shipped(file: str) -> Path:
    package = Path(__file__).parent
    installed = package / file
    return installed if installed.exists() else package.parents[1] / file
