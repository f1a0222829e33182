"""Where facts meet Temporal: activities, outbox relay, worker."""
