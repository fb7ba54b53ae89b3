"""What is thought of a model before anything is known of it here."""

from math import log10

from wrp_proxy.types import Model, Price, Workload

_OF_UNKNOWN_PRICE = 0.75
_LOWEST, _HIGHEST = 0.45, 0.93


def prior_quality(model: Model, workload: Workload) -> float:
    """Return the quality expected of a model for a workload, 0 to 1.

    The mean over the categories it may belong to; where nobody has said anything of the model, its
    price tells: a dearer one is taken to be better, by .1 for each factor of ten.
    """
    quality = model.quality
    if not quality:
        return quality_by_price(model.price)
    default = quality.get("default")
    if default is None:
        default = sum(quality.values()) / len(quality)
    if workload.probabilities:
        get = quality.get
        return sum([p * get(name, default) for name, p in workload.probabilities.items()])
    return quality.get(workload.category, default)


def quality_by_price(price: Price | None) -> float:
    if price is None:
        return _OF_UNKNOWN_PRICE
    blended = (3 * price.input + price.output) / 4
    if blended <= 0:
        return _LOWEST
    return min(max(0.82 + 0.1 * log10(blended), _LOWEST), _HIGHEST)
