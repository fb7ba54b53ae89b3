"""What is common to streamed and plain answers: a transcript, and a draft around it."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from wrp_proxy.dialects.responses.deltas import read_delta
from wrp_proxy.dialects.responses.draft import Draft, usage_in_words_of_responses
from wrp_proxy.dialects.responses.events import Events
from wrp_proxy.dialects.responses.tools import callable_tools
from wrp_proxy.dialects.responses.transcript import Transcript
from wrp_proxy.errors import DisconnectedError
from wrp_proxy.types import ChatRequest

_SEALED = "reasoning.encrypted_content"


class Said(msgspec.Struct):
    """A chunk or an answer of chat completions; loosely typed, for vendors differ."""

    choices: Any = None
    usage: Any = None


class Reading:
    """Takes what a chat upstream said, and tells it as a response."""

    def __init__(
        self,
        request: ChatRequest,
        events: Events,
        *,
        clock: Callable[[], float],
        make_id: Callable[[], str],
    ) -> None:
        include = request.own.get("include")
        self._clock = clock
        self._events = events
        self._draft = Draft(request, response_id=f"resp_{make_id()}", created_at=int(clock()))
        self._transcript = Transcript(
            events=events,
            tools={tool.chat_name: tool for tool in callable_tools(request.own)},
            seals=isinstance(include, list) and _SEALED in include,
            make_id=make_id,
        )

    def begin(self) -> None:
        response = self.response("in_progress")
        self._events.write("created", response=response)
        self._events.write("in_progress", response=response)

    def take(self, said: Said, name: str) -> None:
        """Take what stands in the choices as `name`: a delta, or a message, which is whole."""
        self._draft.usage = usage_in_words_of_responses(said.usage) or self._draft.usage
        for choice in said.choices if isinstance(said.choices, list) else ():
            if isinstance(choice, dict):
                self._take_choice(choice, name)

    def end(self) -> dict[str, Any]:
        """Return the response, complete; raise DisconnectedError if it never finished."""
        if self._draft.finish_reason is None:
            raise DisconnectedError("The upstream's answer ended before it was finished.")
        self._close_items()
        status = self._draft.final_status
        completed_at = int(self._clock()) if status == "completed" else None
        response = self._draft.response(status, self._transcript.output, completed_at=completed_at)
        self._events.write(status, response=response)
        return response

    def response(self, status: str) -> dict[str, Any]:
        return self._draft.response(status, self._transcript.output)

    def _take_choice(self, choice: Mapping[str, Any], name: str) -> None:
        self._transcript.take(read_delta(choice.get(name), choice.get("logprobs")))
        finish_reason = choice.get("finish_reason")
        if finish_reason or name == "message":
            self._draft.finish_reason = str(finish_reason or "stop")
            self._close_items()

    def _close_items(self) -> None:
        self._transcript.close(is_complete=self._draft.final_status == "completed")
