"""A proxy between clients and upstreams that fail as they are told in the prompt."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import trustme

from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.faults.table import CASES, FAULTS, Case, prompt_of
from tests.faults.ways import Door
from tests.faults.words import GOOD, KEY, SECOND, WORDS, Words
from tests.proxy import Proxy, read_journal, recorded, running_proxy, tls_context

_TOLD = re.compile(rb"\[([^|\[\]]+)\|[^|\[\]]+\|[^|\[\]]+\]")
_CLIENT_SECRETS = {
    "authorization": "Bearer client-secret",
    "cookie": "session=client-secret",
    "proxy-authorization": "Basic client-secret",
    "x-api-key": "client-secret",
    "x-forwarded-for": "203.0.113.7",
}
_PATIENT = {"cooldown_s": 0, "retry_share": 1, "retry_reserve": 1_000_000}
"""One fault is nothing to the next."""
_IMPATIENT = {
    **_PATIENT,
    "connect_timeout_s": 0.4,
    "first_content_timeout_s": 0.4,
    "stall_timeout_s": 0.4,
    "answer_timeout_s": 0.4,
}
_AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request, and what both sides saw of it."""

    reply: httpx.Response
    received: Sequence[Received]
    by_second: Sequence[Received]
    """What the upstream of the second model was asked."""

    @property
    def id(self) -> str:
        return str(self.reply.headers["x-request-id"])


@dataclass(slots=True)
class Laboratory:
    patient: Proxy
    impatient: Proxy
    upstream: FakeUpstream
    second: FakeUpstream
    places: Mapping[str, str]
    client: httpx.Client
    _known: dict[tuple[str, str], Exchange] = field(default_factory=dict)
    _rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def proxy(self, case: Case) -> Proxy:
        return self.impatient if case.fault.is_slow else self.patient

    def alone(self, case: Case) -> Exchange:
        """Meet a fault where nobody else can answer; once, however often it is asked for."""
        return self._meet(case, "alone")

    def paired(self, case: Case) -> Exchange:
        """Meet a fault where a second model can answer."""
        return self._meet(case, "paired")

    def rows(self, case: Case) -> list[dict[str, Any]]:
        """Return what is on record of a fault met alone; the journal is read for many at once."""
        request_id = self.alone(case).id
        if request_id not in self._rows:
            recorded(self.proxy(case), request_id=request_id)
            self._rows = {}
            for proxy in (self.patient, self.impatient):
                for row in read_journal(proxy.state_dir):
                    self._rows.setdefault(row["request_id"], []).append(row)
        return self._rows[request_id]

    def ask(self, proxy: Proxy, door: Door, model: str, prompt: str) -> httpx.Response:
        return self._ask(proxy, door, model, prompt, {})

    def _meet(self, case: Case, way: str) -> Exchange:
        if (case.name, way) not in self._known:
            todo = [case]
            if case.fault.is_slow:
                todo = [one for one in CASES if one.fault.is_slow]
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                exchanges = threads.map(lambda one: self._exchange(one, way), todo)
                for one, exchange in zip(todo, exchanges, strict=True):
                    self._known[one.name, way] = exchange
        return self._known[case.name, way]

    def _exchange(self, case: Case, way: str) -> Exchange:
        prompt = prompt_of(case, way)
        model = f"{case.door.upstream_api}-{case.fault.place}"
        if way == "paired":
            model = f"{model}-or-second"
        asks = case.fault.asks
        reply = self._ask(self.proxy(case), case.door, model, prompt, asks)
        return Exchange(
            reply=reply,
            received=[one for one in self.upstream.received if prompt.encode() in one.body],
            by_second=[one for one in self.second.received if prompt.encode() in one.body],
        )

    def _ask(
        self, proxy: Proxy, door: Door, model: str, prompt: str, headers: Mapping[str, str]
    ) -> httpx.Response:
        body = door.body(model, prompt)
        headers = {**_CLIENT_SECRETS, **headers}
        return self.client.post(f"{proxy.url}{door.path}", json=body, headers=headers)


@contextmanager
def laboratory(folder: Path) -> Iterator[Laboratory]:
    with ExitStack() as stack:
        upstream = stack.enter_context(FakeUpstream(_as_told))
        second = stack.enter_context(FakeUpstream(_well(SECOND)))
        places = {
            "here": upstream.url,
            "second": second.url,
            "refused": stack.enter_context(_refusing()),
            "untrusted": stack.enter_context(_untrusted()),
            "busy": stack.enter_context(_busy()),
        }
        config = _config(places)
        patient, impatient = (
            stack.enter_context(running_proxy({**config, "resilience": limits}, folder / name))
            for name, limits in (("patient", _PATIENT), ("impatient", _IMPATIENT))
        )
        client = stack.enter_context(httpx.Client(timeout=30, verify=tls_context()))
        yield Laboratory(patient, impatient, upstream, second, places, client)
    failures = [*upstream.failures, *second.failures]
    assert [error for error in failures if not isinstance(error, ConnectionError)] == []


def _config(places: Mapping[str, str]) -> dict[str, Any]:
    """For each API and each place a provider, a model, and a route that goes on to the second."""
    providers: dict[str, Any] = {}
    models: dict[str, Any] = {}
    routes: dict[str, Any] = {}
    for api in WORDS:
        for place, url in places.items():
            name = f"{api}-{place}"
            providers[name] = {"base_url": url, "api_key": KEY, **_kind(api)}
            models[name] = {
                "endpoints": [{"provider": name, "model": f"mock-{name}"}],
                "price": {"input": 1.0, "output": 2.0},
                **({"capabilities": [api]} if api in {"completions", "embeddings"} else {}),
            }
            if place != "second":
                routes[f"{name}-or-second"] = {"models": [name, f"{api}-second"]}
    return {"providers": providers, "models": models, "routes": routes}


def _kind(api: str) -> dict[str, Any]:
    return {"type": "anthropic"} if api == "messages" else {"type": "openai", "apis": [api]}


async def _as_told(received: Received, wire: Wire) -> None:
    told = _TOLD.search(received.body)
    fault = FAULTS[told[1].decode()] if told else None
    if fault is None or fault.reply is None:
        await _well(GOOD)(received, wire)
        return
    words = next(words for words in WORDS.values() if words.path == received.path)
    await fault.reply(words, bool(received.json.get("stream")))(received, wire)


def _well(spoken: Mapping[str, Words]) -> Answer:
    async def answer(received: Received, wire: Wire) -> None:
        words = next(words for words in spoken.values() if words.path == received.path)
        if not received.json.get("stream"):
            await wire.whole(200, words.body)
            return
        await wire.begin_stream()
        for event in words.events:
            await wire.piece(event)
        await wire.end_stream()

    return answer


@contextmanager
def _refusing() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}/v1"


@contextmanager
def _busy() -> Iterator[str]:
    """An address whose queue of connections is full: connecting takes for ever."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as late:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        first.connect(server.getsockname())
        late.setblocking(False)
        late.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


@contextmanager
def _untrusted() -> Iterator[str]:
    """A server with a certificate of an authority that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        thread = threading.Thread(target=_shake_hands, args=(server, context))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.getsockname()[1]}/v1"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _shake_hands(server: socket.socket, context: ssl.SSLContext) -> None:
    """Fail if a client goes on to speak."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        connection.settimeout(5)
        try:
            with context.wrap_socket(connection, server_side=True) as trusted:
                assert trusted.recv(1) == b"", "a stranger's certificate was trusted"
        except OSError:
            connection.close()
