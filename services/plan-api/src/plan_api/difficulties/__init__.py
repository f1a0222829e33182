"""Difficulties and proposals units raise about a document, and the answers of whoever issued it."""
