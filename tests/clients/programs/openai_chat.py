"""The stock client of OpenAI, its second and its third major version: chat completions."""

import asyncio
import json
from typing import Any

import openai
from checks import ASK, KEY, RETRIES, URL, WEATHER, check, main, refusal
from pydantic import BaseModel

client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=RETRIES)
TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]


class Person(BaseModel):
    name: str
    age: int


def ask(model: str, **more: Any) -> Any:
    return client.chat.completions.create(model=model, messages=ASK, **more)


def seen_in(answer: Any) -> dict[str, Any]:
    (choice,) = answer.choices
    used = answer.usage
    return {
        "text": choice.message.content,
        "finish": choice.finish_reason,
        "tokens": [used.prompt_tokens, used.completion_tokens],
    }


def seen_in_chunks(chunks: list[Any]) -> dict[str, Any]:
    choices = [choice for chunk in chunks for choice in chunk.choices]
    texts = [choice.delta.content for choice in choices if choice.delta.content]
    (used,) = [chunk.usage for chunk in chunks if chunk.usage]
    return {
        "text": "".join(texts),
        "pieces": len(texts),
        "finish": choices[-1].finish_reason,
        "tokens": [used.prompt_tokens, used.completion_tokens],
    }


def called(calls: Any) -> list[Any]:
    return [[call.function.name, json.loads(call.function.arguments)] for call in calls]


@check
def version() -> str:
    return openai.__version__.split(".")[0]


@check
def plain() -> Any:
    return seen_in(ask("small"))


@check
def routed() -> Any:
    answer = client.chat.completions.with_raw_response.create(model="auto", messages=ASK)
    return {"text": answer.parse().choices[0].message.content, "by": answer.headers["x-wrp-model"]}


@check
def stream() -> Any:
    return seen_in_chunks(list(ask("small", stream=True, stream_options={"include_usage": True})))


@check
def stream_without_usage() -> Any:
    chunks = list(ask("small", stream=True))
    return {"empty": sum(not chunk.choices for chunk in chunks), "usage": chunks[-1].usage}


@check
def tools() -> Any:
    first = ask("small", tools=TOOLS).choices[0].message
    results = [{"role": "tool", "tool_call_id": c.id, "content": "sun"} for c in first.tool_calls]
    second = client.chat.completions.create(
        model="small", tools=TOOLS, messages=[*ASK, first, *results]
    )
    return {"calls": called(first.tool_calls), "text": second.choices[0].message.content}


@check
def stream_tools() -> Any:
    with client.chat.completions.stream(model="small", messages=ASK, tools=TOOLS) as events:
        message = events.get_final_completion().choices[0].message
    return called(message.tool_calls)


@check
def structured() -> Any:
    answer = client.chat.completions.parse(model="small", messages=ASK, response_format=Person)
    return answer.choices[0].message.parsed.model_dump()


@check
def reasoning() -> Any:
    """Read the field that OpenAI does not have, and its compatible servers do."""
    whole = ask("small", reasoning_effort="low").choices[0].message.reasoning_content
    chunks = ask("small", reasoning_effort="low", stream=True)
    deltas = [getattr(chunk.choices[0].delta, "reasoning_content", None) for chunk in chunks]
    return [whole, "".join(filter(None, deltas))]


@check
def models() -> Any:
    names = [model.id for model in client.models.list()]
    return {"first": names[0], "small": "small" in names, "one": client.models.retrieve("small").id}


@refusal
def wrong_key() -> Any:
    client.with_options(api_key="wrong").chat.completions.create(model="small", messages=ASK)


@refusal
def unknown_model() -> Any:
    ask("no-such-model")


@refusal
def limited() -> Any:
    ask("limited")


@refusal
def spent() -> Any:
    ask("spent")


@refusal
def too_long() -> Any:
    ask("long")


@check
def rate_limit_headers() -> Any:
    try:
        client.with_options(max_retries=0).chat.completions.create(model="limited", messages=ASK)
    except openai.RateLimitError as error:
        headers = error.response.headers
        names = ("retry-after-ms", "x-ratelimit-remaining-requests")
        return {**{name: headers[name] for name in names}, "id": error.request_id is not None}


@check
def broken_stream() -> Any:
    said = []
    try:
        for chunk in ask("broken", stream=True):
            said += [choice.delta.content for choice in chunk.choices]
    except openai.APIError as error:
        return {"class": type(error).__name__, "code": error.code, "text": "".join(said)}


@refusal
def broken() -> Any:
    client.with_options(max_retries=0).chat.completions.create(model="broken", messages=ASK)


@check
def cancelled() -> Any:
    with ask("slow", stream=True) as chunks:
        return next(text for chunk in chunks if (text := chunk.choices[0].delta.content))


@refusal
def too_slow() -> Any:
    hurried = client.with_options(timeout=0.5, max_retries=0)
    hurried.chat.completions.create(model="slow", messages=ASK)


@check
async def async_plain() -> Any:
    async with openai.AsyncOpenAI(base_url=URL, api_key=KEY) as eager:
        return seen_in(await eager.chat.completions.create(model="small", messages=ASK))


@check
async def async_stream() -> Any:
    async with openai.AsyncOpenAI(base_url=URL, api_key=KEY) as eager:
        chunks = await eager.chat.completions.create(
            model="small", messages=ASK, stream=True, stream_options={"include_usage": True}
        )
        return seen_in_chunks([chunk async for chunk in chunks])


@check
async def async_cancelled() -> Any:
    async with openai.AsyncOpenAI(base_url=URL, api_key=KEY) as eager:
        chunks = await eager.chat.completions.create(model="slow", messages=ASK, stream=True)
        texts = [(await anext(chunks)).choices[0].delta.content for _ in range(2)]
        waiting = asyncio.ensure_future(_rest(chunks))
        await asyncio.wait({waiting}, timeout=0.05)
        waiting.cancel()
        await asyncio.wait({waiting})
        await chunks.close()
        return "".join(texts)


async def _rest(chunks: Any) -> list[Any]:
    return [chunk async for chunk in chunks]


main()
