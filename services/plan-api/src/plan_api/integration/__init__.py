"""The outbox and the answers kept for repeated requests."""
