"""The example prompts that categories are learnt from, written for this project."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "prompts"


@dataclass(frozen=True, slots=True)
class ExamplePrompt:
    text: str
    category: str
    language: str


def example_prompts(folder: Path = FOLDER) -> Iterator[ExamplePrompt]:
    r"""Read all files: one a category, one prompt a line with `\n` for line breaks.

    A line such as `# de` begins the prompts of a language.
    """
    for path in sorted(folder.glob("*.txt")):
        language = "en"
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("# "):
                language = line[2:].strip()
            elif line:
                yield ExamplePrompt(line.replace("\\n", "\n"), path.stem, language)
