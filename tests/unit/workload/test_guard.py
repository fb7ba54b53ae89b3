"""A signal that fails or is too slow is unknown and counted, and the request goes on."""

from dataclasses import dataclass, field

import pytest

from tests.unit.clock import Clock
from tests.unit.workload.asking import asking, user
from wrp_proxy.signals import Signal
from wrp_proxy.types import Workload
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.prompt import Prompt
from wrp_proxy.workload.token_estimate import TokenEstimate

LANGUAGE: Signal = "language"
RISKS: Signal = "risks"
BOTH: frozenset[Signal] = frozenset({LANGUAGE, RISKS})


@dataclass(slots=True)
class Steady:
    signal: Signal = RISKS
    budget_s: float = 0.01

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        return Findings(risks=frozenset({"email"}))


@dataclass(slots=True)
class Wayward:
    """Takes as long as it is told, and raises what it is told."""

    timer: Clock
    signal: Signal = LANGUAGE
    budget_s: float = 0.01
    takes_s: float = 0.0
    error: Exception | None = None
    calls: int = 0

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        self.calls += 1
        self.timer.now += self.takes_s
        if self.error is not None:
            raise self.error
        return Findings(language="de")


@dataclass(slots=True)
class Bench:
    """A classifier with one steady and one wayward signal."""

    clock: Clock = field(default_factory=Clock)
    reader: Wayward = field(default_factory=lambda: Wayward(Clock()))
    classifier: WorkloadClassifier = field(init=False)

    def __post_init__(self) -> None:
        self.classifier = WorkloadClassifier(
            ContextLength(TokenEstimate()),
            readers=[self.reader, Steady()],
            clock=self.clock,
            timer=self.reader.timer,
        )

    async def ask(self) -> Workload:
        return await self.classifier.classify(asking(user()), BOTH)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.anyio
async def test_what_goes_well_is_believed_and_not_counted(bench: Bench) -> None:
    found = await bench.ask()

    assert found.language == "de"
    assert found.risks == {"email"}
    assert not found.unknown
    assert bench.classifier.guard.counts == {}


@pytest.mark.anyio
@pytest.mark.parametrize("error", [ValueError("x"), RecursionError(), KeyError(1), MemoryError()])
async def test_a_signal_that_fails_is_unknown_and_the_others_are_read(
    bench: Bench, error: Exception
) -> None:
    bench.reader.error = error

    found = await bench.ask()

    assert found.language == "unknown"
    assert found.risks == {"email"}
    assert found.unknown == {LANGUAGE}
    assert bench.classifier.guard.counts == {(LANGUAGE, "failed"): 1}


@pytest.mark.anyio
async def test_a_signal_that_is_too_slow_is_not_believed(bench: Bench) -> None:
    bench.reader.takes_s = 0.011

    found = await bench.ask()

    assert found.language == "unknown"
    assert found.risks == {"email"}
    assert found.unknown == {LANGUAGE}
    assert bench.classifier.guard.counts == {(LANGUAGE, "slow"): 1}


@pytest.mark.anyio
async def test_twenty_overruns_in_a_row_earn_a_minute_of_rest(bench: Bench) -> None:
    bench.reader.takes_s = 1.0
    for _ in range(30):
        found = await bench.ask()
        assert found.unknown == {LANGUAGE}

    assert bench.reader.calls == 20
    assert bench.classifier.guard.counts == {(LANGUAGE, "slow"): 20}

    bench.clock.now += 61
    bench.reader.takes_s = 0.0
    assert (await bench.ask()).language == "de"


@pytest.mark.anyio
async def test_one_in_time_between_begins_a_new_row(bench: Bench) -> None:
    for _ in range(3):
        bench.reader.takes_s = 1.0
        for _ in range(19):
            await bench.ask()
        bench.reader.takes_s = 0.0
        assert (await bench.ask()).language == "de"

    assert bench.reader.calls == 60


@pytest.mark.anyio
async def test_a_signal_that_nobody_reads_is_unknown() -> None:
    classifier = WorkloadClassifier(ContextLength(TokenEstimate()), readers=[])

    assert (await classifier.classify(asking(user()), BOTH)).unknown == BOTH
