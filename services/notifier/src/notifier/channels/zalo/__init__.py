"""Zalo: the grant that sending needs, and the protocol of its business messages."""
