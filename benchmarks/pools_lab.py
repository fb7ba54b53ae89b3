"""What the benchmarks of pools have in common: upstreams, what is configured of them, a table."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from children import ChildError, end_group


@contextmanager
def upstreams(script: Path, *options: str) -> Iterator[list[int]]:
    """Run what serves upstreams, on the cores of this process; give the ports it tells."""
    process = subprocess.Popen(
        [sys.executable, str(script), *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        said = process.stdout.readline() if process.stdout else ""
        if not said:
            raise ChildError("the upstreams did not start")
        yield json.loads(said)
    finally:
        end_group(process)


def providers_at(ports: Sequence[int]) -> Mapping[str, Mapping[str, str]]:
    """Configure a provider for each port."""
    return {
        f"lab-{place}": {
            "type": "openai",
            "base_url": f"http://127.0.0.1:{port}/v1",
            "api_key": "bench",
        }
        for place, port in enumerate(ports)
    }


def aligned(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as text, in columns."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True))
        for line in lines
    )
