"""Process plumbing shared by the services."""
