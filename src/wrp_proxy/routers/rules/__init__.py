"""Rules of the operator: what they say, whether they can ever fire, and what they choose."""
