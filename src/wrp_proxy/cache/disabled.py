"""The null cache: every request passes by."""

from wrp_proxy.cache.base import Hit, Lookup
from wrp_proxy.types import ChatRequest

_BYPASS = Lookup(status="bypass")


class DisabledCache:
    """Remember nothing, and say so."""

    async def lookup(self, request: ChatRequest) -> Lookup:
        return _BYPASS

    async def save(self, lookup: Lookup, hit: Hit) -> None:
        return
