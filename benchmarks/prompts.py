"""The load generator's requests: alike in length, no two alike in text."""

import json
import time
from typing import Any

from samples import Measure, Order

VISITOR = b"000000000000"


class Prompts:
    """Endless HTTP requests for one round, as bytes."""

    def __init__(self, order: Order) -> None:
        before, after = _body(order.measure).split(VISITOR)
        length = len(before) + len(VISITOR) + len(after)
        head = (
            f"POST {order.path} HTTP/1.1\r\nhost: 127.0.0.1:{order.port}\r\n"
            "authorization: Bearer bench\r\ncontent-type: application/json\r\n"
            f"content-length: {length}\r\n\r\n"
        )
        self._before = head.encode() + before
        self._after = after
        # Microseconds pass faster than requests, so no two rounds share a number.
        self._first = time.monotonic_ns() // 1000 % 10**11
        self._same = order.measure.same
        self.count = 0

    def next(self) -> bytes:
        """Return a request that no cache has seen, unless all are to be the same."""
        self.count += 1
        number = 0 if self._same else self._first + self.count
        return b"%b%012d%b" % (self._before, number, self._after)


def _body(measure: Measure) -> bytes:
    steering = f"chunks={measure.chunks} gap_us={measure.gap_us} burst={measure.burst:d}"
    system = f"You keep a small harbour museum. Answer in two short sentences. ({steering})"
    user = f"Visitor {VISITOR.decode()} asks: which lantern of the east room is the oldest?"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    body: dict[str, Any] = {"model": "mock", "messages": messages, "max_tokens": 256}
    body |= {"temperature": 0 if measure.same else 0.7}
    return json.dumps(body | ({"stream": True} if measure.chunks else {})).encode()
