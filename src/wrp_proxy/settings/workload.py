"""How requests are described: categories of an operator's own, and whether texts are embedded."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from wrp_proxy.settings.sections import Section, Share

_FEWEST = 5


def _check_sentences(sentences: list[str]) -> list[str]:
    if len(set(sentences)) < _FEWEST:
        raise ValueError(f"give a dozen different example sentences, at least {_FEWEST}")
    return sentences


Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Sentences = Annotated[list[Sentence], Field(max_length=500), AfterValidator(_check_sentences)]


class WorkloadSettings(Section):
    embed: bool = True
    """Tell categories with the embedder `minilm` as well, which is surer; some milliseconds."""
    threshold: Share | None = None
    """A category less probable is `unknown`; default: as the shipped model was measured with."""
    judge: str | None = Field(default=None, min_length=1)
    """A model that strategies may ask whether an answer is right (verifier `judge`)."""
    categories: dict[str, Sentences] = Field(default_factory=dict)
    """Name -> example sentences, a dozen or more; a shipped name is extended by them."""
