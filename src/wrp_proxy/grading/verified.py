"""What verifiers found: schemas, calls of tools, whatever they were asked to look at."""

from dataclasses import replace

from wrp_proxy.signals import Score

PREFIX = "verifier:"
WEIGHT = 0.6
"""At most: a verifier knows the form of an answer, not its truth."""


def verified(score: Score) -> Score | None:
    """Take a verifier's score over; None: it is no verifier's."""
    if not score.source.startswith(PREFIX):
        return None
    return replace(score, weight=min(score.weight, WEIGHT))
