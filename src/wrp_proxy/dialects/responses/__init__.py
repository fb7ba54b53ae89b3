"""The Responses API, told in chat completions and back."""
