"""Chooses which client makes a call: the lean one, unless something speaks for another."""

from collections.abc import Callable, Collection, Mapping
from ssl import SSLContext
from typing import NamedTuple

from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.providers.http1.request import Origin, origin_of, split_url
from wrp_proxy.providers.httpx_upstream import HttpxUpstream
from wrp_proxy.providers.proxy_variables import ProxyVariables
from wrp_proxy.providers.upstream import Call, Exchange, Upstream

_MAX_KNOWN = 1024
_MAX_ODD = 256
_ODD_FOR_S = 300.0


class OddOrigins:
    """Remembers for some minutes whose answers the lean client did not understand."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[Origin, float] = {}

    def __bool__(self) -> bool:
        return bool(self._until)

    def add(self, origin: Origin) -> None:
        self._until.pop(origin, None)
        if len(self._until) >= _MAX_ODD:
            del self._until[next(iter(self._until))]
        self._until[origin] = self._clock() + _ODD_FOR_S

    def __contains__(self, origin: object) -> bool:
        until = self._until.get(origin) if isinstance(origin, tuple) else None
        if until is None:
            return False
        if self._clock() < until:
            return True
        self._until = {kept: end for kept, end in self._until.items() if self._clock() < end}
        return False


class _Choice(NamedTuple):
    upstream: Upstream
    origin: Origin | None
    """Where another choice may be made later."""


class Upstreams:
    """An upstream made of others; never sends a call twice.

    The reference client gets what must pass a proxy, origins that want HTTP/2, and for some
    minutes the next calls to an origin whose last answer the lean client did not understand.
    Other schemes than HTTP's have clients of their own.
    """

    def __init__(
        self,
        *,
        lean: Upstream,
        reference: Upstream,
        odd: OddOrigins,
        proxies: ProxyVariables,
        http2_origins: Collection[str] = (),
        others: Mapping[str, Upstream] | None = None,
    ) -> None:
        """`http2_origins` are base URLs; `others` maps schemes to their clients."""
        self._lean = lean
        self._reference = reference
        self._odd = odd
        self._proxies = proxies
        self._http2 = frozenset(origin_of(split_url(url)) for url in http2_origins)
        self._others = dict(others or {})
        self._choices: dict[str, _Choice] = {}

    def open(self, call: Call) -> Exchange:
        choice = self._choices.get(call.url) or self._choose(call.url)
        if self._odd and choice.origin in self._odd:
            return self._reference.open(call)
        return choice.upstream.open(call)

    async def close(self) -> None:
        for upstream in (self._lean, self._reference, *self._others.values()):
            await upstream.close()

    def _choose(self, url: str) -> _Choice:
        if len(self._choices) >= _MAX_KNOWN:
            self._choices.clear()
        choice = self._choices[url] = self._choice(url)
        return choice

    def _choice(self, url: str) -> _Choice:
        scheme = url.partition(":")[0]
        if scheme in self._others:
            return _Choice(self._others[scheme], None)
        try:
            origin = origin_of(split_url(url))
        except DisconnectedError:
            return _Choice(self._lean, None)  # that will say so when it is entered
        if origin in self._http2 or self._proxies.proxy_for(url):
            return _Choice(self._reference, None)
        return _Choice(self._lean, origin)


def build_upstreams(  # noqa: PLR0913 - all that two clients are made of, by name
    *,
    connect_timeout_s: float,
    max_connections: int = 1000,
    environment: Mapping[str, str],
    clock: Callable[[], float],
    tls: SSLContext | None = None,
    http2_origins: Collection[str] = (),
    others: Mapping[str, Upstream] | None = None,
) -> Upstreams:
    """Wire both HTTP clients; `tls` is the lean client's, the reference makes its own."""
    odd = OddOrigins(clock)
    proxies = ProxyVariables(environment)
    lean = Http1Upstream(
        connect_timeout_s=connect_timeout_s,
        max_connections=max_connections,
        tls=tls,
        not_understood=odd.add,
    )
    reference = HttpxUpstream(
        connect_timeout_s=connect_timeout_s, max_connections=max_connections, proxies=proxies
    )
    return Upstreams(
        lean=lean,
        reference=reference,
        odd=odd,
        proxies=proxies,
        http2_origins=http2_origins,
        others=others,
    )
