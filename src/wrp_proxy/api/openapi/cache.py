"""What is said of the cache and of its answers: wishes, entries, figures, opinions."""

from wrp_proxy.api.openapi.schemas import (
    AMOUNT,
    NAME,
    TEXT,
    WHOLE,
    Schema,
    any_of,
    described,
    exactly,
    listing,
    mapping,
    one_of,
    record,
    whole,
)

SECONDS: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
NAMESPACE: Schema = {"type": "string", "minLength": 1, "maxLength": 256}
_YES_OR_NO: Schema = {"type": "boolean"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_COUNTS = mapping(_COUNT)

_WISHES = {
    "ttl": SECONDS,
    "s-maxage": SECONDS,
    "no-cache": _YES_OR_NO,
    "no-store": _YES_OR_NO,
    "namespace": NAMESPACE,
    "public": _YES_OR_NO,
}
CACHE_FIELD = described(
    {**exactly(_WISHES), "type": ["object", "null"]},
    "Wishes of the cache, which no upstream sees; who has any asks for it.",
)

_OF_THE_PROXY = "^(auto:|verifier:|shadow)"
_VERDICTS = ("good_fit", "underpowered", "overprovisioned", "failed")
_OPINION = {
    "request_id": described(
        {"type": ["string", "null"], "minLength": 1, "maxLength": 128},
        "The x-request-id of an answer.",
    ),
    "session": described(
        {"type": ["string", "null"], "minLength": 1, "maxLength": 256},
        "The x-session-id of all answers that are meant.",
    ),
    "score": described({"type": ["number", "null"], "minimum": 0, "maximum": 1}, "1: good."),
    "verdict": one_of(*_VERDICTS, None),
    "source": described(
        {"type": "string", "minLength": 1, "maxLength": 64, "not": {"pattern": _OF_THE_PROXY}},
        "Whose opinion; a later one of the same source takes its place.",
    ),
    "comment": {"type": ["string", "null"], "maxLength": 2000},
    "preferred": described({"type": ["string", "null"], "maxLength": 256}, "A better model."),
}
_EITHER = any_of(
    *(
        record(
            {
                of: {"type": "string"},
                other: {"type": "null"},
                said: {"type": kind},
                unsaid: {"type": "null"},
            },
            of,
            said,
        )
        for of, other in (("request_id", "session"), ("session", "request_id"))
        for said, unsaid, kind in (("score", "verdict", "number"), ("verdict", "score", "string"))
    )
)

_PENDING = described({"type": "boolean"}, "Redis is away: other proxies hear of it later.")
_SCOPE = described(_TEXT_OR_NULL, "`key:NAME`, `team:NAME`, `public`; null: all.")

CACHE_REQUESTS: dict[str, Schema] = {
    "FlushRequest": exactly({"scope": _SCOPE}),
    "FeedbackRequest": {**exactly(_OPINION), **_EITHER},
    "ExportedEntries": described(TEXT, "Lines of JSON: a head, and one for each entry."),
}

_ENTRY = {
    "id": NAME,
    "partition": TEXT,
    "canonical": TEXT,
    "scope": NAME,
    "tenant": NAME,
    "request_id": described(NAME, "The request that was answered first."),
    "namespace": TEXT,
    "api": one_of("chat", "completions", "embeddings", "responses", "messages"),
    "route": NAME,
    "model": NAME,
    "category": NAME,
    "question": described(TEXT, "What may be put in other words; empty: nothing."),
    "created_at": {"type": "number"},
    "expires_at": {"type": "number"},
    "epoch": WHOLE,
    "size": _COUNT,
    "cost_usd": AMOUNT,
    "fingerprint": TEXT,
}
_STORE = {
    "state": one_of("ok", "starting", "unreachable"),
    "detail": TEXT,
    "entries": _COUNT,
    "payload_bytes": _COUNT,
    "partitions": _COUNT,
    "vectors": _COUNT,
    "evicted": _COUNT,
    "waiting_writes": _COUNT,
    "lost_writes": _COUNT,
}
_BOUND = {
    "route": TEXT,
    "category": TEXT,
    "audited": _COUNT,
    "wrong": _COUNT,
    "upper": described(SHARE, "Upper limit of the share of wrong hits."),
    "raised": described({"type": "number", "minimum": 0}, "What it adds to the threshold."),
}
_SERVED = {
    "by_tier": _COUNTS,
    "by_route": mapping(_COUNTS),
    "by_category": mapping(_COUNTS),
    "by_partition": mapping(_COUNTS),
}
_HIT = {
    "request_id": NAME,
    "tenant": NAME,
    "at": {"type": "number"},
    "entry_id": NAME,
    "asked": TEXT,
    "known": TEXT,
    "similarity": {"type": "number"},
    "route": NAME,
    "category": NAME,
    "right": described(one_of(False, None), "null: nobody has said."),
}


CACHE_STATE = whole({"state": _STORE["state"], "detail": TEXT})
CACHE_ANSWERS: dict[str, Schema] = {
    "CacheStats": whole(
        {
            "store": whole(_STORE),
            "embedder": record({"fingerprint": TEXT}, "fingerprint"),
            "answers": whole(_SERVED),
            "reasons": _COUNTS,
            "saved_usd": {"type": "number"},
            "in_flight": whole({"flights": _COUNT, "passengers": _COUNT}),
            "false_hits": listing(whole(_BOUND)),
            "judge": mapping({"type": "number"}),
        }
    ),
    "CacheEntries": whole({"object": one_of("list"), "data": listing(whole(_ENTRY))}),
    "CacheEntry": whole({**_ENTRY, "answer": {}}),
    "CacheDeleted": whole({"deleted": _COUNT, "pending": _PENDING}),
    "CacheFlushed": whole({"epoch": _COUNT, "pending": _PENDING}),
    "CacheImported": whole({"imported": _COUNT, "refused": _COUNT}),
    "CacheSuspects": whole({"object": one_of("list"), "data": listing(whole(_HIT))}),
    "Feedback": whole(
        {
            "object": one_of("feedback"),
            "request_id": _TEXT_OR_NULL,
            "session": _TEXT_OR_NULL,
            "answers": described(_COUNT, "How many answers it was said of."),
            "score": SHARE,
            "verdict": one_of(*_VERDICTS, None),
            "source": NAME,
            "replaced": _YES_OR_NO,
            "evicted": described(_COUNT, "Entries that are given no more."),
        }
    ),
}

CACHE_EXAMPLES: dict[str, Schema] = {
    "FlushRequest": {"scope": "key:ada"},
    "FeedbackRequest": {"request_id": "req_2a55b14f522649328c4fbcc4", "verdict": "failed"},
}
