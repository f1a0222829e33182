"""The office's rules as pure functions: values in, values out; no database, no HTTP, no clock."""
