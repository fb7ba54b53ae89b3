"""How long a model will take for a text."""

_EVERY_TEXT = 32
"""What any text costs beside its length, in characters."""
_RATE = 0.1
_DEVIATIONS = 4


class Pace:
    """Running means of the seconds per character and of how far they were off.

    An estimate is the mean and four times the deviation, after TCP's retransmission timer (RFC
    6298, section 2), so that it is rarely too low.
    """

    def __init__(self) -> None:
        self._mean_s: float | None = None
        self._deviation_s = 0.0

    def learn(self, text: str, took_s: float) -> None:
        seen_s = took_s / (len(text) + _EVERY_TEXT)
        if self._mean_s is None:
            self._mean_s = seen_s
        off_s = seen_s - self._mean_s
        self._mean_s += _RATE * off_s
        self._deviation_s += _RATE * (abs(off_s) - self._deviation_s)

    def expect_s(self, text: str) -> float:
        a_character_s = (self._mean_s or 0.0) + _DEVIATIONS * self._deviation_s
        return a_character_s * (len(text) + _EVERY_TEXT)
