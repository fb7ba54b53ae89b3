"""How large a share is, seen from a sample of it.

E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
the American Statistical Association 22 (1927).
"""

from math import sqrt

_Z = 1.96
"""Each of the limits is passed by the true share once in forty times."""


def wilson_upper(wrong: int, audited: int, z: float = _Z) -> float:
    """Return the upper limit of a share; 1 where nothing was audited."""
    return min(_limit(wrong, audited, z), 1.0) if audited else 1.0


def wilson_lower(wrong: int, audited: int, z: float = _Z) -> float:
    """Return the lower limit of a share; 0 where nothing was audited."""
    return max(_limit(wrong, audited, -z), 0.0) if audited else 0.0


def debiased(share: float, *, false_wrong: float, false_right: float) -> float:
    """Return the true share of what is wrong where `share` of the verdicts say so.

    `false_wrong` of what is right is called wrong, and `false_right` of what is wrong is called
    right; both together are less than 1. Both are p for a judge that errs with rate p and is
    asked once: (share - p) / (1 - 2p). W. J. Rogan and B. Gladen, "Estimating Prevalence from the
    Results of a Screening Test", American Journal of Epidemiology 107 (1978).
    """
    true = (share - false_wrong) / (1 - false_wrong - false_right)
    return min(max(true, 0.0), 1.0)


def _limit(wrong: int, audited: int, z: float) -> float:
    share = wrong / audited
    spread = z * sqrt(share * (1 - share) / audited + (z / (2 * audited)) ** 2)
    return (share + z * z / (2 * audited) + spread) / (1 + z * z / audited)
