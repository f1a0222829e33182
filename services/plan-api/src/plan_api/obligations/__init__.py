"""Obligations: answered, decided, extended, consolidated."""
