"""The table of public scores: how good model families are at what, by their makers' names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from wrp_proxy.accounting.family_names import canonical, possible_families

_LOWEST, _HIGHEST = 0.3, 0.95
"""What scores at a benchmark's floor and ceiling are worth."""
_MAX_SOURCES_NAMED = 3
_Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedQuality:
    """What the table says of one family."""

    family: str
    quality: Mapping[str, float]
    """Category -> 0 to 1; `default` is the mean of what there is."""
    source: str
    """Who says so, in words."""


class QualityTable:
    """Looks upstream models up by family, whatever date, tag or vendor their names carry."""

    def __init__(self, table: _Row) -> None:
        """`table` is the file's content; the rule that makes values of scores is stated in it."""
        self.date = str(table["date"])
        self._sources: Mapping[str, _Row] = table["sources"]
        self._benchmarks: Mapping[str, _Row] = table["benchmarks"]
        self._families: Mapping[str, _Row] = table["families"]
        self._names = {
            canonical(name): family
            for family, row in self._families.items()
            for name in (family, *row.get("names", ()))
        }

    @classmethod
    @cache
    def load(cls, path: Path) -> "QualityTable":
        """Read a file, once in a process."""
        with path.open(encoding="utf-8") as file:
            return cls(yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))  # noqa: S506 - both are safe loaders

    @classmethod
    def empty(cls) -> "QualityTable":
        """Make a table that knows nobody."""
        return cls({"date": "", "sources": {}, "benchmarks": {}, "families": {}})

    @property
    def families(self) -> Mapping[str, _Row]:
        return self._families

    def find(self, vendor: str, name: str) -> ListedQuality | None:
        """Return the longest family that the name is of; None where its size is not told."""
        for asked in (name, f"{vendor}-{name}"):
            for possible in possible_families(asked):
                if (family := self._names.get(possible)) is not None:
                    return self._listed(family)
        return None

    def _listed(self, family: str) -> ListedQuality:
        scores: Mapping[str, Mapping[str, float]] = self._families[family]["scores"]
        values: dict[str, list[float]] = {}
        for category, value in self._values(scores):
            values.setdefault(category, []).append(value)
        quality = {category: _mean(found) for category, found in values.items()}
        quality["default"] = _mean(list(quality.values()))
        return ListedQuality(family=family, quality=quality, source=self._words(family, scores))

    def _values(self, scores: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, float]]:
        """Yield what each benchmark says of each category; sources of one benchmark count as one.

        A score means the same wherever it stands in the file: on the line of its benchmark.
        """
        measured: dict[str, list[float]] = {}
        for stated in scores.values():
            for benchmark, score in stated.items():
                measured.setdefault(benchmark, []).append(score)
        for benchmark, found in measured.items():
            row = self._benchmarks[benchmark]
            value = value_of(_mean(found), floor=row["floor"], ceiling=row["ceiling"])
            for category in row["categories"]:
                yield category, value

    def _words(self, family: str, scores: Mapping[str, object]) -> str:
        titles = [self._sources[source]["title"] for source in scores]
        named = ", ".join(titles[:_MAX_SOURCES_NAMED])
        more = f" and {len(titles) - _MAX_SOURCES_NAMED} more" * (len(titles) > _MAX_SOURCES_NAMED)
        return f"public table of {self.date}, {family}: {named}{more}"


def value_of(score: float, *, floor: float, ceiling: float) -> float:
    """Bring a score to the common scale: linear from floor to ceiling, clipped."""
    value = _LOWEST + (_HIGHEST - _LOWEST) * (score - floor) / (ceiling - floor)
    return min(max(value, _LOWEST), _HIGHEST)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
