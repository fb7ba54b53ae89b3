"""What is called what in Redis."""

from hashlib import blake2b

from wrp_proxy.cache.base import Entry

TAG_BYTES = 8
MEMBER_BYTES = TAG_BYTES + 16


class RedisKeys:
    """Names of keys; all of one scope share a slot of a cluster, and so do those of the log.

    A member is 24 bytes: the tag of a scope and an entry's id, which is all that it takes to name
    the keys of an entry.
    """

    def __init__(self, prefix: str) -> None:
        if "{" in prefix or "}" in prefix:
            raise ValueError("The prefix of Redis keys has no braces; they mark the slot.")
        self._prefix = prefix.encode()
        common = b"%s:{%s}:" % (self._prefix, self._prefix)
        self.log = common + b"log"
        """Stream of changes, in their order."""
        self.expiry = common + b"expiry"
        """Sorted set of members, by the Unix time at which they expire."""
        self.notes = common + b"notes"
        self.epochs = common + b"epochs"
        """Hash: scope -> how often it was flushed; the empty one stands for all."""

    def payload(self, member: bytes) -> bytes:
        return self._of_entry(member, b"payload")

    def record(self, member: bytes) -> bytes:
        """Name the key of an entry and its vector."""
        return self._of_entry(member, b"entry")

    def epoch(self, tag: bytes) -> bytes:
        """Name the key of how often a scope was flushed, in the same slot as its payloads."""
        return b"%s:{%s}:epoch" % (self._prefix, tag.hex().encode())

    def _of_entry(self, member: bytes, kind: bytes) -> bytes:
        tag, entry_id = member[:TAG_BYTES].hex(), member[TAG_BYTES:].hex()
        return b"%s:{%s}:%s:%s" % (self._prefix, tag.encode(), kind, entry_id.encode())


def tag(scope: str) -> bytes:
    return blake2b(scope.encode(), digest_size=TAG_BYTES).digest()


def member(entry: Entry) -> bytes:
    return tag(entry.scope) + entry.id


def members(joined: bytes) -> list[bytes]:
    """Take apart members that were joined."""
    return [joined[at : at + MEMBER_BYTES] for at in range(0, len(joined), MEMBER_BYTES)]
