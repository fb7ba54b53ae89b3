"""How the lists of words in this folder are written: in one text, between white space."""


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


def word_map(text: str) -> dict[str, str]:
    """Read `key=value` pairs."""
    return dict(pair.split("=") for pair in text.split())
