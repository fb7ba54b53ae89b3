"""A chat's messages as turns: instructions first, one turn where a role speaks twice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from wrp_proxy.errors import RequestError
from wrp_proxy.providers.anthropic.content import Block
from wrp_proxy.providers.anthropic.message import THOUGHTS, Turn, kind_of, to_turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    system: list[Block]
    turns: list[Turn]

    @property
    def must_not_begin_to_think(self) -> bool:
        """The assistant's turn is under way, and began without thinking.

        Models that think by budget refuse to be asked for it then.
        """
        places = [place for place, turn in enumerate(self.turns) if turn.role == "assistant"]
        if not places:
            return False
        spoken, after = self.turns[places[-1]].blocks, self.turns[places[-1] + 1 :]
        is_under_way = not after or any(
            kind_of(b) == "tool_result" for t in after for b in t.blocks
        )
        return is_under_way and kind_of(spoken[0]) not in THOUGHTS


def to_conversation(messages: object, *, system_turns: bool) -> Conversation:
    """Translate all messages; raise RequestError naming what cannot be."""
    if not isinstance(messages, list):
        raise RequestError("messages must be a list.", param="messages")
    turns = [to_turn(message, f"messages[{place}]") for place, message in enumerate(messages)]
    leading = list(takewhile(lambda turn: turn.role == "system", turns))
    system = [block for turn in leading for block in turn.blocks]
    rest = _merged(turns[len(leading) :])
    rest = _merged(_placed(rest, system_turns=system_turns))
    if not rest:
        system, rest = [], [Turn(role="user", blocks=system)]
    rest = [_with_results_first(turn) for turn in rest]
    _trim_end(rest[-1])
    if not rest[0].blocks:
        raise RequestError("messages are all empty.", param="messages")
    return Conversation(system=system, turns=rest)


def _merged(turns: Iterable[Turn]) -> list[Turn]:
    merged: list[Turn] = []
    for turn in turns:
        if not turn.blocks:
            continue
        if merged and merged[-1].role == turn.role:
            merged[-1].blocks.extend(turn.blocks)
        else:
            merged.append(Turn(role=turn.role, blocks=list(turn.blocks)))
    return merged


def _placed(turns: Sequence[Turn], *, system_turns: bool) -> list[Turn]:
    """Keep instructions where they stand; as the user's words where they may not stand so.

    A system turn must follow the user's, and an assistant's or nothing may follow it.
    """
    placed: list[Turn] = []
    for place, turn in enumerate(turns):
        follows_user = bool(placed) and placed[-1].role == "user"
        precedes_user = place + 1 < len(turns) and turns[place + 1].role == "user"
        if turn.role != "system" or (system_turns and follows_user and not precedes_user):
            placed.append(turn)
        else:
            placed.append(Turn(role="user", blocks=[_quoted(block) for block in turn.blocks]))
    return placed


def _quoted(block: Block) -> Block:
    return {**block, "text": f"<system>\n{block['text']}\n</system>"}


def _with_results_first(turn: Turn) -> Turn:
    """Results must come before all else in the turn that answers a call."""
    if turn.role != "user":
        return turn
    return Turn(role="user", blocks=sorted(turn.blocks, key=lambda b: kind_of(b) != "tool_result"))


def _trim_end(turn: Turn) -> None:
    """An answer begun for the assistant may not end in white space."""
    if turn.role == "assistant" and kind_of(turn.blocks[-1]) == "text":
        turn.blocks[-1] = {**turn.blocks[-1], "text": turn.blocks[-1]["text"].rstrip()}
