"""What labels teach: bounds per entry, per category and per partition."""
