"""Which model answered which query how well, at what cost: read from files."""

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from wrp_proxy.types import Endpoint, Model, Price

Vector = npt.NDArray[np.float64]
Figures = Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What was asked."""

    id: str
    text: str
    label: str | None
    """The benchmark it is from: to report by, and to teach categories; no strategy sees it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTable:
    """Queries by models."""

    models: tuple[Model, ...]
    queries: tuple[Query, ...]
    scores: Vector
    """0 to 1, a row per query and a column per model; NaN: not run."""
    costs_usd: Vector
    """NaN: not run."""
    latencies_s: Vector
    """NaN: unknown."""

    def __len__(self) -> int:
        return len(self.queries)

    def rows(self, chosen: Sequence[int] | npt.NDArray[np.intp]) -> "OutcomeTable":
        """Return a part of it, in this order."""
        return replace(
            self,
            queries=tuple([self.queries[row] for row in chosen]),
            scores=self.scores[chosen],
            costs_usd=self.costs_usd[chosen],
            latencies_s=self.latencies_s[chosen],
        )

    def of_models(self, names: Sequence[str]) -> "OutcomeTable":
        """Return the columns of these models, in this order."""
        places = {model.name: place for place, model in enumerate(self.models)}
        columns = [places[name] for name in names]
        return replace(
            self,
            models=tuple([self.models[column] for column in columns]),
            scores=self.scores[:, columns],
            costs_usd=self.costs_usd[:, columns],
            latencies_s=self.latencies_s[:, columns],
        )

    @property
    def models_run(self) -> list[str]:
        """Return the names of those that some query was asked of."""
        counts = (~np.isnan(self.scores)).sum(axis=0).tolist()
        return [model.name for model, count in zip(self.models, counts, strict=True) if count]

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Return the label of each query; None: not all have one."""
        labels = tuple([query.label for query in self.queries if query.label is not None])
        return labels if len(labels) == len(self.queries) else None


class Meta(msgspec.Struct):
    """What the columns of a file are."""

    models: list[str]
    """In the order of the lists."""
    pool: list[str] | None = None
    """The models to choose among; None: all."""
    prices: dict[str, tuple[float, float]] = {}
    """USD per million tokens of input and of output."""

    def price(self, name: str) -> Price | None:
        if name not in self.prices:
            return None
        into, out_of = self.prices[name]
        return Price(input=into, output=out_of)


class _Line(msgspec.Struct):
    query: str
    s: list[float | None]
    c: list[float | None]
    id: str | int = ""
    benchmark: str | int | None = None
    lat: list[float | None] | None = None


def read_meta(file: Path) -> Meta:
    """Raise ValueError, which names the file and what is wrong."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Meta)
    except msgspec.DecodeError as error:
        raise ValueError(f"{file} does not describe outcomes: {error}") from error


def read_table(file: Path, meta: Meta, names: Sequence[str] = ()) -> OutcomeTable:
    """Read lines of JSON, packed or not, with the columns of `names`, else of the pool.

    Queries that none of these models was asked are left out. Raise ValueError.
    """
    columns = _columns(meta, names or meta.pool or meta.models)
    lines = [line for line in _lines(file, len(meta.models)) if _was_asked(line, columns.values())]
    if not lines:
        raise ValueError(f"{file} has no outcome of {', '.join(columns)}")
    where = list(columns.values())
    scores = _matrix([line.s for line in lines], where)
    costs = _matrix([line.c for line in lines], where)
    is_run = ~(np.isnan(scores) | np.isnan(costs))
    return OutcomeTable(
        models=tuple([recorded_model(name, meta.price(name)) for name in columns]),
        queries=tuple(
            [
                Query(id=str(line.id or number), text=line.query, label=_label(line))
                for number, line in enumerate(lines)
            ]
        ),
        scores=np.where(is_run, scores, np.nan),
        costs_usd=np.where(is_run, costs, np.nan),
        latencies_s=_matrix([line.lat or [None] * len(meta.models) for line in lines], where),
    )


def _label(line: _Line) -> str | None:
    return None if line.benchmark is None else str(line.benchmark)


def _columns(meta: Meta, names: Sequence[str]) -> Mapping[str, int]:
    if len(set(meta.models)) < len(meta.models):
        raise ValueError("a model is named twice in the meta file: each column needs its own name")
    unknown = [name for name in names if name not in meta.models]
    if unknown:
        known = ", ".join(meta.models)
        raise ValueError(f"no outcome is known of {', '.join(unknown)}; choose among {known}")
    return {name: meta.models.index(name) for name in names}


def _lines(file: Path, width: int) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(_Line)
    content = file.read_bytes()
    try:
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError) as error:
        raise ValueError(f"{file} cannot be unpacked: {error}") from error
    for number, text in enumerate(content.splitlines(), 1):
        if not text.strip():
            continue
        try:
            line = decoder.decode(text)
        except msgspec.DecodeError as error:
            raise ValueError(f"line {number} of {file} is no outcome: {error}") from error
        if {len(line.s), len(line.c), len(line.lat or line.s)} != {width}:
            raise ValueError(f"line {number} of {file} has not the {width} models of its meta file")
        yield line


def _was_asked(line: _Line, columns: Iterable[int]) -> bool:
    return any(line.s[column] is not None and line.c[column] is not None for column in columns)


def _matrix(rows: Sequence[Figures], columns: Sequence[int]) -> Vector:
    picked = [[row[column] for column in columns] for row in rows]
    return np.array(picked, np.float64)  # None becomes NaN


def recorded_model(name: str, price: Price | None) -> Model:
    endpoint = Endpoint(provider="recorded", model=name, price=price)
    return Model(name=name, endpoints=(endpoint,), price=price)
