"""How often the judge errs, learnt from how often it contradicts itself."""

ASKINGS = 3
"""The judge's `different` makes a label only where it says so as often as that, one by one."""

_PRIOR_ERROR = 0.05
_PRIOR_AUDITS = 100
_MOST = 0.4
"""At one half its verdicts say nothing, and no share could be told from them."""


class JudgeError:
    """The share of a judge's verdicts that are false, from audits of hits.

    Let it err with rate p, each time anew. Nearly all hits are right, and a right one is called
    different at first and the same later on with p (1 - p) + p^2 (1 - p), which is p but for p^3.
    So the share of contradictions is the rate, and nobody needs to know it beforehand; it starts
    from 5 %, at the weight of 100 audits. Errors that come again when the question is put again
    cannot be seen like this: they count as wrong hits, unless they are stated.
    """

    def __init__(self, repeated: float = 0.0) -> None:
        """`repeated` is the share of comparisons that the judge gets wrong however often it is
        asked, under one half, as measured on labelled pairs. Stated too high, it hides wrong hits.
        """
        self._repeated = repeated
        self._audited = float(_PRIOR_AUDITS)
        self._contradicted = _PRIOR_AUDITS * _PRIOR_ERROR

    def count(self, *, is_contradicted: bool) -> None:
        self._audited += 1
        self._contradicted += is_contradicted

    @property
    def false_wrong(self) -> float:
        """Return the share of right hits that are labelled wrong."""
        return self._labelled_wrong(seen_wrong=self._repeated)

    @property
    def false_right(self) -> float:
        """Return the share of wrong hits that are not labelled wrong."""
        return 1 - self._labelled_wrong(seen_wrong=1 - self._repeated)

    def _labelled_wrong(self, *, seen_wrong: float) -> float:
        """Return how many get the label where the judge, but for slips, sees so many wrong."""
        slips = min(self._contradicted / self._audited, _MOST)
        return seen_wrong * (1 - slips) ** ASKINGS + (1 - seen_wrong) * slips**ASKINGS
