"""Hold a submission still while it is read, and let it go again.

While held, another version is refused and the one handed in counts; deciding lets go as well. The review's own ladder
goes on chasing whoever reads for too long.
"""

from uuid import UUID

from cascade_contracts.vocabulary import ObligationState

from plan_api.obligations import repository
from plan_api.obligations.deciding import out, standing_to_decide
from plan_api.obligations.errors import WrongState
from plan_api.obligations.schemas import ObligationOut
from plan_api.requests import Act


async def freeze(act: Act, obligation_id: UUID) -> ObligationOut:
    """Hold what was submitted still; freezing again changes nothing.

    Raises:
        NotFound, NotTheDecidingUnit, DocumentNotInForce, WrongState: nothing changed.
    """
    standing = await standing_to_decide(act, obligation_id)
    if standing.state is not ObligationState.SUBMITTED:
        raise WrongState(state=standing.state, verb="freeze")
    if standing.frozen_at is not None:
        return out(standing, standing.state, standing.row_version)
    row_version = await repository.change(act.connection, standing.id, frozen_at=act.now, frozen_by=act.caller.name)
    act.record("freeze", "obligation", standing.id, submission=standing.submission_id)
    return out(standing, standing.state, row_version)


async def unfreeze(act: Act, obligation_id: UUID) -> ObligationOut:
    """Take other versions again; what is not frozen stays as it is.

    Raises:
        NotFound, NotTheDecidingUnit, DocumentNotInForce: nothing changed.
    """
    standing = await standing_to_decide(act, obligation_id)
    if standing.frozen_at is None:
        return out(standing, standing.state, standing.row_version)
    row_version = await repository.change(act.connection, standing.id, frozen_at=None, frozen_by=None)
    act.record("unfreeze", "obligation", standing.id)
    return out(standing, standing.state, row_version)
