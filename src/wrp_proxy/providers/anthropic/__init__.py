"""The Messages API of Anthropic: as it is, and behind chat completions."""
