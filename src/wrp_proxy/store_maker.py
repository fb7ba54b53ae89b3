"""Makes the cache's store from what is configured, and the secret of its names."""

from hashlib import blake2b, scrypt
from pathlib import Path
from random import Random
from secrets import token_bytes
from time import time
from urllib.parse import urlsplit

from pydantic import SecretStr

from wrp_proxy.cache.base import Store
from wrp_proxy.cache.stores.limits import StoreLimits
from wrp_proxy.cache.stores.memory import MemoryStore
from wrp_proxy.cache.stores.null import NullStore
from wrp_proxy.cache.stores.snapshot import SnapshotFile
from wrp_proxy.cache.stores.vectors import Vectors
from wrp_proxy.cache.unsemantic import NoVectors
from wrp_proxy.settings.cache import CacheSettings, RedisSettings

_SECRET_FILE = "cache.secret"  # noqa: S105 - the name of a file
_SNAPSHOT_FILE = "cache.snapshot"
_SECRET_BYTES = 32


def make_vectors(*, is_semantic: bool) -> Vectors:
    if not is_semantic:
        return NoVectors()
    from wrp_proxy.cache.index.partitions import PartitionedIndex

    return PartitionedIndex()


def make_store(
    settings: CacheSettings, state_dir: Path, vectors: Vectors, fingerprint: str
) -> Store:
    """Make the store; nothing is read and nobody is asked before it runs."""
    kind = settings.store or ("redis" if settings.redis else "memory")
    if kind == "none":
        return NullStore()
    limits = StoreLimits(
        max_bytes=settings.max_bytes,
        max_entries=settings.max_entries,
        quotas=settings.quotas,
        tenant_share=settings.key_share,
        writes_per_minute=settings.writes_per_minute,
    )
    if settings.redis is not None:
        return _redis_store(settings.redis, vectors, limits, fingerprint)
    return MemoryStore(
        vectors=vectors,
        limits=limits,
        clock=time,
        fingerprint=fingerprint,
        snapshot=SnapshotFile(state_dir / _SNAPSHOT_FILE) if settings.snapshot else None,
        snapshot_every_s=settings.snapshot_interval_s,
    )


def _redis_store(
    settings: RedisSettings, vectors: Vectors, limits: StoreLimits, fingerprint: str
) -> Store:
    from wrp_proxy.cache.stores.redis_options import RedisOptions
    from wrp_proxy.cache.stores.redis_store import RedisStore
    from wrp_proxy.cache.stores.sharded import ShardedStore

    def one(url: SecretStr) -> RedisStore:
        options = RedisOptions(
            url=url.get_secret_value(),
            cluster=settings.cluster,
            prefix=settings.prefix,
            timeout_s=settings.timeout_ms / 1000,
            local_bytes=settings.local_bytes,
            log_length=settings.log_length,
        )
        return RedisStore(
            options,
            vectors=vectors,
            limits=limits,
            clock=time,
            fingerprint=fingerprint,
            random=Random(),  # noqa: S311 - spreads waiting times
        )

    if settings.url is not None:
        return one(settings.url)
    shards = {_place(url): one(url) for url in settings.shards or []}
    return ShardedStore(shards)


def _place(url: SecretStr) -> str:
    """Name a server without its password."""
    parts = urlsplit(url.get_secret_value())
    return f"{parts.hostname}:{parts.port}{parts.path}"


def cache_secret(settings: CacheSettings, state_dir: Path) -> bytes:
    """Return the secret that entries are named with: what is set, what all who share a Redis know
    (its password), or one that is made once and stays in the state directory.
    """
    if settings.secret is not None:
        return _digest("secret", settings.secret.get_secret_value())
    if settings.redis is not None:
        redis = settings.redis
        urls = [redis.url] if redis.url else redis.shards or []
        passwords = (urlsplit(url.get_secret_value()).password or "" for url in urls)
        # Names of entries are shown to callers: nobody is to guess the password by them.
        return scrypt(
            "\0".join(passwords).encode(),
            salt=redis.prefix.encode(),
            n=2**14,
            r=8,
            p=1,
            dklen=_SECRET_BYTES,
        )
    return _own_secret(state_dir)


def installation(state_dir: Path) -> str:
    """Name this installation, for callers who have no name."""
    return blake2b(b"installation", digest_size=8, key=_own_secret(state_dir)).hexdigest()


def _own_secret(state_dir: Path) -> bytes:
    path = state_dir / _SECRET_FILE
    try:
        known = path.read_bytes()
    except FileNotFoundError:
        known = b""
    if len(known) == _SECRET_BYTES:
        return known
    state_dir.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    made = token_bytes(_SECRET_BYTES)
    path.write_bytes(made)
    return made


def _digest(*parts: str) -> bytes:
    return blake2b("\0".join(parts).encode(), digest_size=_SECRET_BYTES).digest()
