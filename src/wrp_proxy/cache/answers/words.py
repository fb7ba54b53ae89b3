"""In what chat and the older completions differ."""

from collections.abc import Iterator
from typing import Any, Protocol

Fields = dict[str, Any]
"""A JSON object."""


class Words(Protocol):
    """Knows where a choice says something, whole and in chunks; called by `CompletionsForm`."""

    @property
    def whole(self) -> str:
        """Name the object of a plain answer."""
        ...

    @property
    def chunk(self) -> str:
        """Name the object of a stream's chunk."""
        ...

    def take(self, choice: Fields) -> Fields:
        """Take what a chunk's choice says out of it; raise UnfitError if that is no object."""
        ...

    def put(self, said: Fields) -> Fields:
        """Return the fields of a whole choice that says this."""
        ...

    def check(self, choice: Fields) -> None:
        """Raise UnfitError unless a whole choice says something, and nothing but text."""
        ...

    def tell(self, choice: Fields) -> Iterator[Fields]:
        """Take what a whole choice says out of it, and yield the fields of chunks that say it.

        The last of them says nothing: it goes out with what is left of the choice.
        """
        ...
