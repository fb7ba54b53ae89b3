"""What is kept of an answer besides its entry; opaque to stores."""

from dataclasses import replace

import msgspec

from wrp_proxy.cache.stores.records import UNREADABLE
from wrp_proxy.types import Usage, Workload


class Payload(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An answer, with what is recorded when it is given again."""

    body: bytes
    """In the form that the answers of its API are kept in."""
    model: str
    workload: Workload
    usage: Usage | None


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Payload)


def encode(payload: Payload) -> bytes:
    workload = replace(payload.workload, features=None, session=None)
    return _encoder.encode(msgspec.structs.replace(payload, workload=workload))


def decode(raw: bytes) -> Payload | None:
    """Return the payload; None for what is none, such as that of a later version."""
    try:
        return _decoder.decode(raw)
    except UNREADABLE:
        return None
