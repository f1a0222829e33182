"""The cascade command for operators."""
