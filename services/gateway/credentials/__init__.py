"""Credentials at the gateway: sealed on receipt, never read again; who may use them, and signing in."""
