"""WHICH MODEL? One file per strategy, one row per strategy in `registry`."""
