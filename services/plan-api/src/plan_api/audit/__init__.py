"""The append-only, sealed audit."""
