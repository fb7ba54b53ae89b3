"""LlamaIndex's OpenAILike."""

from typing import Any

from checks import KEY, QUESTION, RETRIES, URL, check, main, refusal
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from pydantic import BaseModel

ASK = [ChatMessage(role="user", content=QUESTION)]


class Person(BaseModel):
    name: str
    age: int


def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sun in {city}"


TOOL = FunctionTool.from_defaults(weather)


def llm(model: str = "small", **more: Any) -> OpenAILike:
    options = {"api_key": KEY, "max_retries": RETRIES, **more}
    return OpenAILike(
        model=model, api_base=URL, is_chat_model=True, is_function_calling_model=True, **options
    )


@check
def plain() -> Any:
    answer = llm().chat(ASK)
    used = answer.raw.usage
    return {
        "text": answer.message.content,
        "finish": answer.raw.choices[0].finish_reason,
        "tokens": [used.prompt_tokens, used.completion_tokens],
    }


@check
def stream() -> Any:
    deltas = [answer.delta for answer in llm().stream_chat(ASK)]
    texts = [delta for delta in deltas if delta]
    return {"text": "".join(texts), "pieces": len(texts)}


@check
def tools() -> Any:
    model = llm()
    first = model.chat_with_tools([TOOL], chat_history=ASK, allow_parallel_tool_calls=True)
    calls = model.get_tool_calls_from_response(first)
    results = [
        ChatMessage(
            role="tool",
            content=TOOL(**call.tool_kwargs).content,
            additional_kwargs={"tool_call_id": call.tool_id},
        )
        for call in calls
    ]
    second = model.chat_with_tools([TOOL], chat_history=[*ASK, first.message, *results])
    return {
        "calls": [[call.tool_name, call.tool_kwargs] for call in calls],
        "text": second.message.content,
    }


@check
def structured() -> Any:
    program = llm().as_structured_llm(Person)
    return program.chat(ASK).raw.model_dump()


@check
def completion() -> Any:
    model = OpenAILike(model="small", api_base=URL, api_key=KEY, is_chat_model=False)
    return model.complete("One, ").text


@refusal
def wrong_key() -> Any:
    llm(api_key="wrong").chat(ASK)


@refusal
def unknown_model() -> Any:
    llm("no-such-model").chat(ASK)


@refusal
def limited() -> Any:
    llm("limited").chat(ASK)


@refusal
def too_long() -> Any:
    llm("long").chat(ASK)


@refusal
def broken_stream() -> Any:
    list(llm("broken").stream_chat(ASK))


@check
def cancelled() -> Any:
    answers = llm("slow").stream_chat(ASK)
    first = next(answer.delta for answer in answers if answer.delta)
    answers.close()
    return first


@check
async def async_plain() -> Any:
    return {"text": (await llm().achat(ASK)).message.content}


@check
async def async_stream() -> Any:
    answers = await llm().astream_chat(ASK)
    return {"text": "".join([answer.delta or "" async for answer in answers])}


main()
