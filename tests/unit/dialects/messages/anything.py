"""Endless inputs."""

from hypothesis import strategies as st

words = st.text(st.characters(codec="utf-8"), max_size=8) | st.just("a\u2028b")
names = st.text("abc_", min_size=1, max_size=8)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
