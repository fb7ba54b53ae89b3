"""A line of the change log: it says what has changed; what that is now, Redis says."""

import msgspec

from wrp_proxy.cache.stores.records import UNREADABLE


class Change(msgspec.Struct, frozen=True, array_like=True):
    """What one replica has done; all who hear of it, itself too, read anew what it names.

    So it does not matter who was first, or how often a change is heard of: whoever has heard the
    last one knows what Redis has.
    """

    members: bytes = b""
    """Entries that were written or deleted, joined."""
    scopes: list[str] = []
    """Flushed; the empty one stands for all."""
    notes: list[bytes] = []
    forgotten: bytes = b""
    """Ids, joined, that whoever knows them is to delete."""


_FIELD = b"change"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Change)


def as_fields(change: Change) -> tuple[bytes, bytes]:
    return _FIELD, _encoder.encode(change)


def from_fields(fields: dict[bytes, bytes]) -> Change | None:
    """Return the change; None: it is none."""
    try:
        return _decoder.decode(fields.get(_FIELD, b""))
    except UNREADABLE:
        return None
