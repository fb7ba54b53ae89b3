"""Two who may end a request early: its client, and a server that is told to stop."""

import asyncio

import pytest

from wrp_proxy.api.answers import while_connected
from wrp_proxy.api.asgi import Message
from wrp_proxy.errors import ShuttingDownError


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def at_once() -> Message:
    return {"type": "http.disconnect"}


async def endless() -> None:
    await asyncio.Event().wait()


@pytest.mark.anyio
async def test_work_is_done_while_the_client_waits() -> None:
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    await while_connected(never, work())

    assert done.is_set()


@pytest.mark.anyio
async def test_a_client_who_leaves_ends_the_work_and_nothing_else() -> None:
    await while_connected(at_once, endless())

    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


@pytest.mark.anyio
async def test_a_server_that_stops_is_told_from_a_client_who_leaves() -> None:
    task = asyncio.create_task(while_connected(never, endless()))
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(ShuttingDownError):
        await task
