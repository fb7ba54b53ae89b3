"""How demanding a question looks, from 0 to 1, without understanding it.

Five marks, each 0 to 1, are joined as if each could make a question hard by itself:
1 - product(1 - weight * mark).

- length: log(1 + characters) on the scale of log(1 + 2400), from the third part of it on
- numbers: groups of digits and operators of mathematics, ten are full
- code: a fence, or lines and signs as programs have them, twelve are full
- constraints: words of demand (must, at least, exactly, without ...) and items of lists, six
- depth: words that ask for reasoning (why, prove, compare, step by step ...) and further questions,
  four
"""

import re
from collections.abc import Sequence
from math import log

from wrp_proxy.signals import Signal
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.outlines import groups_of_digits
from wrp_proxy.workload.prompt import Prompt

_WEIGHTS = (0.3, 0.35, 0.35, 0.4, 0.5)
_LONG_CHARS = 2400
_SHORT_SHARE = 1 / 3
_FULL = (10, 12, 6, 4)

_OPERATORS = ("=", "<", ">", "^", "\\", "√", "∑", "∫", "±", "≤", "≥", "÷", "\u00d7")
_CODE = ("```", "{", "}", ";", "()", "->", "::", "</")
_ITEM = re.compile(r"\n {0,4}(?:[-*•]|\d{1,2}[.)]) ")
_DEMANDING = """
must should shall exactly only without ensure require requires required requirements constraint
constraints least most never always avoid except unless format json xml csv limit maximum minimum
between strictly follow muss müssen soll genau nur ohne mindestens höchstens doit doivent
exactement seulement sans moins debe deben exactamente solo sin menos deve devono esattamente
senza almeno devem sem должен должны ровно только без 반드시
"""
_DEEP = """
why how prove proof derive analyze analyse compare contrast evaluate explain reason reasoning
optimize optimise design architecture debug refactor implement implications tradeoffs justify
theorem algorithm complexity critique estimate infer deduce step steps strategy warum beweise
erkläre vergleiche analysiere begründe pourquoi démontre explique demuestra explica compara
analiza spiega dimostra confronta почему докажи объясни сравни 왜 증명 설명해
"""
_UNSPACED_DEMANDING = "必须 至少 最多 不要 只能 格式 必ず 以上 以下"
_UNSPACED_DEEP = "为什么 证明 分析 比较 解释 なぜ 証明 説明"
"""Of languages that have no blanks between words."""
_UNSPACED_CHARS = 6
"""For each word, where there are blanks; more where there are none."""
_AROUND_WORDS = ".,:;!?()[]{}\"'`*“”„«»¿¡"


class Complexity:
    """Look at the user's last turn."""

    signal: Signal = "complexity"
    budget_s = 0.002

    def __init__(self) -> None:
        self._demanding = frozenset(_DEMANDING.split())
        self._deep = frozenset(_DEEP.split())
        self._unspaced_demanding = _UNSPACED_DEMANDING.split()
        self._unspaced_deep = _UNSPACED_DEEP.split()

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        return Findings(complexity=self.of(prompt.asked))

    def of(self, text: str) -> float:
        """Return 0 for nothing, and almost 1 for a long task with code, figures and conditions."""
        said = text.lower().split()
        words = set(said)
        words |= {word.strip(_AROUND_WORDS) for word in words if not word.isalpha()}
        demands = len(words & self._demanding) + len(_ITEM.findall(text))
        depth = len(words & self._deep) + _further_questions(text)
        if len(text) > _UNSPACED_CHARS * len(said) and not text.isascii():
            demands += _signs(self._unspaced_demanding, text)
            depth += _signs(self._unspaced_deep, text)
        numbers = groups_of_digits(text) + _signs(_OPERATORS, text)
        counts = (numbers, _signs(_CODE, text), demands, depth)
        easy = 1 - _WEIGHTS[0] * _length(text)
        for weight, count, full in zip(_WEIGHTS[1:], counts, _FULL, strict=True):
            easy *= 1 - weight * min(count / full, 1.0)
        return 1 - easy


def _length(text: str) -> float:
    share = log(1 + len(text)) / log(1 + _LONG_CHARS)
    return min(max((share - _SHORT_SHARE) / (1 - _SHORT_SHARE), 0.0), 1.0)


def _further_questions(text: str) -> int:
    return max(text.count("?") + text.count("\uff1f") - 1, 0)


def _signs(signs: Sequence[str], text: str) -> int:
    return sum(map(text.count, signs))
