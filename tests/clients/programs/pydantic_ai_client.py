"""pydantic-ai's agents, over chat completions and over responses."""

from typing import Any

from checks import KEY, QUESTION, RETRIES, URL, check, main, refusal
from openai import AsyncOpenAI
from pydantic import BaseModel
from pydantic_ai import Agent, NativeOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class Person(BaseModel):
    name: str
    age: int


def model(name: str = "small", key: str = KEY, kind: Any = OpenAIChatModel) -> Any:
    client = AsyncOpenAI(base_url=URL, api_key=key, max_retries=RETRIES)
    return kind(name, provider=OpenAIProvider(openai_client=client))


async def ask(asked: Any, **more: Any) -> Any:
    return await Agent(asked, **more).run(QUESTION)


async def run_tools(asked: Any) -> Any:
    called = []

    def weather(city: str) -> str:
        called.append(["weather", {"city": city}])
        return f"sun in {city}"

    answer = await ask(asked, tools=[weather])
    return {"calls": sorted(called, key=str, reverse=True), "text": answer.output}


@check
async def plain() -> Any:
    answer = await ask(model())
    used = answer.usage() if callable(answer.usage) else answer.usage
    return {"text": answer.output, "tokens": [used.input_tokens, used.output_tokens]}


@check
async def stream() -> Any:
    async with Agent(model()).run_stream(QUESTION) as answer:
        texts = [text async for text in answer.stream_text(delta=True, debounce_by=None)]
    return {"text": "".join(texts), "pieces": len(texts)}


@check
async def tools() -> Any:
    return await run_tools(model())


@check
async def structured() -> Any:
    return (await ask(model(), output_type=Person)).output.model_dump()


@check
async def structured_by_schema() -> Any:
    return (await ask(model(), output_type=NativeOutput(Person))).output.model_dump()


@check
async def responses() -> Any:
    return (await ask(model(kind=OpenAIResponsesModel))).output


@check
async def responses_tools() -> Any:
    return await run_tools(model(kind=OpenAIResponsesModel))


@refusal
async def wrong_key() -> Any:
    return await ask(model(key="wrong"))


@refusal
async def unknown_model() -> Any:
    return await ask(model("no-such-model"))


@refusal
async def limited() -> Any:
    return await ask(model("limited"))


@refusal
async def too_long() -> Any:
    return await ask(model("long"))


@refusal
async def broken_stream() -> Any:
    async with Agent(model("broken")).run_stream(QUESTION) as answer:
        return [text async for text in answer.stream_text(delta=True, debounce_by=None)]


main()
