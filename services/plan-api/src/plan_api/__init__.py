"""Keeps the facts: units, documents, obligations, submissions."""
