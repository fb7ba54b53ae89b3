"""One choice of an answer, while it is put together."""

from typing import Any

from wrp_proxy.verifiers.base import Answer, ToolCall, inside, objects, text_of

_BESIDE_TEXT = ("audio", "images")


class UnreadableError(ValueError):
    """The bytes are no answer of this API."""


class Draft:
    """Takes messages of chat completions and deltas of them alike."""

    def __init__(self) -> None:
        self.finish = ""
        self.logprobs: list[float] = []
        self.has_more = False
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[object, _Call] = {}

    def say(self, text: object) -> None:
        self._texts.append(text_of(text))

    def refuse(self, text: object) -> None:
        self._refusals.append(text_of(text))

    def call(self, name: object, arguments: object, *, is_custom: bool = False) -> None:
        """Add a whole call."""
        self._calls[len(self._calls)] = _Call(
            text_of(name), [text_of(arguments)], is_custom=is_custom
        )

    def take(self, said: dict[str, Any]) -> None:
        """Take a message or a delta."""
        self.say(said.get("content"))
        self.refuse(said.get("refusal"))
        self.has_more = self.has_more or any(said.get(name) for name in _BESIDE_TEXT)
        for place, call in enumerate(objects(said.get("tool_calls"))):
            function = inside(call, "function")
            custom = inside(call, "custom")
            key = self._key(call, place, function or custom)
            self._add(key, function or custom, is_custom=bool(custom))
        if function := inside(said, "function_call"):
            self._add("function_call", function, is_custom=False)

    def answer(self) -> Answer:
        return Answer(
            text="".join(self._texts),
            calls=tuple(call.whole() for call in self._calls.values()),
            refusal="".join(self._refusals),
            finish=self.finish,
            logprobs=tuple(self.logprobs),
            has_more=self.has_more,
        )

    def _key(self, call: dict[str, Any], place: int, function: dict[str, Any]) -> int:
        """Tell calls apart where they have no index: a second name begins another one."""
        if isinstance(index := call.get("index"), int):
            return index
        known = self._calls.get(place)
        if known is not None and known.name and function.get("name"):
            return len(self._calls)
        return place

    def _add(self, key: object, said: dict[str, Any], *, is_custom: bool) -> None:
        call = self._calls.setdefault(key, _Call("", [], is_custom=is_custom))
        call.name = call.name or text_of(said.get("name"))
        call.arguments.append(text_of(said.get("input" if is_custom else "arguments")))


class _Call:
    def __init__(self, name: str, arguments: list[str], *, is_custom: bool) -> None:
        self.name = name
        self.arguments = arguments
        self._is_custom = is_custom

    def whole(self) -> ToolCall:
        arguments = "".join(self.arguments)
        return ToolCall(name=self.name, arguments=arguments, is_custom=self._is_custom)


def numbers(values: object) -> list[float]:
    """Return the numbers of a list."""
    if not isinstance(values, list):
        return []
    return [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
