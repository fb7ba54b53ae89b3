"""From an origin to a connection: the first address that answers, and TLS where asked for."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address
from typing import TypeVar

import aiohappyeyeballs
from aiohappyeyeballs import AddrInfoType

_HEAD_START_S = 0.25
"""How long an address is tried alone before the next one is tried as well (RFC 8305)."""

_P = TypeVar("_P", bound=asyncio.Protocol)


Resolve = Callable[[str, int], Awaitable[Sequence[AddrInfoType]]]


async def resolve(host: str, port: int) -> Sequence[AddrInfoType]:
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def connect(
    host: str,
    port: int,
    make: Callable[[], _P],
    tls: ssl.SSLContext | None,
    resolve: Resolve = resolve,
) -> _P:
    """Raise OSError or ValueError where nobody answers, or not as whom they should."""
    loop = asyncio.get_running_loop()
    if _is_address(host):
        _, connection = await loop.create_connection(make, host, port, ssl=tls)
        return connection
    reached = await _first_to_answer(await resolve(host, port))
    name = host if tls is not None else None
    _, connection = await loop.create_connection(make, sock=reached, ssl=tls, server_hostname=name)
    return connection


async def _first_to_answer(addresses: Sequence[AddrInfoType]) -> socket.socket:
    try:
        return await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=_HEAD_START_S
        )
    except RuntimeError as error:  # uvloop's word for some failures to connect
        raise OSError(str(error)) from error


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
