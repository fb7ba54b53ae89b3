"""The stock client of Anthropic; its argument is the model to ask, and the prefix of its faults."""

import sys
from typing import Any

import anthropic
from checks import KEY, QUESTION, RETRIES, ROOT, WEATHER, check, main, refusal

MODEL, PREFIX = sys.argv[1:]
ASK: Any = [{"role": "user", "content": QUESTION}]
TOOLS: Any = [{"name": "weather", "description": "Tell it.", "input_schema": WEATHER}]
client = anthropic.Anthropic(base_url=ROOT, api_key=KEY, max_retries=RETRIES)


def ask(model: str, **more: Any) -> Any:
    return client.messages.create(model=model, messages=ASK, max_tokens=100, **more)


def fail(name: str) -> Any:
    return ask(f"{PREFIX}{name}")


def seen_in(message: Any) -> dict[str, Any]:
    used = message.usage
    return {
        "text": "".join(block.text for block in message.content),
        "finish": message.stop_reason,
        "tokens": [used.input_tokens, used.output_tokens],
    }


@check
def plain() -> Any:
    return seen_in(ask(MODEL))


@check
def bearer() -> Any:
    """Send the key as Claude Code does."""
    with anthropic.Anthropic(base_url=ROOT, auth_token=KEY, api_key=None) as bearing:
        return seen_in(bearing.messages.create(model=MODEL, messages=ASK, max_tokens=100))


@check
def stream() -> Any:
    with client.messages.stream(model=MODEL, messages=ASK, max_tokens=100) as events:
        texts = list(events.text_stream)
        return {**seen_in(events.get_final_message()), "pieces": len(texts)}


@check
def kinds() -> Any:
    return [event.type for event in ask(MODEL, stream=True) if event.type != "ping"]


@check
def tools() -> Any:
    first = ask(MODEL, tools=TOOLS)
    calls = [block for block in first.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": c.id, "content": "sun"} for c in calls]
    history = [
        *ASK,
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": results},
    ]
    second = client.messages.create(model=MODEL, messages=history, tools=TOOLS, max_tokens=100)
    return {
        "calls": [[call.name, call.input] for call in calls],
        "finish": first.stop_reason,
        "text": second.content[0].text,
    }


@check
def stream_tools() -> Any:
    with client.messages.stream(model=MODEL, messages=ASK, tools=TOOLS, max_tokens=100) as events:
        return [[block.name, block.input] for block in events.get_final_message().content]


@check
def thinking() -> Any:
    """Think, and take the signed thought along into the next turn."""
    options: Any = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2048}
    with client.messages.stream(model=MODEL, messages=ASK, **options) as events:
        first = events.get_final_message().content
    history: Any = [*ASK, {"role": "assistant", "content": first}, *ASK]
    client.messages.create(model=MODEL, messages=history, **options)
    return {"kinds": [block.type for block in first], "thought": first[0].thinking}


@check
def counted() -> Any:
    return client.messages.count_tokens(model=MODEL, messages=ASK, tools=TOOLS).input_tokens


@check
def unknown_fields() -> Any:
    more = {"context_management": {"edits": []}, "output_config": {"effort": "low"}}
    beta = {"anthropic-beta": "context-management-2025-06-27"}
    return seen_in(ask(MODEL, extra_body=more, extra_headers=beta))["text"]


@check
def models() -> Any:
    return next(model.id for model in client.models.list())


@refusal
def wrong_key() -> Any:
    client.with_options(api_key="wrong").messages.create(model=MODEL, messages=ASK, max_tokens=9)


@refusal
def unknown_model() -> Any:
    ask("no-such-model")


@refusal
def limited() -> Any:
    fail("limited")


@refusal
def spent() -> Any:
    fail("spent")


@refusal
def too_long() -> Any:
    fail("long")


@refusal
def overloaded() -> Any:
    fail("overloaded")


@check
def error_shape() -> Any:
    try:
        fail("long")
    except anthropic.BadRequestError as error:
        return {"type": error.body["type"], "kind": error.body["error"]["type"]}


@check
def broken_stream() -> Any:
    kinds: set[str] = set()
    try:
        for event in ask(f"{PREFIX}broken", stream=True):
            kinds.add(event.type)
    except anthropic.APIStatusError as error:
        return {"class": type(error).__name__, "stopped": "message_stop" in kinds}


@check
def cancelled() -> Any:
    with client.messages.stream(model=f"{PREFIX}slow", messages=ASK, max_tokens=100) as events:
        return next(events.text_stream)


@check
async def async_plain() -> Any:
    async with anthropic.AsyncAnthropic(base_url=ROOT, api_key=KEY) as eager:
        return seen_in(await eager.messages.create(model=MODEL, messages=ASK, max_tokens=100))


@check
async def async_stream() -> Any:
    async with (
        anthropic.AsyncAnthropic(base_url=ROOT, api_key=KEY) as eager,
        eager.messages.stream(model=MODEL, messages=ASK, max_tokens=100) as events,
    ):
        return seen_in(await events.get_final_message())


main()
