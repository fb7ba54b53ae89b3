"""Tells growing blocks one after the other, as a stream of Anthropic's does."""

from collections.abc import Iterator, Sequence

from wrp_proxy.dialects.messages.block import Block
from wrp_proxy.dialects.messages.events import event


class Teller:
    """One block is open at a time; what others say meanwhile waits until it is over."""

    def __init__(self) -> None:
        self._index = 0
        self._is_open = False

    def tell(self, blocks: Sequence[Block], *, is_last: bool) -> Iterator[bytes]:
        """Yield the events that are due; `is_last`: nothing more will be said."""
        while self._index < len(blocks):
            block = blocks[self._index]
            is_followed = self._index + 1 < len(blocks)
            is_over = is_last or block.is_ended or (is_followed and not block.may_go_on())
            if not (block.is_named or is_over):
                return
            yield from self._tell_more(block)
            if not is_over:
                return
            yield from self._close(block)

    def _tell_more(self, block: Block) -> Iterator[bytes]:
        if not self._is_open:
            self._is_open = True
            yield event("content_block_start", index=self._index, content_block=block.opening())
        for delta in block.deltas():
            yield event("content_block_delta", index=self._index, delta=delta)

    def _close(self, block: Block) -> Iterator[bytes]:
        """A thought ends with its signature, even an empty one: clients wait for it."""
        if block.kind == "thinking":
            delta = {"type": "signature_delta", "signature": block.signature}
            yield event("content_block_delta", index=self._index, delta=delta)
        yield event("content_block_stop", index=self._index)
        self._index += 1
        self._is_open = False
