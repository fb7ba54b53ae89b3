"""The load generator: one round against one target, in a process of its own.

Reads an order as JSON from the standard input and prints a sample as JSON.
"""

import asyncio
import json
import sys
from dataclasses import asdict
from time import perf_counter

import uvloop

from connection import Connection
from cpu import cpu_seconds
from loops import ClosedLoop, OpenLoop
from prompts import Prompts
from samples import Measure, Order, Sample

DRAIN_S = 45
"""How long the warm-up and the requests in flight at the end may take beyond the round."""


async def run_round(order: Order) -> Sample:
    """Open the connections, warm each with one request, then load the target."""
    failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    connections = [await _connect(order, failure) for _ in range(order.connections)]
    prompts = Prompts(order)
    await _drive(ClosedLoop(connections, prompts, 0), failure)
    warm_up = prompts.count
    for connection in connections:
        connection.events = connection.reads = 0
    driver = _driver(connections, prompts, order)
    cpu_s, started = cpu_seconds(order.pids), perf_counter()
    await _drive(driver, failure)
    sample = Sample(
        cpu_s=cpu_seconds(order.pids) - cpu_s,
        seconds=perf_counter() - started,
        requests=prompts.count - warm_up,
        warm_up=warm_up,
        events=sum(connection.events for connection in connections),
        reads=sum(connection.reads for connection in connections),
        latencies_ms=driver.latencies_ms if isinstance(driver, OpenLoop) else [],
    )
    for connection in connections:
        connection.close()
    return sample


async def _connect(order: Order, failure: asyncio.Future[None]) -> Connection:
    def failed(reason: Exception) -> None:
        if not failure.done():
            failure.set_exception(reason)

    streamed = order.measure.chunks > 0
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: Connection(streamed, failed), "127.0.0.1", order.port
    )
    return connection


def _driver(connections: list[Connection], prompts: Prompts, order: Order) -> ClosedLoop | OpenLoop:
    if order.measure.rate is None:
        return ClosedLoop(connections, prompts, order.seconds)
    return OpenLoop(connections, prompts, order.seconds, order.measure.rate)


async def _drive(driver: ClosedLoop | OpenLoop, failure: asyncio.Future[None]) -> None:
    driver.start()
    await asyncio.wait((driver.finished, failure), return_when=asyncio.FIRST_COMPLETED)
    if failure.done():
        failure.result()


async def _run_in_time(order: Order) -> Sample:
    async with asyncio.timeout(order.seconds + DRAIN_S):
        return await run_round(order)


def main() -> None:
    """Run the ordered round, or end with one line about why it could not be run."""
    fields = json.load(sys.stdin)
    order = Order(**fields | {"measure": Measure(**fields["measure"])})
    try:
        sample = uvloop.run(_run_in_time(order))
    except TimeoutError:
        sys.exit("requests were still unanswered when the time was over")
    except Exception as error:  # noqa: BLE001 - a process's border: the parent reads the line
        sys.exit(f"{type(error).__name__}: {error}")
    print(json.dumps(asdict(sample)))


if __name__ == "__main__":
    main()
