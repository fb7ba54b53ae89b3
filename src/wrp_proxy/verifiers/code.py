"""Does the code parse that was asked for?"""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from textwrap import dedent

import msgspec

from wrp_proxy.verifiers.balance import is_balanced
from wrp_proxy.verifiers.base import (
    NOT_APPLICABLE,
    PASSES,
    Answer,
    Question,
    Verdict,
    last_asked,
    refused,
)

_MAX_CHARACTERS = 200_000
_FENCE = re.compile(
    r"^[ \t]*```[ \t]*([\w+#.-]*)[^\n`]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.M | re.S
)
_ASKED = re.compile(
    r"\b(?:code|function|script|program|class|snippet|method|implement|refactor|regex|query"
    r"|funktion|programm|fonction|programme|función|programa|funzione)\b|函数|代码|関数|コード",
    re.IGNORECASE,
)
_LANGUAGES: Mapping[str, str] = {
    **dict.fromkeys(("python", "py", "python3"), "python"),
    "json": "json",
    **dict.fromkeys(("javascript", "js", "typescript", "ts", "php"), "scripted"),
    **dict.fromkeys(("java", "kotlin", "c", "c++", "cpp", "c#", "csharp"), "bracketed"),
    **dict.fromkeys(("go", "golang", "rust", "swift", "scala"), "bracketed"),
}
"""How a language is looked at; others are not known."""
_NAMED = re.compile(
    r"\b(python|json|javascript|typescript|java|kotlin|c\+\+|cpp|c#|golang|rust|swift|scala|php)"
    r"(?![\w+#])",
    re.IGNORECASE,
)
_BARE: Mapping[str, re.Pattern[str]] = {
    "python": re.compile(r"(?:async def|def|class|import|from|@|#!|if __name__)\b|@\w|#!"),
    "json": re.compile(r"[\[{]"),
    "scripted": re.compile(r"(?:function|const|let|var|import|export|<\?php)\b"),
    "bracketed": re.compile(r"(?:#include|public|package|fn|use|func|fun)\b"),
}
"""How an answer begins that is nothing but code."""


class Code:
    """Parse every block whose language is known: Python and JSON as what they are, in others
    the brackets must be balanced. The rest passes.
    """

    weight = 0.7

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        asked = last_asked(question.body)
        if question.category != "coding" and not _ASKED.search(asked):
            return NOT_APPLICABLE
        if not answer.text or len(answer.text) > _MAX_CHARACTERS:
            return NOT_APPLICABLE
        named = _NAMED.search(asked)
        language = _LANGUAGES[named[1].lower()] if named else ""
        seen = False
        for kind, block in _blocks(answer.text, language):
            seen = True
            if not _parses(kind, block):
                return refused("code does not parse")
        return PASSES if seen else NOT_APPLICABLE


def _blocks(text: str, asked: str) -> Iterator[tuple[str, str]]:
    """Yield how to look at each block, and the block; blocks without a language have `asked`."""
    fences = _FENCE.findall(text)
    for tag, block in fences:
        kind = _LANGUAGES.get(tag.lower(), "") if tag else asked
        if kind and block.strip() and not block.lstrip().startswith(">>>"):
            yield kind, block
    bare = text.strip()
    if not fences and asked and _BARE[asked].match(bare):
        yield asked, bare


def _parses(kind: str, block: str) -> bool:
    if kind in {"scripted", "bracketed"}:
        return is_balanced(block, has_quoted_texts=kind == "scripted")
    try:
        if kind == "json":
            msgspec.json.decode(block)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # they would quote the answer on the terminal
                ast.parse(dedent(block))
    except (ValueError, SyntaxError):
        return False
    except (RecursionError, MemoryError):  # it is nested too deeply to tell
        return True
    return True
