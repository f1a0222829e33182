"""Who receives what is handed in of a round beside its decider; another list holds for all who are asked, at once."""

from collections.abc import Sequence
from uuid import UUID

from plan_api.obligations import receiving_repository as repository
from plan_api.requests import Act


async def replace_receivers(act: Act, round_id: UUID, receivers: Sequence[UUID]) -> None:
    """Let others receive a round: also what has come in already, which former receivers no longer list."""
    await repository.remove(act.connection, round_id)
    await repository.add(act.connection, round_id, receivers)
    act.record("change_receivers", "round", round_id, receivers=[str(unit_id) for unit_id in receivers])
