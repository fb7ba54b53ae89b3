"""The clients: a row each, with what its program is to see. Adding a client is adding a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.clients import sights
from tests.clients.script import HELLO, PERSON
from tests.clients.sights import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program in an environment."""

    name: str
    environment: str
    program: tuple[str, ...]
    seen: Seen
    """Check -> what it is to see, at least."""
    tries: Mapping[str, int] = field(default_factory=dict)
    """Upstream model -> how often it is asked in all, for the client obeys advice on retries."""


_OBEYS = {"mock-spent": 1, "mock-long": 1}
"""What must not be tried again is not."""

CLIENTS = (
    Client(
        name="openai-3",
        environment="dev",
        program=("openai_chat.py",),
        seen={**sights.OPENAI_CHAT, "version": "3"},
        tries={**_OBEYS, "mock-limited": 4},
    ),
    Client(
        name="openai-2",
        environment="openai-2",
        program=("openai_chat.py",),
        seen={**sights.OPENAI_CHAT, "version": "2"},
        tries={**_OBEYS, "mock-limited": 4},
    ),
    *(
        Client(
            name=f"openai-{version}-{model}",
            environment=environment,
            program=("openai_other.py", model),
            seen=sights.OPENAI_OTHER,
            tries={"mock-limited": 3, "mock-long": 1},
        )
        for version, environment in (("3", "dev"), ("2", "openai-2"))
        for model in ("small", "native")
    ),
    Client(
        name="anthropic",
        environment="openai-2",
        program=("anthropic_client.py", "claude", "claude-"),
        seen={**sights.ANTHROPIC_PYTHON, "counted": 42},
        tries={"mock-limited": 3, "mock-spent": 1, "mock-overloaded": 3, "mock-long": 2},
    ),
    Client(
        name="anthropic-translated",
        environment="openai-2",
        program=("anthropic_client.py", "small", ""),
        seen={**sights.ANTHROPIC_PYTHON, "counted": sights.COUNTED},
        tries={"mock-limited": 3, "mock-spent": 1, "mock-overloaded": 3, "mock-long": 2},
    ),
    Client(
        name="langchain",
        environment="openai-3",
        program=("langchain_client.py",),
        seen={
            **sights.WORKS,
            "async_plain": sights.ANSWER,
            "async_stream": sights.ANSWER,
            "stream_tools": sights.CALLS,
            "embeddings": sights.VECTORS,
            "responses": HELLO,
            "responses_stream": HELLO,
            **sights.named(
                {**sights.FAILS, **sights.SPENT},
                wrong_key="OpenAIAuthenticationError",
                unknown_model="OpenAIModelNotFoundError",
                limited="OpenAIRateLimitError",
                spent="OpenAIRateLimitError",
                too_long="OpenAIInvalidRequestError",
            ),
            **sights.BREAKS,
            **sights.LEAVES,
        },
        tries={**_OBEYS, "mock-limited": 3},
    ),
    Client(
        name="llama-index",
        environment="openai-2",
        program=("llama_index_client.py",),
        seen={
            **sights.WORKS,
            "stream": {"text": HELLO, "pieces": sights.PIECES},
            **sights.WORKS_ASYNC,
            "completion": "One, |None",
            **sights.FAILS,
            **sights.BREAKS,
            **sights.LEAVES,
        },
        tries={"mock-long": 1},
    ),
    Client(
        name="pydantic-ai",
        environment="openai-3",
        program=("pydantic_ai_client.py",),
        seen={
            **sights.WORKS,
            "plain": {"text": HELLO, "tokens": sights.ANSWER["tokens"]},
            "stream": {"text": HELLO, "pieces": sights.PIECES},
            "structured_by_schema": PERSON,
            "responses": HELLO,
            "responses_tools": sights.TOOLS,
            "wrong_key": {"class": "ModelAuthenticationError", "status": 401},
            "unknown_model": {"class": "ModelNotFoundError", "status": 404},
            "limited": {"class": "ModelRateLimitError", "status": 429},
            "too_long": {"class": "ModelContextWindowExceededError", "status": 400},
            "broken_stream": {"class": "ModelAPIError"},
        },
        tries={"mock-limited": 3, "mock-long": 1},
    ),
    Client(
        name="instructor",
        environment="openai-2",
        program=("instructor_client.py",),
        seen={
            "structured": PERSON,
            "structured_by_schema": PERSON,
            "structured_by_json": PERSON,
            "partial": PERSON,
            "async_structured": PERSON,
            **{
                name: {"class": "InstructorRetryException"}
                for name in ("wrong_key", "unknown_model", "too_long")
            },
        },
    ),
    Client(
        name="litellm",
        environment="openai-2",
        program=("litellm_client.py",),
        seen={
            **sights.WORKS,
            "async_plain": sights.ANSWER,
            "async_stream": {"text": HELLO},
            "embeddings": sights.VECTORS,
            "messages": HELLO,
            "wrong_key": {"class": "AuthenticationError", "status": 401},
            "unknown_model": {"class": "NotFoundError", "status": 404},
            "limited": {"class": "RateLimitError", "status": 429},
            "spent": {"class": "RateLimitError", "status": 429},
            "too_long": {"class": "ContextWindowExceededError", "status": 400},
            "broken_stream": {"class": "MidStreamFallbackError"},
        },
        tries=_OBEYS,
    ),
    Client(
        name="openai-node",
        environment="node",
        program=("openai_chat.mjs",),
        seen={
            **sights.WORKS,
            "stream_without_usage": {"empty": 0, "usage": None},
            "stream_tools": sights.CALLS,
            "models": {"first": "auto", "small": True, "one": "small"},
            "completion": "def add(|return",
            "embeddings": sights.VECTORS,
            "embeddings_of_floats": sights.VECTORS,
            "responses": HELLO,
            "responses_stream": HELLO,
            "responses_tools": sights.CALLS,
            **sights.FAILS,
            **sights.SPENT,
            **sights.BREAKS_AFTER,
            **sights.LEAVES,
            "aborted": sights.FIRST_WORD,
        },
        tries={**_OBEYS, "mock-limited": 3},
    ),
    Client(
        name="anthropic-node",
        environment="node",
        program=("anthropic_client.mjs", "claude", "claude-"),
        seen={**sights.ANTHROPIC_NODE, "counted": 42},
        tries={"mock-limited": 3, "mock-spent": 1, "mock-overloaded": 3, "mock-long": 1},
    ),
    Client(
        name="anthropic-node-translated",
        environment="node",
        program=("anthropic_client.mjs", "small", ""),
        seen={**sights.ANTHROPIC_NODE, "counted": sights.COUNTED},
        tries={"mock-limited": 3, "mock-spent": 1, "mock-overloaded": 3, "mock-long": 1},
    ),
    *(
        Client(
            name=f"ai-sdk-{kind}",
            environment="node",
            program=("ai_sdk.mjs", kind),
            seen=sights.AI_SDK,
            tries={"mock-limited": 3, "mock-long": 1},
        )
        for kind in ("compatible", "chat", "responses")
    ),
    Client(
        name="langchain-node",
        environment="node",
        program=("langchain_client.mjs",),
        seen={
            **sights.WORKS,
            "embeddings": sights.VECTORS,
            "responses": HELLO,
            "wrong_key": sights.FAILS["wrong_key"],
            "unknown_model": sights.FAILS["unknown_model"],
            "too_long": {"class": "ContextOverflowError"},
            **sights.BREAKS,
            **sights.LEAVES,
        },
        tries={"mock-long": 1},
    ),
)
