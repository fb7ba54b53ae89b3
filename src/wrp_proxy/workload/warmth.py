"""How much of a prompt was sent lately, so that an upstream may still hold it in its cache.

Prompt caches match beginnings only. The prompt is cut into blocks, each named by a hash of itself
and all before it; the blocks that were seen before give the share that is warm, and each fades
with a half-life of 60 s.
"""

from collections import OrderedDict
from collections.abc import Iterator
from itertools import chain

import msgspec

from wrp_proxy.signals import Signal
from wrp_proxy.workload.base import Clock, Findings
from wrp_proxy.workload.prompt import Prompt, text_of

_BLOCKS = (*[1024] * 32, *[4096] * 16, *[16384] * 16)
"""Bytes; longer ones behind, so that 64 blocks reach through the prompt of a busy agent."""
_REACH = sum(_BLOCKS)
_MOST_BLOCKS = 32_768
"""Some 6 MB; the block that was seen the longest ago makes room."""
_HALF_LIFE_S = 60.0
_GONE_AFTER_S = 10 * _HALF_LIFE_S
_INSTRUCTIONS = ("tools", "functions")
"""They stand before the messages in what a model reads."""


class Warmth:
    """Remember the beginnings of prompts by tenant; no two tenants share a block."""

    signal: Signal = "warmth"
    budget_s = 0.005

    def __init__(self, clock: Clock, most_blocks: int = _MOST_BLOCKS) -> None:
        self._clock = clock
        self._most_blocks = most_blocks
        self._seen: OrderedDict[int, float] = OrderedDict()

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        now = self._clock()
        text, total = _beginning(prompt)
        warm, is_run = 0.0, True
        for name, size in _blocks(prompt.request.tenant, text):
            seen = self._seen.get(name)
            if not prompt.request.is_trial:
                self._seen.pop(name, None)
                self._seen[name] = now
            is_run = is_run and seen is not None and now - seen < _GONE_AFTER_S
            if is_run and seen is not None:
                warm += size * 0.5 ** (max(now - seen, 0.0) / _HALF_LIFE_S)
        while len(self._seen) > self._most_blocks:
            self._seen.popitem(last=False)
        return Findings(warmth=warm / total if total else 0.0)


def _blocks(tenant: str, text: bytes) -> Iterator[tuple[int, int]]:
    """Yield name and size of each whole block.

    The names are Python's own hashes: keyed for each process, so that nobody can make them meet.
    """
    name, start = hash(tenant), 0
    for size in _BLOCKS:
        block = text[start : start + size]
        if len(block) < size:
            return
        name = hash((name, block))
        start += size
        yield name, size


def _beginning(prompt: Prompt) -> tuple[bytes, int]:
    """Return as much of the prompt as is looked at, and the bytes of all of it, roughly."""
    pieces: list[bytes] = []
    reached = total = 0
    for text in chain(_tools_of(prompt), map(text_of, prompt.messages)):
        if reached < _REACH:
            piece = text[: _REACH - reached].encode(errors="replace")
            pieces.append(piece)
            reached += len(piece) + 1
        total += len(text) + 1
    beginning = b"\0".join(pieces)[:_REACH]
    return beginning, max(total, len(beginning))


def _tools_of(prompt: Prompt) -> Iterator[str]:
    for name in _INSTRUCTIONS:
        if tools := prompt.request.body.get(name):
            yield msgspec.json.encode(tools).decode()
