"""The paths of the cache, and of feedback on answers."""

from wrp_proxy.api.openapi.answers import REPLAYED, answer, errors, lines
from wrp_proxy.api.openapi.cache import CACHE_EXAMPLES
from wrp_proxy.api.openapi.operation import DOOR, Operation, asking, operation, tagged
from wrp_proxy.api.openapi.parameters import ENTRY_FILTERS
from wrp_proxy.api.openapi.schemas import Schema, ref


def _of_cache(
    name: str, summary: str, good: Schema, wrong: tuple[str, ...] = (), *parameters: str
) -> Operation:
    """Describe an operation on the cache; `wrong` are the errors besides those of the door."""
    replies = {"200": good, **errors(*DOOR, *wrong)}
    return tagged(operation(name, summary, replies, parameters), "cache")


def _replayable(reply: Schema) -> Schema:
    return {**reply, "headers": {**reply["headers"], "idempotent-replayed": REPLAYED}}


_FLUSH = asking(
    _of_cache(
        "flushCache", "Give nothing again that was kept before", answer("CacheFlushed"), ("400",)
    ),
    "FlushRequest",
    CACHE_EXAMPLES["FlushRequest"],
    is_required=False,
)
_IMPORT = {
    **_of_cache(
        "importCache",
        "Take in what a proxy with the same cache.secret has exported",
        answer("CacheImported"),
        ("400", "413"),
    ),
    "requestBody": {
        "required": True,
        "content": {"application/jsonl": {"schema": ref("schemas", "ExportedEntries")}},
    },
}
_FEEDBACK = asking(
    operation(
        "feedback",
        "Say what an answer of the last seven days was worth, or a session's answers",
        {"200": _replayable(answer("Feedback")), **errors(*DOOR, "400", "404", "409")},
        ("idempotency_key",),
    ),
    "FeedbackRequest",
    CACHE_EXAMPLES["FeedbackRequest"],
)

CACHE_PATHS: dict[str, dict[str, Operation]] = {
    "/v1/cache/stats": {
        "get": _of_cache(
            "cacheStats", "Count by tier, route, category and partition", answer("CacheStats")
        ),
    },
    "/v1/cache/entries": {
        "get": _of_cache(
            "cacheEntries",
            "List entries, the newest first: the caller's own, or all for an admin",
            answer("CacheEntries"),
            ("400",),
            *ENTRY_FILTERS,
            "limit",
        ),
        "delete": _of_cache(
            "deleteCacheEntries",
            "Forget all entries that match at least one filter",
            answer("CacheDeleted"),
            ("400",),
            *ENTRY_FILTERS,
        ),
    },
    "/v1/cache/entries/{entry_id}": {
        "get": _of_cache(
            "cacheEntry",
            "Show an entry with its answer",
            answer("CacheEntry"),
            ("404",),
            "entry_id",
        ),
        "delete": _of_cache(
            "deleteCacheEntry",
            "Forget an entry, in all replicas",
            answer("CacheDeleted"),
            ("404",),
            "entry_id",
        ),
    },
    "/v1/cache/flush": {"post": _FLUSH},
    "/v1/cache/export": {
        "get": _of_cache("exportCache", "Return all entries with their answers", lines()),
    },
    "/v1/cache/import": {"post": _IMPORT},
    "/v1/cache/audit": {
        "get": _of_cache(
            "auditCache",
            "List semantic hits that may be wrong, the worst first",
            answer("CacheSuspects"),
            ("400",),
            "limit",
        ),
    },
    "/v1/feedback": {"post": tagged(_FEEDBACK, "feedback")},
}
