"""Run migrations on the connection `notifier.database.migrate` hands over, inside its transaction."""

from alembic import context
from notifier.models import NotifierTable

context.configure(connection=context.config.attributes["connection"], target_metadata=NotifierTable.metadata)
context.run_migrations()
