"""A model that runs in this process."""

from typing import Protocol

from wrp_proxy.cache.base import Vector


class LocalModel(Protocol):
    """Computes vectors where it is called; ThreadedEmbedder calls it, in its threads only.

    What it raises is counted as failed. It may be asked by two threads at the same time.
    """

    @property
    def fingerprint(self) -> str:
        """Name and version; known before it is loaded."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of its vectors; may be 0 before it is loaded."""
        ...

    @property
    def window_characters(self) -> int:
        """A text of more characters is too long whatever they are, and is not even looked at."""
        ...

    def load(self) -> None: ...

    def embed_one(self, text: str) -> Vector | None:
        """Return the vector of a text; None: it is longer than the model's window."""
        ...
