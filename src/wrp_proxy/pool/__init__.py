"""WHICH ENDPOINT? Leases on the endpoints of a model."""
