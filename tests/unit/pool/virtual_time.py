"""An event loop whose time passes only while everybody waits, and then at once."""

import asyncio
import selectors


class _Clock(selectors.SelectSelector):
    """Lets seconds pass instead of waiting for them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everybody waits for ever"
        self.now += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Sleeps and time-outs take no time, and happen in their order."""

    def __init__(self) -> None:
        self._seconds = _Clock()
        super().__init__(self._seconds)

    def time(self) -> float:
        return self._seconds.now


def now() -> float:
    """Return the seconds of the loop that runs."""
    return asyncio.get_running_loop().time()
