"""Who calls: keys and their owners."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from wrp_proxy.errors import AuthenticationError

ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Caller:
    """One request's sender."""

    request_id: str
    tenant: str
    is_admin: bool
    """May see the usage and the cached answers of all tenants."""
    headers: dict[bytes, bytes] = field(repr=False)
    team: str | None = None
    """Whose cached answers it may share."""
    may_publish: bool = False
    """May put answers into the cache for everybody."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a key stands for; the key itself is kept only as its SHA-256."""

    tenant: str
    is_admin: bool
    team: str | None = None
    may_publish: bool = False


NOBODY = Key("", is_admin=False)
"""Who calls a public path."""
_ANYBODY = Key(ANONYMOUS, is_admin=True)
"""Who calls where there are no keys."""


class KeyRing:
    """Finds the owner of a key by its hash, so that no comparison depends on its bytes."""

    def __init__(self, keys: Mapping[bytes, Key]) -> None:
        """`keys` maps SHA-256 digests to keys; without any, everybody is anonymous."""
        self._keys = keys

    def owner(self, headers: Mapping[bytes, bytes]) -> Key:
        """Return whose key this is; raise AuthenticationError."""
        if not self._keys:
            return _ANYBODY
        tokens = _tokens(headers)
        known = (self._keys.get(sha256(token).digest()) for token in tokens)
        key = next((key for key in known if key is not None), None)
        if key is None:
            said = "is not known" if any(tokens) else "is missing"
            raise AuthenticationError(
                f"Incorrect API key provided: it {said}. "  # some clients go by these four words
                "Send one of the proxy's keys as 'Authorization: Bearer KEY'."
            )
        return key


def _tokens(headers: Mapping[bytes, bytes]) -> list[bytes]:
    """List what may be the key; some clients send another vendor's beside it."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    bearer = token.strip() if scheme.lower() == b"bearer" else b""
    return [bearer, headers.get(b"x-api-key", b""), headers.get(b"api-key", b"")]
