"""Anthropic's Messages API, served from upstreams that only have chat completions."""
