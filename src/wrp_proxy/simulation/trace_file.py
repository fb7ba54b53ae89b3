"""Reads a trace from a file: lines of JSON or of CSV, packed or not."""

import csv
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from wrp_proxy.errors import choose
from wrp_proxy.simulation.trace import Trace, trace_of

_FIELDS = ("arrival_s", "input_tokens", "output_tokens")
_OPTIONAL = "expected_tokens"
_AZURE = {"TIMESTAMP": "arrival_s", "ContextTokens": "input_tokens"} | {
    "GeneratedTokens": "output_tokens"
}
"""The columns of the public traces of Azure's LLM inference."""

Row = tuple[float, int, int, int | None]


class _Line(msgspec.Struct):
    arrival_s: float
    input_tokens: int
    output_tokens: int
    expected_tokens: int | None = None


def read_trace(file: Path) -> Trace:
    """Read requests; raise ValueError that names the line where one cannot be read."""
    content = file.read_bytes()
    try:
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        text = content.decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be unpacked as text: {error}") from error
    read = _json_rows if text.lstrip().startswith("{") else _csv_rows
    rows = list(read(text, file))
    if not rows:
        raise ValueError(f"{file} has no requests: give a line for each")
    arrivals, inputs, outputs, expected = zip(*rows, strict=True)
    known = [
        inputs[row] + outputs[row] if total is None else total for row, total in enumerate(expected)
    ]
    return trace_of(arrivals, inputs, outputs, known)


def _json_rows(text: str, file: Path) -> Iterator[Row]:
    decoder = msgspec.json.Decoder(_Line)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = decoder.decode(line)
        except msgspec.DecodeError as error:
            raise ValueError(f"line {number} of {file} is no request: {error}") from error
        yield one.arrival_s, one.input_tokens, one.output_tokens, one.expected_tokens


def _csv_rows(text: str, file: Path) -> Iterator[Row]:
    lines = csv.reader(text.splitlines())
    columns = _columns(next(lines, []), file)
    for line in lines:
        if not line:
            continue
        try:
            total = line[columns[_OPTIONAL]].strip() if _OPTIONAL in columns else ""
            arrival, *lengths = (line[columns[name]] for name in _FIELDS)
            yield _seconds(arrival), int(lengths[0]), int(lengths[1]), int(total) if total else None
        except (IndexError, ValueError) as error:
            raise ValueError(f"line {lines.line_num} of {file} is no request: {error}") from error


def _columns(header: list[str], file: Path) -> Mapping[str, int]:
    names = [_AZURE.get(name.strip(), name.strip()) for name in header]
    missing: list[Any] = [name for name in _FIELDS if name not in names]
    if missing:
        right = choose(", ".join(missing), (*_FIELDS, _OPTIONAL))
        raise ValueError(f"the first line of {file} names no column {missing[0]}: {right}")
    return {name: column for column, name in enumerate(names)}


def _seconds(text: str) -> float:
    """Read a number, or a time such as 2023-11-16 18:15:46.6805900."""
    try:
        return float(text)
    except ValueError:
        return float(np.datetime64(text.strip(), "ns").astype(np.int64)) / 1e9
