"""Asks a proxy of its own in a network namespace with nothing but loopback; prints what it saw.

Run as `unshare --net python -m tests.end_to_end.cut_off FOLDER`.
"""

import fcntl
import json
import socket
import struct
import sys
from contextlib import closing
from pathlib import Path

import psutil

from tests.end_to_end.child import ChildProxy, child_proxy
from tests.proxy import ASK, ask, eventually

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
"""SIOCGIFFLAGS, SIOCSIFFLAGS and IFF_UP of linux/sockios.h and linux/if.h."""


def main(folder: Path) -> None:
    _bring_loopback_up()
    with child_proxy(None, folder) as proxy:
        eventually(proxy.is_ready, within_s=60)
        reply = proxy.openai.chat.completions.create(model="auto", messages=ASK, max_tokens=20)
        stream = proxy.openai.chat.completions.create(
            model="auto", messages=ASK, max_tokens=20, stream=True
        )
        seen: dict[str, object] = {
            "interfaces": [name for _, name in socket.if_nameindex()],
            "is_cut_off": _is_cut_off(),
            "tokens_exact": eventually(lambda: _tokens_exact(proxy)),
            "plain": reply.choices[0].message.content,
            "streamed": "".join(chunk.choices[0].delta.content or "" for chunk in stream),
        }
        children = proxy.descendants()
    _, alive = psutil.wait_procs(children, timeout=20)
    seen["left_behind"] = [child.pid for child in alive]
    sys.stdout.write(json.dumps(seen))


def _bring_loopback_up() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as control:
        named = struct.pack("16sh14x", b"lo", 0)
        _, flags = struct.unpack("16sh14x", fcntl.ioctl(control, _GET_FLAGS, named))
        fcntl.ioctl(control, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


def _is_cut_off() -> bool:
    with closing(socket.socket()) as outside:
        outside.settimeout(2)
        return outside.connect_ex(("192.0.2.1", 80)) != 0


def _tokens_exact(proxy: ChildProxy) -> str | None:
    """Tell how the tokens were counted, once the tokenizer has been loaded."""
    reply = ask(proxy, max_tokens=1, headers={"x-wrp-debug": "1"})
    exact = reply.headers["x-wrp-input-tokens-exact"]
    return exact if exact == "true" else None


if __name__ == "__main__":
    main(Path(sys.argv[1]))
