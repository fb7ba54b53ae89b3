"""HOW GOOD IS A STRATEGY? Measures the objects that serve on outcomes that are known."""
