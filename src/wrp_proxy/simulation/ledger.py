"""What is known of each request while a trace is replayed: a list per column."""

from wrp_proxy.simulation.trace import Trace

UNKNOWN = -1.0


class Ledger:
    """Hold plain numbers, a row per request: there is no object for any of them."""

    __slots__ = ("arrival_s", "finish_s", "first_token_s", "left", "pool", "prompt", "start_s")

    def __init__(self, trace: Trace) -> None:
        count = len(trace)
        self.arrival_s: list[float] = trace.arrival_s.tolist()
        self.prompt: list[float] = trace.input_tokens.astype(float).tolist()
        self.left: list[float] = trace.output_tokens.astype(float).tolist()
        """Tokens of the answer that are still to come."""
        self.pool = [-1] * count
        """Where it went; -1: nowhere."""
        self.start_s = [UNKNOWN] * count
        """When it first had a slot."""
        self.first_token_s = [UNKNOWN] * count
        self.finish_s = [UNKNOWN] * count

    def note_start(self, request: int, now_s: float) -> None:
        if self.start_s[request] == UNKNOWN:
            self.start_s[request] = now_s

    def note_first_token(self, request: int, now_s: float) -> None:
        if self.first_token_s[request] == UNKNOWN:
            self.first_token_s[request] = now_s
