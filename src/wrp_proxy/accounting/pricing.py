"""The price list: what upstream models cost and can do, by their vendor's names."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from wrp_proxy.types import CAPABILITIES, Price


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """Facts about one upstream model."""

    price: Price
    context_window: int | None
    capabilities: frozenset[str] | None
    """None: the list says nothing."""


class PriceList:
    """Looks upstream models up as `vendor/name`, then as `name`."""

    def __init__(self, models: Mapping[str, Mapping[str, Any]], date: str) -> None:
        self.date = date
        self._models = models

    @classmethod
    @cache
    def load(cls, path: Path) -> "PriceList":
        """Read a file, once in a process."""
        with path.open(encoding="utf-8") as file:
            listed = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe loaders
        return cls(listed["models"], str(listed["date"]))

    def find(self, vendor: str, name: str) -> ListedModel | None:
        row = self._models.get(f"{vendor}/{name}") or self._models.get(name)
        if row is None:
            return None
        capabilities = frozenset(row.get("capabilities") or ())
        return ListedModel(
            price=Price(
                input=row["input"], output=row["output"], cached_input=row.get("cached_input")
            ),
            context_window=row.get("context_window"),
            capabilities=_with_unlisted(capabilities) if capabilities else None,
        )


def _with_unlisted(capabilities: frozenset[str]) -> frozenset[str]:
    """Add what price lists do not speak of, so that nothing is refused for their silence."""
    if "embeddings" in capabilities:
        return capabilities
    return (capabilities | {"logprobs"}) & CAPABILITIES
