"""Where entries are held: in this process, in Redis, nowhere."""
