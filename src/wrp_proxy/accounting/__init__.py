"""AT WHAT COST? Prices, records and metrics."""
