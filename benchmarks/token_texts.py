"""Texts to count tokens of: prose, programs, other languages, and the JSON of tools.

They come from what is on the disk anyway: this repository, and the library of the Python that runs.
"""

import inspect
import json
import sysconfig
from base64 import encodebytes
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from pydoc_data.topics import topics
from random import Random
from typing import Any

from wrp_proxy.workload.language import Language

Message = dict[str, Any]
Body = dict[str, Any]
_ROOT = Path(__file__).parent.parent
_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
_LEAST_CHARS = 1500
_MODULES = [
    "argparse",
    "asyncio",
    "collections",
    "csv",
    "datetime",
    "decimal",
    "difflib",
    "email.message",
    "fractions",
    "functools",
    "heapq",
    "http.client",
    "inspect",
    "ipaddress",
    "itertools",
    "json",
    "logging",
    "os",
    "pathlib",
    "pickle",
    "random",
    "re",
    "shutil",
    "socket",
    "sqlite3",
    "ssl",
    "statistics",
    "subprocess",
    "tarfile",
    "textwrap",
    "threading",
    "typing",
    "unittest",
    "urllib.request",
    "zipfile",
]
_PACKAGES = ("", "asyncio", "email", "http", "idlelib", "json", "logging", "multiprocessing")
_EUROPEAN, _CJK = ("de", "es", "fr", "it", "pt", "ru"), ("ja", "zh")
_WORDS = [
    "anna",
    "berlin",
    "blue",
    "open",
    "closed",
    "north",
    "tide",
    "harbour",
    "invoice",
    "urgent",
    "paid",
    "late",
    "Zürich",
]


