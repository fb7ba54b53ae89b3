"""instructor, around OpenAI's client."""

from typing import Any

import instructor
import openai
from checks import ASK, KEY, RETRIES, URL, check, main, refusal
from pydantic import BaseModel


class Person(BaseModel):
    name: str
    age: int


def client(mode: Any = instructor.Mode.TOOLS, key: str = KEY) -> Any:
    inner = openai.OpenAI(base_url=URL, api_key=key, max_retries=RETRIES)
    return instructor.from_openai(inner, mode=mode)


def ask(model: str, asked: Any) -> Any:
    return asked.create(model=model, messages=ASK, response_model=Person, max_retries=1)


@check
def structured() -> Any:
    return ask("small", client()).model_dump()


@check
def structured_by_schema() -> Any:
    return ask("small", client(instructor.Mode.JSON_SCHEMA)).model_dump()


@check
def structured_by_json() -> Any:
    return ask("small", client(instructor.Mode.JSON)).model_dump()


@check
def partial() -> Any:
    people = client().create_partial(model="small", messages=ASK, response_model=Person)
    return list(people)[-1].model_dump()


@check
async def async_structured() -> Any:
    inner = openai.AsyncOpenAI(base_url=URL, api_key=KEY)
    person = await ask("small", instructor.from_openai(inner))
    return person.model_dump()


@refusal
def wrong_key() -> Any:
    ask("small", client(key="wrong"))


@refusal
def unknown_model() -> Any:
    ask("no-such-model", client())


@refusal
def too_long() -> Any:
    ask("long", client())


main()
