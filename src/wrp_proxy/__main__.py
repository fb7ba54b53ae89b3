"""`python -m wrp_proxy` is `wrp-proxy`."""

from wrp_proxy.cli import app

if __name__ == "__main__":
    app()
