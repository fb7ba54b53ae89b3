"""The load generator's requests: alike in length, no two alike in text."""

import json
import time

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
        self.count = 0

    def next(self) -> bytes:
        """Return a request that no cache has seen."""
        self.count += 1
        return b"%b%012d%b" % (self._before, self._first + self.count, self._after)


def _body(measure: Measure) -> bytes:
    steering = f"chunks={measure.chunks} gap_us={measure.gap_us} burst={measure.burst:d}"
    system = f"You keep a small harbour museum. Answer in two short sentences. ({steering})"
    user = f"Visitor {VISITOR.decode()} asks: which lantern of the east room is the oldest?"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    body = {"model": "mock", "messages": messages, "temperature": 0.7, "max_tokens": 256}
    return json.dumps(body | ({"stream": True} if measure.chunks else {})).encode()
