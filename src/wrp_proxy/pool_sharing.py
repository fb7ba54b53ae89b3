"""Shares the live state of the pools with other replicas, through Redis."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from random import Random
from secrets import token_hex
from typing import Any

import structlog

from wrp_proxy.cache.stores.redis_link import ERRORS, Command, RedisLink, words
from wrp_proxy.pool.base import Clock
from wrp_proxy.pool.crowd import Crowd
from wrp_proxy.pool.hearsay import Hearsay, subjects
from wrp_proxy.pool.overseer import Cut, PoolOverseer, Wish
from wrp_proxy.pool.report import PoolSharingStatus
from wrp_proxy.pool.wishes import Wishes

EXCHANGE_S = 1.0
_LONGEST_PAUSE_S = 10.0
_PATIENCE_S = 1.0
_REPLICAS_TTL_S = 60
_HEALTH_TTL_S = 900


class PoolSharing:
    """Exchanges what is in flight, what rests and what operators want, about once a second.

    Without Redis each replica goes on with what it knows itself, and tells the rest later. No
    request waits for it.
    """

    def __init__(
        self,
        link: RedisLink,
        prefix: str,
        overseer: PoolOverseer,
        *,
        identities: Mapping[str, str],
        clocks: tuple[Clock, Callable[[], float]],
        random: Random,
    ) -> None:
        """`identities` tell the keys of providers apart without giving them away.

        `clocks`: of monotonic and of Unix seconds, which replicas need to agree on but roughly.
        """
        self._link = link
        self._overseer = overseer
        self._identities = identities
        self._clock, self._wall = clocks
        self._random = random
        self._sender = token_hex(8)
        # One slot of a cluster for all of it.
        parts = ("replicas", "health", "wishes")
        self._replicas, self._health, self._wanted = (f"{prefix}:{{pool}}:{p}" for p in parts)
        self._crowd = Crowd(self._sender)
        self._hearsay = Hearsay()
        self._wishes = Wishes(overseer)
        self._hurry = asyncio.Event()
        self._status = PoolSharingStatus()
        self._log = structlog.get_logger("wrp_proxy.pool")
        overseer.tell = self._tell

    @property
    def status(self) -> PoolSharingStatus:
        return self._status

    async def load(self) -> None:
        """Take over what others know, before the first request; without Redis go on at once."""
        await self.exchange()

    async def exchange(self) -> None:
        try:
            await self._exchange()
        except ERRORS as error:
            self._note(words(error))
        else:
            self._note("")

    async def run(self) -> None:
        pause_s = EXCHANGE_S
        while True:
            with suppress(TimeoutError):
                # Not all replicas at a time; at once where an operator has changed something.
                async with asyncio.timeout(pause_s * self._random.uniform(0.8, 1.2)):
                    await self._hurry.wait()
            self._hurry.clear()
            await self.exchange()
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S) if self._status.trouble else EXCHANGE_S

    async def close(self) -> None:
        """Leave; what is in flight here is in flight no more."""
        with suppress(*ERRORS):
            await self._link.ask("HDEL", self._replicas, self._sender, within_s=_PATIENCE_S / 2)
        await self._link.close()

    async def _exchange(self) -> None:
        by_name = self._overseer.by_name()
        told = self._crowd.telling(by_name)
        answers = await self._link.ask_all(
            [
                ("HSET", self._replicas, self._sender, told),
                ("EXPIRE", self._replicas, _REPLICAS_TTL_S),
                ("HGETALL", self._replicas),
                ("HGETALL", self._health),
                ("HGETALL", self._wanted),
            ],
            within_s=_PATIENCE_S,
        )
        gone = self._crowd.hear(_pairs(answers[2]), self._clock())
        self._crowd.apply(self._overseer.by_name())
        debts = [
            *_puts(self._health, self._gossip(_pairs(answers[3])), _HEALTH_TTL_S),
            *_puts(self._wanted, self._wishes.merge(_pairs(answers[4]), self._wall_ms())),
            *[("HDEL", self._replicas, name) for name in gone],
        ]
        # The state is as it should be by now, whatever becomes of this.
        await self._link.ask_all(debts, within_s=_PATIENCE_S)

    def _gossip(self, found: Mapping[bytes, bytes]) -> Mapping[str, bytes]:
        """Tell and hear what rests; return what is owed to Redis."""
        now, wall, hearsay = self._clock(), self._wall(), self._hearsay
        every = subjects(self._overseer.by_name(), self._overseer.key_states(), self._identities)
        hearsay.note(every, now, wall)
        news, owed = hearsay.registers.merge(found, self._wall_ms())
        hearsay.hear(every, news, now, wall)
        hearsay.keep_in_mind(every)
        if news:
            self._overseer.look_again()
        return owed

    def _tell(self, wish: Wish | Cut) -> None:
        self._wishes.say(wish, self._wall_ms())
        self._hurry.set()

    def _wall_ms(self) -> int:
        return int(self._wall() * 1000)

    def _note(self, trouble: str) -> None:
        before = self._status
        if trouble:
            self._crowd.fade(self._overseer.by_name(), self._clock())
        self._status = PoolSharingStatus(
            trouble=trouble,
            exchanged_at=before.exchanged_at if trouble else self._wall(),
            failures=before.failures + bool(trouble),
            damaged=self._crowd.damaged + self._hearsay.registers.damaged + self._wishes.damaged,
            replicas=self._crowd.size,
        )
        if trouble and not before.trouble:
            self._log.warning(
                "pools are not shared; this replica goes by what it sees itself", reason=trouble
            )
        elif before.trouble and not trouble:
            self._log.info("pools are shared again")


def _puts(key: str, owed: Mapping[str, bytes], ttl_s: int | None = None) -> list[Command]:
    """Write what is owed; without `ttl_s` it stays."""
    if not owed:
        return []
    put: list[Command] = [("HSET", key, name, value) for name, value in owed.items()]
    return [*put, ("EXPIRE", key, ttl_s)] if ttl_s is not None else put


def _pairs(answer: Any) -> Mapping[bytes, bytes]:
    """Read a hash, which old and new clients give in different forms."""
    if isinstance(answer, dict):
        return answer
    return dict(zip(answer[::2], answer[1::2], strict=False))
