"""Answers of late, for the time when Redis is away."""

from collections import OrderedDict


class RecentAnswers:
    """Keeps the payloads that were written or served last, up to a bound of bytes."""

    def __init__(self, max_bytes: int) -> None:
        self.bytes = 0
        self._max_bytes = max_bytes
        self._payloads: OrderedDict[bytes, bytes] = OrderedDict()

    def get(self, entry_id: bytes) -> bytes | None:
        payload = self._payloads.get(entry_id)
        if payload is not None:
            self._payloads.move_to_end(entry_id)
        return payload

    def put(self, entry_id: bytes, payload: bytes) -> None:
        self.discard(entry_id)
        self._payloads[entry_id] = payload
        self.bytes += len(payload)
        while self.bytes > self._max_bytes:
            self.discard(next(iter(self._payloads)))

    def discard(self, entry_id: bytes) -> None:
        self.bytes -= len(self._payloads.pop(entry_id, b""))
