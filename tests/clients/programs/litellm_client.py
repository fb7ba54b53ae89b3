"""LiteLLM as a client."""

import json
from typing import Any

import litellm
from checks import ASK, KEY, RETRIES, ROOT, URL, WEATHER, check, main, refusal
from pydantic import BaseModel

TOOLS: Any = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]


class Person(BaseModel):
    name: str
    age: int


def options(model: str = "small", **more: Any) -> dict[str, Any]:
    given = {"api_base": URL, "api_key": KEY, "num_retries": 0, "max_retries": RETRIES, **more}
    return {"model": f"openai/{model}", "messages": ASK, **given}


def ask(model: str = "small", **more: Any) -> Any:
    return litellm.completion(**options(model, **more))


def seen_in(answer: Any) -> dict[str, Any]:
    used = answer.usage
    return {
        "text": answer.choices[0].message.content,
        "finish": answer.choices[0].finish_reason,
        "tokens": [used.prompt_tokens, used.completion_tokens],
    }


@check
def plain() -> Any:
    return seen_in(ask())


@check
def stream() -> Any:
    chunks = list(ask(stream=True, stream_options={"include_usage": True}))
    whole = litellm.stream_chunk_builder(chunks, messages=ASK)
    texts = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    return {**seen_in(whole), "pieces": sum(bool(text) for text in texts)}


@check
def tools() -> Any:
    first = ask(tools=TOOLS).choices[0].message
    results = [{"role": "tool", "tool_call_id": c.id, "content": "sun"} for c in first.tool_calls]
    second = ask(tools=TOOLS, messages=[*ASK, first.model_dump(), *results])
    calls = [[c.function.name, json.loads(c.function.arguments)] for c in first.tool_calls]
    return {"calls": calls, "text": second.choices[0].message.content}


@check
def structured() -> Any:
    return json.loads(ask(response_format=Person).choices[0].message.content)


@check
def embeddings() -> Any:
    answer = litellm.embedding(
        model="openai/embedding", input=["one", "two"], api_base=URL, api_key=KEY
    )
    return [item["embedding"] for item in answer.data]


@check
def messages() -> Any:
    """As a client of Anthropic's API."""
    answer = litellm.completion(
        model="anthropic/small", messages=ASK, api_base=ROOT, api_key=KEY, max_tokens=100
    )
    return answer.choices[0].message.content


@refusal
def wrong_key() -> Any:
    ask(api_key="wrong")


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


@refusal
def broken_stream() -> Any:
    list(ask("broken", stream=True))


@check
async def async_plain() -> Any:
    return seen_in(await litellm.acompletion(**options()))


@check
async def async_stream() -> Any:
    chunks = [chunk async for chunk in await litellm.acompletion(**options(stream=True))]
    return {"text": "".join(chunk.choices[0].delta.content or "" for chunk in chunks)}


main()