class Texts:
    """Makes the body of a chat of a kind and of about so many bytes."""

    def __init__(self, draw: Random, more_prose: Sequence[str] = ()) -> None:
        self._draw = draw
        self._prose = [*_prose(), *more_prose]
        self._code = [*_files(_LIBRARY, _PACKAGES, "*.py")]
        self._lines = _lines_by_language()
        self._tools = [*_tools()]
        self.kinds: Mapping[str, Callable[[int], Body]] = {
            "prose": self._of_prose,
            "code": self._of_code,
            "languages": partial(self._of_languages, _EUROPEAN),
            "cjk": partial(self._of_languages, _CJK),
            "tools": self._of_tools,
            "encoded": self._of_base64,
        }

    def _of_prose(self, size: int) -> Body:
        return _asked("Summarise this.", self._excerpt(self._prose, size))

    def _of_code(self, size: int) -> Body:
        return _asked("Find the fault in this program.", self._excerpt(self._code, size))

    def _of_languages(self, languages: Sequence[str], size: int) -> Body:
        """In one of the languages, with some passages of English or of a program in it."""
        lines, pieces, reached = self._lines[self._draw.choice(languages)], list[str](), 0
        foreign = self._draw.uniform(0, 0.2)
        while reached < size:
            if self._draw.random() < foreign:
                sort = self._draw.choice([self._prose, self._code])
                pieces.append(self._excerpt(sort, 60))
            else:
                pieces.append(self._draw.choice(lines))
            reached += len(pieces[-1].encode()) + 1
        return _asked(self._draw.choice(lines), "\n".join(pieces))

    def _of_tools(self, size: int) -> Body:
        """Some tools, and results of them until it is long enough."""
        tools = self._draw.sample(self._tools, self._draw.randrange(2, 12))
        messages: list[Message] = [{"role": "user", "content": "How are our invoices doing?"}]
        reached = len(json.dumps(tools))
        while reached < size:
            news = [*self._call(min(size - reached, self._draw.randrange(300, 20_000)))]
            messages += news
            reached += sum(len(str(message)) for message in news)
        return {"model": "auto", "messages": messages, "tools": tools}

    def _of_base64(self, size: int) -> Body:
        return _asked("What is in it?", encodebytes(self._draw.randbytes(size * 3 // 4)).decode())

    def _excerpt(self, sort: Sequence[str], size: int) -> str:
        """Cut out of one text, and go on with others where it is too short."""
        pieces: list[str] = []
        while size > 0:
            text = self._draw.choice(sort)
            start = text.find("\n", self._draw.randrange(max(len(text) - size, 1)))
            pieces.append(text[start + 1 : start + 1 + size])
            size -= len(pieces[-1]) + 1
        return "\n".join(pieces)

    def _call(self, size: int) -> Iterator[Message]:
        draw = self._draw
        name = f"call_{draw.getrandbits(64):x}"
        arguments = json.dumps({"query": draw.choice(_WORDS), "limit": draw.randrange(100)})
        function = {"name": draw.choice(self._tools)["function"]["name"], "arguments": arguments}
        calls = [{"id": name, "type": "function", "function": function}]
        yield {"role": "assistant", "content": None, "tool_calls": calls}
        yield {"role": "tool", "tool_call_id": name, "content": self._rows(size)}

    def _rows(self, size: int) -> str:
        """Return a table as tools give it: a list of objects with the same columns."""
        draw = self._draw
        makers: dict[str, Callable[[], object]] = {
            "id": lambda: f"{draw.getrandbits(128):032x}",
            "number": lambda: draw.randrange(10**6),
            "price": lambda: round(draw.lognormvariate(3, 2), 2),
            "created_at": lambda: f"2026-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}",
            "status": lambda: draw.choice(_WORDS),
            "is_open": lambda: draw.random() < 0.5,
            "title": lambda: " ".join(draw.choices(_WORDS, k=4)),
            "description": lambda: self._excerpt(self._prose, 120),
        }
        columns = draw.sample(sorted(makers), draw.randrange(3, len(makers)))
        indent = draw.choice([None, None, 2])
        rows: list[str] = []
        while size > 0:
            rows.append(json.dumps({name: makers[name]() for name in columns}, indent=indent))
            size -= len(rows[-1]) + 2
        return f"[{', '.join(rows)}]"


def _asked(question: str, text: str) -> Body:
    system = {"role": "system", "content": "You are a careful assistant. Answer briefly."}
    return {
        "model": "auto",
        "messages": [system, {"role": "user", "content": f"{question}\n{text}"}],
    }


def _files(root: Path, folders: Sequence[str], pattern: str) -> Iterator[str]:
    for folder in folders:
        for path in sorted((root / folder).glob(pattern)):
            text = path.read_text(errors="ignore")
            if len(text) >= _LEAST_CHARS:
                yield text


def _prose() -> Iterator[str]:
    yield from _files(_ROOT, ("", "docs"), "*.md")
    yield from (text for text in topics.values() if len(text) >= _LEAST_CHARS)
    for name in _MODULES:
        yield "\n\n".join(filter(None, map(inspect.getdoc, _functions_of(name))))


def _functions_of(name: str) -> list[Any]:
    members = vars(import_module(name)).values()
    return [one for one in members if inspect.isfunction(one) and one.__doc__]


def _lines_by_language() -> dict[str, list[str]]:
    """Sort the examples of the category recogniser by their language."""
    prompts = _ROOT / "src/wrp_proxy/workload/category/prompts"
    language, found = Language(), dict[str, list[str]]()
    for path in sorted(prompts.glob("*.txt")):
        for line in path.read_text().splitlines():
            found.setdefault(language.tell(line), []).append(line)
    return found


def _tools() -> Iterator[Message]:
    """Describe functions of the library as clients describe tools."""
    for module in _MODULES:
        for one in _functions_of(module):
            names = [name for name in inspect.signature(one).parameters if name != "self"]
            properties = {name: {"type": "string", "description": f"The {name}."} for name in names}
            parameters = {"type": "object", "properties": properties, "required": names[:2]}
            description = (inspect.getdoc(one) or "")[:600]
            function = {"name": one.__name__, "description": description, "parameters": parameters}
            yield {"type": "function", "function": function}
