"""The stock client of OpenAI: completions, embeddings and responses."""

import json
import sys
from typing import Any

import openai
from checks import KEY, QUESTION, RETRIES, URL, WEATHER, check, main, refusal
from pydantic import BaseModel

MODEL = sys.argv[1]
client = openai.OpenAI(base_url=URL, api_key=KEY, max_retries=RETRIES)
TOOLS: Any = [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}]


class Person(BaseModel):
    name: str
    age: int


def seen_in(response: Any) -> dict[str, Any]:
    used = response.usage
    return {
        "text": response.output_text,
        "finish": response.status,
        "tokens": [used.input_tokens, used.output_tokens],
    }


@check
def completion() -> Any:
    answer = client.completions.create(model="small", prompt="def add(", suffix="return")
    return answer.choices[0].text


@check
def completion_stream() -> Any:
    chunks = client.completions.create(model="small", prompt="One, ", suffix="", stream=True)
    return "".join(chunk.choices[0].text for chunk in chunks)


@check
def embeddings() -> Any:
    """Ask as the client does unasked: for base64, which it decodes blindly."""
    answer = client.embeddings.create(model="embedding", input=["one", "two"])
    return [item.embedding for item in answer.data]


@check
def embeddings_of_floats() -> Any:
    answer = client.embeddings.create(model="floats", input=["one", "two"])
    return [item.embedding for item in answer.data]


@check
def embeddings_as_floats() -> Any:
    answer = client.embeddings.create(model="embedding", input="one", encoding_format="float")
    return [item.embedding for item in answer.data]


@check
def plain() -> Any:
    return seen_in(client.responses.create(model=MODEL, input=QUESTION))


@check
def stream() -> Any:
    kinds, texts = [], []
    for event in client.responses.create(model=MODEL, input=QUESTION, stream=True):
        kinds.append(event.type)
        if event.type == "response.output_text.delta":
            texts.append(event.delta)
    last = seen_in(event.response)
    return {**last, "text": "".join(texts), "whole": last["text"], "kinds": kinds}


@check
def accumulated() -> Any:
    with client.responses.stream(model=MODEL, input=QUESTION) as events:
        return seen_in(events.get_final_response())


@check
def tools() -> Any:
    first = client.responses.create(model=MODEL, input=QUESTION, tools=TOOLS)
    calls = [item for item in first.output if item.type == "function_call"]
    results = [
        {"type": "function_call_output", "call_id": call.call_id, "output": "sun"} for call in calls
    ]
    asked = {"role": "user", "content": QUESTION}
    second = client.responses.create(model=MODEL, input=[asked, *first.output, *results])
    called = [[call.name, json.loads(call.arguments)] for call in calls]
    return {"calls": called, "text": second.output_text}


@check
def stream_tools() -> Any:
    with client.responses.stream(model=MODEL, input=QUESTION, tools=TOOLS) as events:
        output = events.get_final_response().output
    return [[item.name, json.loads(item.arguments)] for item in output]


@check
def structured() -> Any:
    response = client.responses.parse(model=MODEL, input=QUESTION, text_format=Person)
    return response.output_parsed.model_dump()


@check
def reasoning() -> Any:
    options: Any = {"effort": "low", "summary": "auto"}
    with client.responses.stream(model=MODEL, input=QUESTION, reasoning=options) as events:
        response = events.get_final_response()
    thought, *_ = response.output
    return {"kind": thought.type, "thought": thought.summary[0].text, "text": response.output_text}


@check
def stored() -> Any:
    """Create, go on, retrieve, delete, and look for it once more."""
    first = client.responses.create(model=MODEL, input=QUESTION, tools=TOOLS)
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "sun"}
        for item in first.output
    ]
    second = client.responses.create(model=MODEL, input=results, previous_response_id=first.id)
    retrieved = client.responses.retrieve(second.id)
    client.responses.delete(second.id)
    try:
        client.responses.retrieve(second.id)
    except openai.NotFoundError as error:
        gone = error.status_code
    return {"text": second.output_text, "again": retrieved.output_text, "gone": gone}


@refusal
def wrong_key() -> Any:
    client.with_options(api_key="wrong").responses.create(model=MODEL, input=QUESTION)


@refusal
def unknown_model() -> Any:
    client.responses.create(model="no-such-model", input=QUESTION)


@refusal
def limited() -> Any:
    client.responses.create(model="limited", input=QUESTION)


@refusal
def too_long() -> Any:
    client.responses.create(model="long", input=QUESTION)


@check
def broken_stream() -> Any:
    """A stream that breaks off says so with response.failed, and never completes."""
    kinds: list[str] = []
    code = None
    try:
        for event in client.responses.create(model="broken", input=QUESTION, stream=True):
            kinds.append(event.type)
            if event.type == "response.failed":
                code = event.response.error.code
    except openai.APIError as error:
        code = error.code
    return {"last": kinds[-1], "completed": "response.completed" in kinds, "code": code}


@check
def cancelled() -> Any:
    with client.responses.create(model="slow", input=QUESTION, stream=True) as events:
        return next(event.delta for event in events if event.type == "response.output_text.delta")


@check
async def async_plain() -> Any:
    async with openai.AsyncOpenAI(base_url=URL, api_key=KEY) as eager:
        return seen_in(await eager.responses.create(model=MODEL, input=QUESTION))


main()
