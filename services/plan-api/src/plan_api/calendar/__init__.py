"""Days whose working status differs from the published calendar."""
