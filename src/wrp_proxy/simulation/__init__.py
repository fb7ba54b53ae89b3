"""What a fleet would cost, and how fast it would be, for a trace of real requests."""
