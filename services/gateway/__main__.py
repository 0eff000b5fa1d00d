"""`python -m services.gateway`: the HTTP door of Weft."""

from services.gateway.app import compose
from services.gateway.settings import load_settings
from shared.service import run_service

if __name__ == "__main__":
    run_service("gateway", load_settings(), compose)
