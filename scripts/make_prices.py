"""Make configs/prices.yaml from the price map that ships with LiteLLM (MIT).

    python scripts/make_prices.py --wheel litellm-1.109.1-cp310-abi3-any.whl --date 2026-11-23

Only facts are taken: names, prices, windows and capabilities. A model is kept when its vendor
still sells it on the given date, by the token, and it answers /chat/completions or makes
embeddings. Prices are the standard ones: batch, priority and long-prompt rates are not taken.
"""

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

Entry = Mapping[str, Any]
PriceMap = Mapping[str, Entry]

HEADER = "# Made by scripts/make_prices.py; prices are USD per million tokens."
MAP_NAME = "model_prices_and_context_window_backup.json"
CHAT_ENDPOINT = "/v1/chat/completions"
SMALLEST_CHAT_WINDOW = 100_000

INPUT = "input_cost_per_token"
OUTPUT = "output_cost_per_token"
CACHED_INPUT = "cache_read_input_token_cost"

BARE_VENDORS = {"openai", "anthropic"}
EMBEDDING_VENDORS = {"openai", "gemini", "mistral"}
VENDORS = {
    "azure": "azure",
    "deepseek": "deepseek",
    "fireworks_ai": "fireworks",
    "gemini": "gemini",
    "groq": "groq",
    "mistral": "mistral",
    "openrouter": "openrouter",
    "together_ai": "together",
    "xai": "xai",
}
CAPABILITIES = {
    "supports_audio_input": "audio",
    "supports_function_calling": "tools",
    "supports_reasoning": "reasoning",
    "supports_response_schema": "json_schema",
    "supports_vision": "vision",
}
UNWANTED = {
    "fine-tunes": r"^ft:",
    "regional and spot copies": r"^azure/.+/|-us$|-spot$",
    "short names the vendor does not know": r"^fireworks/(?!accounts/)",
    "names for the vendor's own tools": r"^mistral/mistral-(code|vibe)",
    "not plain chat": r"audio|computer-use|deep-research|guard|image|lyria|ocr|realtime"
    r"|robotics|search|tts",
    "trial versions": r"beta|experimental|-exp-\d|-gv2$",
    "long superseded": r"gpt-3|gpt-4-|o1-mini|ada-002-v|deepseek-(coder|r1|v3)|llama-3"
    r"|mamba|nemo$|pixtral",
}
UNWANTED_NAME = re.compile("|".join(UNWANTED.values()), re.IGNORECASE)


def read_wheel(path: Path) -> PriceMap:
    with zipfile.ZipFile(path) as wheel:
        prices: PriceMap = json.loads(wheel.read(f"litellm/{MAP_NAME}"))
    return prices


def read_map(path: Path) -> PriceMap:
    prices: PriceMap = json.loads(path.read_text(encoding="utf-8"))
    return prices


def our_name(name: str, entry: Entry) -> str | None:
    provider = entry.get("litellm_provider", "")
    if provider in BARE_VENDORS:
        return name
    prefix, _, upstream = name.partition("/")
    known = prefix == provider and provider in VENDORS
    return f"{VENDORS[provider]}/{upstream}" if known else None


def window(entry: Entry) -> int:
    return int(entry.get("max_input_tokens") or entry.get("max_tokens") or 0)


def is_chat(entry: Entry) -> bool:
    mode = entry.get("mode")
    endpoints = entry.get("supported_endpoints", [CHAT_ENDPOINT] if mode == "chat" else [])
    return (
        mode in {"chat", "responses"}
        and CHAT_ENDPOINT in endpoints
        and window(entry) >= SMALLEST_CHAT_WINDOW
        and bool(entry.get(INPUT) and entry.get(OUTPUT))
    )


def is_embedding(entry: Entry) -> bool:
    known = entry["litellm_provider"] in EMBEDDING_VENDORS
    return known and entry.get("mode") == "embedding" and bool(entry.get(INPUT))


def is_sold_by_token(entry: Entry) -> bool:
    """Fireworks entries without a cached price are deployments, priced by size alone."""
    return entry["litellm_provider"] != "fireworks_ai" or CACHED_INPUT in entry


def is_kept(name: str, entry: Entry, today: date) -> bool:
    return (
        entry.get("deprecation_date", "9999") > today.isoformat()
        and not UNWANTED_NAME.search(name)
        and is_sold_by_token(entry)
        and (is_chat(entry) or is_embedding(entry))
    )


def pick_models(prices: PriceMap, today: date) -> dict[str, Entry]:
    named = ((our_name(name, entry), entry) for name, entry in prices.items())
    kept = {name: entry for name, entry in named if name and is_kept(name, entry, today)}
    return {name: kept[name] for name in sorted(kept)}


def capabilities(entry: Entry) -> list[str]:
    if entry["mode"] == "embedding":
        return ["embeddings"]
    return sorted(ours for theirs, ours in CAPABILITIES.items() if entry.get(theirs))


def per_million(price: float) -> str:
    return f"{price * 1_000_000:.6f}".rstrip("0").rstrip(".")


def describe(entry: Entry) -> str:
    facts = {"input": per_million(entry[INPUT]), "output": per_million(entry.get(OUTPUT) or 0)}
    if entry.get(CACHED_INPUT) is not None:
        facts["cached_input"] = per_million(entry[CACHED_INPUT])
    facts["context_window"] = str(window(entry))
    if entry.get("max_output_tokens"):
        facts["max_output"] = str(int(entry["max_output_tokens"]))
    facts["capabilities"] = f"[{', '.join(capabilities(entry))}]"
    return ", ".join(f"{key}: {value}" for key, value in facts.items())


def render(models: Mapping[str, Entry], source: str, today: date) -> str:
    head = [HEADER, f"date: {today}", f"source: {source}", "models:"]
    lines = [f"  {name}: {{{describe(entry)}}}" for name, entry in models.items()]
    return "\n".join([*head, *lines, ""])


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make the price table from LiteLLM's price map.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--wheel", type=Path, help="a litellm wheel")
    source.add_argument("--map", type=Path, help="the price map itself, as JSON")
    parser.add_argument("--date", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
    parser.add_argument("--output", type=Path, default=Path("configs/prices.yaml"))
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> None:
    given = parse_arguments(argv)
    prices = read_wheel(given.wheel) if given.wheel else read_map(given.map)
    release = f"litellm {given.wheel.name.split('-')[1]}" if given.wheel else "litellm"
    models = pick_models(prices, given.date)
    table = render(models, f"{release}, {MAP_NAME} (MIT)", given.date)
    given.output.write_text(table, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(models)} models written to {given.output}\n")


if __name__ == "__main__":
    main()
