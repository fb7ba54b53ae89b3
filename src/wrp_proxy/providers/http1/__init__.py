"""A lean HTTP/1.1 client on asyncio and httptools: one keep-alive pool per process."""
