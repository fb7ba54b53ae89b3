"""One replica: a lane of prompts, a batch of answers, and a cache that may run full.

Prompts are computed one after the other. Answers grow a token per step, and a step takes longer
in a larger batch. Steps are counted by a clock of their own: an answer of n tokens is whole n steps
after its prompt, however long these take, so that nothing is reckoned anew when the batch changes.
"""

from collections import deque
from heapq import heapify, heappop, heappush
from math import inf

from wrp_proxy.simulation.fleet import PoolSpec
from wrp_proxy.simulation.ledger import Ledger

_WATERMARK = 0.99
"""Share of the cache that admission may fill, so that what was thrown out does not bounce."""


class Replica:
    """Serve sequences, each known by its row in the ledger.

    Whoever calls `admit` or `happen` finds in `due_s` when something happens next.
    """

    __slots__ = (
        "_admitted",
        "_clock_s",
        "_decode_due_s",
        "_decoding",
        "_goal",
        "_held",
        "_kv_tokens",
        "_lane",
        "_ledger",
        "_prefill_due_s",
        "_prefill_s",
        "_speed",
        "_steps",
        "_steps_s",
        "_watts",
        "busy_slot_s",
        "due_s",
        "energy_j",
        "number",
        "place",
        "running",
    )

    def __init__(self, pool: PoolSpec, ledger: Ledger, place: int, number: int) -> None:
        self.place = place
        self.number = number
        self.running = 0
        self.due_s = inf
        self.busy_slot_s = self.energy_j = self._prefill_s = 0.0
        self._ledger = ledger
        self._speed = pool.prefill_tokens_per_s
        self._steps_s = [pool.step_s(batch) for batch in range(pool.slots + 1)]
        self._watts = [pool.gpus * pool.power.watts(batch) for batch in range(pool.slots + 1)]
        self._kv_tokens = pool.kv_tokens if pool.is_overcommitted else None
        self._clock_s = 0.0
        self._steps = 0.0
        self._lane: deque[int] = deque()
        self._prefill_due_s = self._decode_due_s = inf
        self._decoding: list[tuple[float, int]] = []
        self._goal = 0.0
        self._admitted: dict[
            int, float
        ] = {}  # the latest last; with the step it began to decode at
        self._held = 0.0  # tokens in the cache, less the steps that decoding ones have made

    @property
    def used_tokens(self) -> float:
        return self._held + len(self._decoding) * self._steps

    def has_room(self, tokens: float, now_s: float) -> bool:
        """Tell whether the cache takes a prompt; one alone always fits."""
        if self._kv_tokens is None or not self.running:
            return True
        self.pass_time(now_s)
        return self.used_tokens + tokens <= _WATERMARK * self._kv_tokens

    def prefill_busy_s(self, now_s: float) -> float:
        """Return how long prompts have been computed, without what is still to do."""
        return self._prefill_s - (self._prefill_due_s - now_s if self._lane else 0.0)

    def pass_time(self, now_s: float) -> None:
        elapsed_s = now_s - self._clock_s
        running = self.running
        self._steps += elapsed_s / self._steps_s[running]
        self.busy_slot_s += running * elapsed_s
        self.energy_j += self._watts[running] * elapsed_s
        self._clock_s = now_s

    def admit(self, request: int, now_s: float) -> None:
        self.pass_time(now_s)
        self.running += 1
        self._admitted[request] = 0.0
        self._held += self._ledger.prompt[request]
        self._lane.append(request)
        if len(self._lane) == 1:
            self._begin_prompt(now_s)
        self._plan()

    def happen(self, now_s: float) -> int | None:
        """Do what is due; return a sequence that the cache had to drop, to be served again."""
        self.pass_time(now_s)
        dropped = None
        if self._prefill_due_s <= now_s:
            self._end_prompt(now_s)
        if self._decode_due_s <= now_s:
            self._steps = self._goal
            if not self._finish(now_s):
                dropped = self._drop()
        self._plan()
        return dropped

    def _plan(self) -> None:
        """Find the next thing to happen: a prompt or an answer is whole, or the cache is full."""
        due_s = self._prefill_due_s
        decode_due_s = inf
        if decoding := self._decoding:
            goal = decoding[0][0]
            if self._kv_tokens is not None and self.running > 1:
                goal = min(goal, max(self._steps, (self._kv_tokens - self._held) / len(decoding)))
            self._goal = goal
            decode_due_s = self._clock_s + (goal - self._steps) * self._steps_s[self.running]
        self._decode_due_s = decode_due_s
        self.due_s = due_s if due_s < decode_due_s else decode_due_s

    def _begin_prompt(self, now_s: float) -> None:
        seconds = self._ledger.prompt[self._lane[0]] / self._speed
        self._prefill_due_s = now_s + seconds
        self._prefill_s += seconds

    def _end_prompt(self, now_s: float) -> None:
        request = self._lane.popleft()
        self._ledger.note_first_token(request, now_s)
        self._admitted[request] = self._steps
        self._held -= self._steps
        heappush(self._decoding, (self._steps + self._ledger.left[request], request))
        self._prefill_due_s = inf
        if self._lane:
            self._begin_prompt(now_s)

    def _finish(self, now_s: float) -> bool:
        """Let all go that are whole; tell whether there was one."""
        decoding, ledger = self._decoding, self._ledger
        before = len(decoding)
        while decoding and decoding[0][0] <= self._steps:
            _, request = heappop(decoding)
            self._held -= ledger.prompt[request] - self._admitted.pop(request)
            ledger.finish_s[request] = now_s
        gone = before - len(decoding)
        self.running -= gone
        return gone > 0

    def _drop(self) -> int:
        """Drop the latest, as vLLM does; its cache is lost, and computed again."""
        request, began = self._admitted.popitem()
        ledger = self._ledger
        self.running -= 1
        if self._lane and self._lane[-1] == request:
            self._lane.pop()
            self._held -= ledger.prompt[request]
            if not self._lane:
                self._prefill_due_s = inf
            return request
        self._decoding = [one for one in self._decoding if one[1] != request]
        heapify(self._decoding)
        self._held -= ledger.prompt[request] - began
        made = self._steps - began
        ledger.prompt[request] += made
        ledger.left[request] -= made
        return request
