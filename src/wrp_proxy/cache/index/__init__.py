"""The vectors of all entries, by partition, in this process."""
