"""How requests are described: categories of an operator's own, and whether texts are embedded."""

from typing import Annotated

from pydantic import Field

from wrp_proxy.settings.sections import Section, Share

Sentence = Annotated[str, Field(min_length=1, max_length=2000)]


class WorkloadSettings(Section):
    embed: bool = True
    """Tell categories with the embedder `minilm` as well, which is surer; some milliseconds."""
    threshold: Share | None = None
    """A category less probable is `unknown`; default: as the shipped model was measured with."""
    judge: str | None = Field(default=None, min_length=1)
    """A model that strategies may ask whether an answer is right (verifier `judge`)."""
    categories: dict[str, Annotated[list[Sentence], Field(min_length=5, max_length=500)]] = Field(
        default_factory=dict
    )
    """Name -> example sentences, a dozen or more; a shipped name is extended by them."""
