"""Measure the cache: how often it is wrong, what it costs, what it holds.

    python benchmarks/cache.py --data FOLDER [--quick] [--pictures FOLDER]

Runs the benchmarks whose names begin with `cache_`, one after the other, each in a process of its
own. Without labelled data the first is left out. Take an idle machine: most figures are times.
"""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

_FOLDER = Path(__file__).parent


def main(
    data: Annotated[
        Path | None, typer.Option(envvar="WRP_DATA", help="Folder of labelled data.")
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder to draw into.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer entries and rounds.")] = False,
) -> None:
    """Print all figures; exit 1 where a part of it could not be measured."""
    brief = ["--quick"] if quick else []
    drawn = ["--pictures", str(pictures)] if pictures else []
    parts = {
        "cache_hits.py": ["--rounds", "2", "--seconds", "0.3"] if quick else [],
        "cache_lookup.py": brief,
        "cache_vectors.py": brief,
        "cache_stores.py": brief,
    }
    if data is not None:
        parts = {"cache_quality.py": ["--data", str(data), *drawn], **parts}
    failed = [name for name, arguments in parts.items() if not _run(name, arguments)]
    if data is None:
        print("\ncache_quality.py is left out: give --data or WRP_DATA")
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def _run(name: str, arguments: list[str]) -> bool:
    print(f"\n== {name} {' '.join(arguments)}", flush=True)
    return (
        subprocess.run([sys.executable, str(_FOLDER / name), *arguments], check=False).returncode
        == 0
    )


if __name__ == "__main__":
    typer.run(main)
