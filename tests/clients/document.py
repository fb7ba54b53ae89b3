"""The snippets of docs/clients.md, by their headings."""

import re
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).parents[2] / "docs" / "clients.md"
_ADDRESS = re.compile(
    r"http://(127\.0\.0\.1|host\.docker\.internal):8080|https://wrp\.example\.com"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    heading: str
    language: str
    code: str

    def at(self, url: str) -> str:
        """Return it with the address of a proxy that is there."""
        return _ADDRESS.sub(url, self.code)


def snippets() -> list[Snippet]:
    found = []
    for section in re.split(r"^#+ ", _FILE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        heading = section.partition("\n")[0]
        for language, code in re.findall(r"```(\w+)\n(.*?)```", section, re.DOTALL):
            found.append(Snippet(heading=heading, language=language, code=code))
    return found


def snippet(heading: str, language: str) -> Snippet:
    """Return the only one of its kind."""
    (found,) = (s for s in snippets() if (s.heading, s.language) == (heading, language))
    return found


def codex_settings(url: str, home: Path) -> str:
    """Put the documented settings in their place, with analytics off, and return them."""
    settings = snippet("Codex CLI", "toml").at(url)
    (home / ".codex").mkdir()
    quiet = f"{settings}\n[analytics]\nenabled = false\n"
    (home / ".codex" / "config.toml").write_text(quiet, encoding="utf-8")
    return settings
