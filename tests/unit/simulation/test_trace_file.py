"""A trace is read from lines of JSON or CSV, packed or not."""

import gzip
from pathlib import Path

import pytest

from wrp_proxy.simulation.trace_file import read_trace

JSON = (
    '{"arrival_s": 12.5, "input_tokens": 30, "output_tokens": 7}\n'
    "\n"
    '{"arrival_s": 10, "input_tokens": 20, "output_tokens": 5, "expected_tokens": 40}\n'
)
CSV = "arrival_s,input_tokens,output_tokens,expected_tokens\n12.5,30,7,\n10,20,5,40\n"
AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    "2023-11-16 18:15:48.1805900,30,7\n"
    "2023-11-16 18:15:45.6805900,20,5\n"
)


@pytest.mark.parametrize("text", [JSON, CSV, AZURE, "\ufeff" + CSV])
@pytest.mark.parametrize("is_packed", [False, True])
def test_requests_are_put_in_order_and_begin_at_zero(
    tmp_path: Path, text: str, is_packed: bool
) -> None:
    file = tmp_path / "trace"
    content = text.encode()
    file.write_bytes(gzip.compress(content) if is_packed else content)

    trace = read_trace(file)

    assert trace.arrival_s == pytest.approx([0, 2.5])
    assert trace.input_tokens.tolist() == [20, 30]
    assert trace.output_tokens.tolist() == [5, 7]
    assert trace.expected_tokens.tolist() == [25 if text == AZURE else 40, 37]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no column arrival_s"),
        ("arrival_s,input_tokens\n1,2\n", "names no column output_tokens"),
        ("arrival_s,input_tokens,output_tokens\n", "has no requests"),
        ("arrival_s,input_tokens,output_tokens\n1,2\n", "line 2"),
        ("arrival_s,input_tokens,output_tokens\nsoon,2,3\n", "line 2"),
        ("arrival_s,input_tokens,output_tokens\nnan,2,3\n", "finite times"),
        ("arrival_s,input_tokens,output_tokens\n1,-2,3\n", "lengths from 0 on"),
        ('{"arrival_s": 1, "input_tokens": 2}\n', "line 1"),
        ('{"arrival_s": 1, "input_tokens": 2, "output_tokens": 3}\nnothing\n', "line 2"),
    ],
)
def test_what_is_no_trace_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "trace"
    file.write_text(text)

    with pytest.raises(ValueError, match=says):
        read_trace(file)


def test_a_broken_archive_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trace.gz"
    file.write_bytes(gzip.compress(JSON.encode())[:-9])

    with pytest.raises(ValueError, match="cannot be unpacked"):
        read_trace(file)
