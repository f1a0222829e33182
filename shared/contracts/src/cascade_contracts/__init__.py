"""Messages, ids and workflow and activity names shared by the services; no I/O."""
