"""HOW GOOD WAS IT? What the proxy sees for itself of the quality of answers."""
