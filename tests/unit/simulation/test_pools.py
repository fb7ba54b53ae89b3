"""pools.yaml is read strictly: each mistake is named, with its remedy."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from wrp_proxy.errors import ConfigError
from wrp_proxy.simulation.pools import PoolsFile
from wrp_proxy.simulation.pools_file import read_pools

EXAMPLE = Path(__file__).parents[3] / "configs" / "pools.yaml"
POOL: dict[str, Any] = {
    "name": "one",
    "slots": 4,
    "window": 4096,
    "prefill_tokens_per_s": 1000,
    "decode": {"base_s": 0.01},
    "price": {"replica_hour_usd": 2},
}
SHORT = {**POOL, "name": "short", "label": "short"}
LONG = {**POOL, "name": "long", "label": "long", "window": 32768}


def read(tmp_path: Path, content: object) -> PoolsFile:
    file = tmp_path / "pools.yaml"
    file.write_text(yaml.safe_dump(content))
    return read_pools(file)


def test_the_example_is_two_pools_and_their_alternative() -> None:
    file = read_pools(EXAMPLE)

    short, long = file.fleet().pools
    assert (short.name, short.slots, short.window) == ("short", 128, 8192)
    assert (long.name, long.slots, long.window) == ("long", 16, 65536)
    assert (file.one_pool().name, file.one_pool().slots) == ("one", 16)
    assert file.fleet().boundary_tokens == 8192


def test_slots_follow_from_the_cache_and_the_window() -> None:
    short = read_pools(EXAMPLE).fleet().pools[0]

    assert short.with_window(4096).slots == 256
    assert not short.with_window(4096).is_overcommitted


def test_slots_that_are_given_stay_and_may_overcommit_the_cache(tmp_path: Path) -> None:
    file = read(tmp_path, {"pools": [{**POOL, "kv_tokens": 8192}]})

    (pool,) = file.fleet().pools
    assert pool.is_overcommitted
    assert pool.with_window(2048).slots == 4


def test_the_alternative_is_the_long_pool_unless_it_is_written(tmp_path: Path) -> None:
    file = read(tmp_path, {"pools": [LONG, SHORT], "boundary_tokens": 4096})

    assert file.one_pool().name == "long"
    assert [pool.name for pool in file.fleet().pools] == ["short", "long"]


def test_without_a_target_the_usual_one_stands(tmp_path: Path) -> None:
    slo = read(tmp_path, {"pools": [POOL]}).slo

    assert (slo.ttft_p99_s, slo.tpot_p99_s) == (3.0, None)


def test_one_pool_needs_no_label(tmp_path: Path) -> None:
    assert read(tmp_path, {"pools": [POOL]}).fleet().pools[0].name == "one"


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in POOL.items() if name != key}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({}, "pools: is missing\n    -> add `pools:`"),
        ([1], "begin with `pools:`"),
        ({"pools": [{**POOL, "windw": 1}]}, "pools[0].windw: is not a known key\n    -> did you "),
        (
            {"pools": [{**POOL, "decode": {"base_s": 1, "per_seq": 2}}]},
            "pools[0].decode.per_seq: is not a known key",
        ),
        ({"boundary": 9, "pools": [POOL]}, "did you mean 'boundary_tokens'?"),
        ({"pools": [without("window")]}, "pools[0].window: is missing"),
        ({"pools": [without("slots")]}, "pools[0].slots: is missing\n    -> add `slots:`, or"),
        ({"pools": [{**POOL, "window": 0}]}, "pools[0].window: 0 is not accepted"),
        ({"pools": [{**POOL, "kv_tokens": 100}]}, "holds no whole window"),
        ({"pools": [{**POOL, "price": {}}]}, "give `replica_hour_usd:`, or `input_usd:`"),
        (
            {"pools": [{**POOL, "price": {"replica_hour_usd": 1, "input_usd": 1}}]},
            "pools[0].price: is not one kind of price",
        ),
        ({"pools": [SHORT, {**SHORT, "name": "b"}]}, "label one `short` and the other `long`"),
        ({"pools": [SHORT, {**LONG, "name": "short"}]}, "two have one name"),
        ({"pools": [SHORT, {**LONG, "window": 1024}], "boundary_tokens": 9}, "swap the labels"),
        ({"pools": [SHORT, LONG]}, "boundary_tokens: 8192 does not fit"),
        ({"pools": [POOL], "slo": {"ttft_p99": 1}}, "did you mean 'ttft_p99_s'?"),
        ({"pools": [POOL], "spillover": 2}, "spillover: 2 is not accepted"),
        ({"pools": [POOL], "homogeneous": without("slots")}, "homogeneous.slots: is missing"),
    ],
)
def test_nonsense_is_refused_with_its_place_and_remedy(
    tmp_path: Path, content: object, says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, content)

    assert says in str(refused.value)
