"""Sorts what an answer says into blocks, in the order in which they began."""

from wrp_proxy.dialects.messages.block import Block
from wrp_proxy.dialects.messages.message import identity_of
from wrp_proxy.dialects.messages.names import long_names
from wrp_proxy.dialects.messages.sayings import CallPart, Saying, Signed, Words
from wrp_proxy.types import ChatRequest


class Assembly:
    """The content of one answer."""

    def __init__(self, request: ChatRequest) -> None:
        self.blocks: list[Block] = []
        self.has_calls = False
        self._identity = identity_of(request)
        self._names = long_names(request.own)
        self._calls: dict[int | str, tuple[str, Block]] = {}

    def add(self, saying: Saying) -> None:
        match saying:
            case Words():
                self._speak(saying)
            case Signed():
                self._sign(saying)
            case CallPart():
                self._call(saying)

    def _speak(self, words: Words) -> None:
        last = self.blocks[-1] if self.blocks else None
        if last is None or last.kind != words.kind or last.is_ended:
            last = self._begin(Block(words.kind))
        last.add(words.text)

    def _sign(self, signed: Signed) -> None:
        """Sign the thinking that was told just now, or tell all of it where none was."""
        said = signed.block
        if said.get("type") == "redacted_thinking":
            block = self._begin(Block("redacted_thinking", data=str(said.get("data"))))
        elif self.blocks and self.blocks[-1].kind == "thinking" and not self.blocks[-1].is_ended:
            block = self.blocks[-1]
        else:
            thinking = said.get("thinking")
            block = self._begin(Block("thinking"))
            block.add(thinking if isinstance(thinking, str) else "")
        block.signature = str(said.get("signature") or "")
        block.is_ended = True

    def _call(self, part: CallPart) -> None:
        """Add a fragment to its call; some upstreams give all calls the same index."""
        upstream_id, block = self._calls.get(part.index, ("", None))
        is_another = bool(part.name and part.id and upstream_id and part.id != upstream_id)
        if block is None or is_another:
            made_up = f"toolu_{self._identity}_{len(self.blocks)}"
            block = self._begin(Block("tool_use", id=part.id or made_up, name=""))
            self._calls[part.index] = (part.id, block)
            self.has_calls = True
        block.christen(self._names.get(part.name, part.name))
        block.add(part.arguments)

    def _begin(self, block: Block) -> Block:
        self.blocks.append(block)
        return block
