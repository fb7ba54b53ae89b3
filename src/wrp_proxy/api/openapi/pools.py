"""What is said of the pools, and the path that shows and changes them."""

from wrp_proxy.api.openapi.answers import answer, errors
from wrp_proxy.api.openapi.operation import DOOR, Operation, asking, operation, tagged
from wrp_proxy.api.openapi.schemas import (
    AMOUNT,
    FLAG,
    NAME,
    TEXT,
    Schema,
    any_of,
    described,
    exactly,
    listing,
    one_of,
    record,
    whole,
)

_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_COUNT_OR_NULL: Schema = {"type": ["integer", "null"], "minimum": 0}
_STATES = ("in_service", "draining", "resting", "no_valid_key", "trying")
_UNTIL = described(AMOUNT, "Unix seconds; null: in service, or not known.")

_ENDPOINT = {
    "endpoint": described(NAME, "`provider/model#label`."),
    "provider": NAME,
    "region": _TEXT_OR_NULL,
    "context_window": _COUNT_OR_NULL,
    "state": one_of(*_STATES),
    "why": _TEXT_OR_NULL,
    "until": _UNTIL,
    "weight": {"type": "number", "exclusiveMinimum": 0},
    "slots": described(_COUNT_OR_NULL, "null: no limit."),
    "in_flight": _COUNT,
    "elsewhere": described(_COUNT, "In flight from other replicas."),
    "failures": described(_COUNT, "In the window."),
    "latency_s": described(AMOUNT, "Peak EWMA of the time to first content."),
    "ttft_p50_s": AMOUNT,
    "ttft_p95_s": AMOUNT,
    "tpot_s": AMOUNT,
    "prefill_tokens_per_s": AMOUNT,
    "expected_wait_s": {"type": "number", "minimum": 0},
    "warmth": {"type": "number", "minimum": 0, "maximum": 1},
}
_BOUNDARY = described(
    {
        **whole({"tokens": _COUNT, "proposed": _COUNT_OR_NULL}),
        "type": ["object", "null"],
    },
    "Where the pool is cut into short and long; null: it is not.",
)
_POOL = {
    "model": NAME,
    "balance": NAME,
    "waiting": described(_COUNT, "Requests in line."),
    "boundary": _BOUNDARY,
    "endpoints": listing(whole(_ENDPOINT)),
}
_KEY = {"provider": NAME, "state": one_of(*_STATES), "until": _UNTIL}
_CHANGE = {
    "endpoint": described({**NAME, "maxLength": 512}, "As GET /v1/pools names it."),
    "model": described(
        {"type": ["string", "null"], "minLength": 1, "maxLength": 256},
        "Only of this model, where several have an endpoint of that name.",
    ),
    "draining": described(FLAG, "It gets no new requests; those in flight go on."),
    "weight": described(
        {"type": ["number", "null"], "exclusiveMinimum": 0}, "Its share of the traffic."
    ),
    "revive": described(FLAG, "Put it and its key back into service at once."),
}

_SOMETHING = any_of(
    record({"draining": {"type": "boolean"}}, "draining"),
    record({"weight": {"type": "number"}}, "weight"),
    record({"revive": one_of(True)}, "revive"),
)

_CUT = {
    "model": {**NAME, "maxLength": 256},
    "boundary_tokens": {"type": "integer", "minimum": 1, "maximum": 100_000_000},
}

_IS_KEPT = described({"type": "boolean"}, "It outlives this process.")

POOL_REQUESTS: dict[str, Schema] = {
    "PoolChangeRequest": {**exactly(_CHANGE, "endpoint"), **_SOMETHING},
    "PoolBoundaryRequest": exactly(_CUT, "model", "boundary_tokens"),
}
POOL_ANSWERS: dict[str, Schema] = {
    "Pools": whole(
        {"object": one_of("list"), "data": listing(whole(_POOL)), "keys": listing(whole(_KEY))}
    ),
    "PoolChange": whole(
        {
            "object": one_of("pool.change"),
            "endpoint": NAME,
            "models": listing(NAME),
            "left_without": described(listing(NAME), "Models whose endpoints are all drained."),
            "is_kept": _IS_KEPT,
            "notes": listing(TEXT),
        }
    ),
    "PoolBoundary": whole(
        {
            "object": one_of("pool.boundary"),
            "model": NAME,
            "boundary_tokens": _COUNT,
            "is_kept": _IS_KEPT,
            "notes": listing(TEXT),
        }
    ),
}
_EXAMPLE: Schema = {"endpoint": "openai/gpt-4.1", "draining": True}


def _of_pools(name: str, summary: str, reply: str, *wrong: str) -> Operation:
    return tagged(
        operation(name, summary, {"200": answer(reply), **errors(*DOOR, *wrong)}), "pools"
    )


POOL_PATHS: dict[str, dict[str, Operation]] = {
    "/v1/pools": {
        "get": _of_pools("pools", "Show every model with the state of its endpoints", "Pools"),
        "post": asking(
            _of_pools(
                "changePool",
                "Drain an endpoint, give it another weight, or revive it",
                "PoolChange",
                "400",
                "404",
                "413",
            ),
            "PoolChangeRequest",
            _EXAMPLE,
        ),
    },
    "/v1/pools/boundary": {
        "post": asking(
            _of_pools(
                "cutPool",
                "Cut a pool into short and long at another length",
                "PoolBoundary",
                "400",
                "404",
                "413",
            ),
            "PoolBoundaryRequest",
            {"model": "house", "boundary_tokens": 4096},
        ),
    },
}
