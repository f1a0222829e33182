"""Escalation policies as data: versions are added, never changed; what was armed keeps its own until armed again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from cascade_contracts.ids import new_id
from cascade_contracts.vocabulary import LadderKind, StepKind
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from plan_api.auth.service import require
from plan_api.escalation import repository
from plan_api.escalation.errors import PolicyIncoherent, UnknownPolicy
from plan_api.escalation.schemas import PolicyGiven, PolicyList, PolicyView
from plan_api.escalation.service import BUILT_IN
from plan_api.read.policies import documents_by_policy
from plan_api.requests import Act
from plan_api.rules.access import Verb
from plan_api.rules.policies import CANARY_POLICY, Policy, policy_from_json, policy_to_json


async def listing(connection: AsyncConnection, code: str | None = None) -> PolicyList:
    """Return the versions of every policy, or of one.

    Raises:
        UnknownPolicy: no policy of this code.
    """
    kept = await repository.policies(connection, code)
    used = await documents_by_policy(connection, [row.id for row in kept])
    views = [_view(row.id, policy_from_json(row.body), row.created_at, used) for row in kept]
    known = {(view.code, view.version) for view in views}
    fresh = [policy for policy in BUILT_IN.values() if code in {None, policy.code}]
    views += [_view(UUID(int=0), policy, None, used) for policy in fresh if (policy.code, policy.version) not in known]
    if code is not None and not views:
        raise UnknownPolicy(field="code", policy=code)
    shown = [view for view in views if view.code != CANARY_POLICY.code]
    return PolicyList(items=sorted(shown, key=lambda view: (view.code, -view.version)))


def _view(policy_id: UUID, policy: Policy, created_at: datetime | None, used: Mapping[UUID, int]) -> PolicyView:
    values: dict[str, Any] = {name: getattr(policy, name) for name in type(policy).model_fields}
    values["steps"] = list(policy.steps)
    return PolicyView(id=policy_id, created_at=created_at, documents=used.get(policy_id, 0), **values)


async def add_version(act: Act, code: str, given: PolicyGiven) -> PolicyView:
    """Keep the next version of a policy (the first of a new code) and return it; nothing armed changes.

    Raises:
        Forbidden.
        PolicyIncoherent: it could not be armed for every round.
    """
    await require(act.connection, act.caller, Verb.MANAGE_POLICIES, None)
    await repository.lock_policy(act.connection, code)
    newest = await repository.newest_policy(act.connection, code)
    built_in = BUILT_IN.get(code)
    version = max(newest.version if newest else 0, built_in.version if built_in else 0) + 1
    policy = _checked(code, version, given)
    policy_id = new_id()
    await repository.add_policy(
        act.connection,
        {
            "id": policy_id,
            "code": code,
            "version": version,
            "name": policy.name,
            "rehearsal": policy.rehearsal,
            "body": policy_to_json(policy),
            "created_at": act.now,
        },
    )
    act.record("add_policy_version", "policy", policy_id, code=code, version=version)
    return _view(policy_id, policy, act.now, {})


def _checked(code: str, version: int, given: PolicyGiven) -> Policy:
    """Return the policy; one that lacks what some round needs would fail later, so it is refused now."""
    values = given.model_dump(exclude_none=True)
    try:
        policy = Policy.model_validate(values | {"code": code, "version": version, "steps": tuple(given.steps)})
    except ValidationError as error:
        raise PolicyIncoherent(field="steps", why="; ".join(each["msg"] for each in error.errors())) from error
    if all(step.kind is not StepKind.ANNOUNCE for step in policy.steps):
        raise PolicyIncoherent(field="steps", why="announce: 0")
    if all(step.ladder is not LadderKind.REVIEW for step in policy.steps):
        raise PolicyIncoherent(field="steps", why="review: 0")
    return policy
