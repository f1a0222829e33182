"""Documents: drafted, issued, suspended, recalled; their rounds and files."""
