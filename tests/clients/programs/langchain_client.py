"""LangChain's ChatOpenAI and OpenAIEmbeddings."""

from typing import Any

from checks import KEY, QUESTION, RETRIES, URL, check, main, refusal
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


@tool
def weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"sun in {city}"


def chat(model: str = "small", **more: Any) -> ChatOpenAI:
    options = {"api_key": KEY, "max_retries": RETRIES, **more}
    return ChatOpenAI(model=model, base_url=URL, **options)


def seen_in(message: Any) -> dict[str, Any]:
    used = message.usage_metadata
    return {
        "text": message.text,
        "finish": message.response_metadata["finish_reason"],
        "tokens": [used["input_tokens"], used["output_tokens"]],
    }


@check
def plain() -> Any:
    return seen_in(chat().invoke(QUESTION))


@check
def stream() -> Any:
    chunks = list(chat(stream_usage=True).stream(QUESTION))
    whole = sum(chunks[1:], start=chunks[0])
    return {**seen_in(whole), "pieces": sum(bool(chunk.text) for chunk in chunks)}


@check
def tools() -> Any:
    able = chat().bind_tools([weather])
    first = able.invoke(QUESTION)
    assert isinstance(first, AIMessage)
    results = [
        ToolMessage(weather.invoke(c["args"]), tool_call_id=c["id"]) for c in first.tool_calls
    ]
    second = able.invoke([("user", QUESTION), first, *results])
    return {"calls": [[c["name"], c["args"]] for c in first.tool_calls], "text": second.text}


@check
def stream_tools() -> Any:
    chunks = list(chat().bind_tools([weather]).stream(QUESTION))
    whole = sum(chunks[1:], start=chunks[0])
    return [[call["name"], call["args"]] for call in whole.tool_calls]


@check
def structured() -> Any:
    return chat().with_structured_output(Person).invoke(QUESTION).model_dump()


@check
def embeddings() -> Any:
    """Without a tokenizer of its own, which it would download."""
    embedder = OpenAIEmbeddings(
        model="embedding", base_url=URL, api_key=KEY, check_embedding_ctx_length=False
    )
    return embedder.embed_documents(["one", "two"])


@check
def responses() -> Any:
    return chat(use_responses_api=True).invoke(QUESTION).text


@check
def responses_stream() -> Any:
    chunks = list(chat(use_responses_api=True).stream(QUESTION))
    return "".join(chunk.text for chunk in chunks)


@refusal
def wrong_key() -> Any:
    chat(api_key="wrong").invoke(QUESTION)


@refusal
def unknown_model() -> Any:
    chat("no-such-model").invoke(QUESTION)


@refusal
def limited() -> Any:
    chat("limited").invoke(QUESTION)


@refusal
def spent() -> Any:
    chat("spent").invoke(QUESTION)


@refusal
def too_long() -> Any:
    chat("long").invoke(QUESTION)


@refusal
def broken_stream() -> Any:
    list(chat("broken").stream(QUESTION))


@check
def cancelled() -> Any:
    chunks = chat("slow").stream(QUESTION)
    first = next(chunk.text for chunk in chunks if chunk.text)
    chunks.close()
    return first


@check
async def async_plain() -> Any:
    return seen_in(await chat().ainvoke(QUESTION))


@check
async def async_stream() -> Any:
    chunks = [chunk async for chunk in chat(stream_usage=True).astream(QUESTION)]
    return seen_in(sum(chunks[1:], start=chunks[0]))


main()
