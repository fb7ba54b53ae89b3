"""What each signal of a request costs, in microseconds of CPU time.

    python benchmarks/routing_signals.py

One prompt of about 4 kB, with a system prompt and some turns; the embedder is left out.
"""

import statistics
from time import monotonic, thread_time_ns

import msgspec

from wrp_proxy.types import ChatRequest
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.category.recogniser import Recognition
from wrp_proxy.workload.classifier import all_readers
from wrp_proxy.workload.prompt import Prompt

_ROUNDS = 400
_TEXT = (
    "Compare these two plans for 12 people, at most 3 pages each, and say which one is cheaper. "
)


def main() -> None:
    recogniser = Recognition.shipped()
    found = Findings(features=recogniser.features(_TEXT * 40))
    print("| signal | p50 us | p99 us |\n|---|---|---|")
    for reader in all_readers(recogniser, monotonic):
        times = []
        for number in range(_ROUNDS):
            prompt = Prompt(_request(number))
            began = thread_time_ns()
            reader.read(prompt, found)
            times.append((thread_time_ns() - began) / 1000)
        cuts = statistics.quantiles(times, n=100)
        print(f"| {reader.signal} | {statistics.median(times):.0f} | {cuts[98]:.0f} |")


def _request(number: int) -> ChatRequest:
    messages = [
        {"role": "system", "content": "You answer briefly. " * 50},
        {"role": "user", "content": f"Good morning, this is talk {number}."},
        {"role": "assistant", "content": "Good morning."},
        {"role": "user", "content": _TEXT * 40},
    ]
    body = {"model": "auto", "messages": messages}
    return ChatRequest(
        id=f"req_{number}",
        tenant="bench",
        session=None,
        model="auto",
        body=body,
        raw=msgspec.json.encode(body),
    )


if __name__ == "__main__":
    main()
