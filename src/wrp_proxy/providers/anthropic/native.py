"""The Messages API's own words: everything as it came."""

from wrp_proxy.errors import WrpError
from wrp_proxy.providers.anthropic.errors import error_event
from wrp_proxy.providers.anthropic.stream import Event


class NativeWords:
    def tell(self, event: Event, raw: bytes) -> bytes:
        return raw

    def answer(self, message: Event, raw: bytes) -> bytes:
        return raw

    def failure(self, error: WrpError) -> bytes:
        return error_event(error)
