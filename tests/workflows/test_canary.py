"""The canary: once a day a synthetic document proves that steps fire, and nobody is bothered with it."""

from datetime import timedelta

from harness.assignment import assign
from harness.cascade import Cascade
from plan_api.supervision.canary import Canary


async def test_a_canary_comes_back_through_temporal_and_notifier_and_nobody_sees_it(cascade: Cascade) -> None:
    school = await assign(cascade, "2026-05-20")
    await cascade.settle()
    before = {path: await cascade.said("GET", path) for path in ("/v1/units", "/v1/documents", "/v1/obligations")}
    mails = len(await cascade.mails())
    canary = Canary(cascade.services)

    await canary.look()
    out = (await cascade.said("GET", "/v1/operations/health"))["canary"]
    assert (out["proved"], out["ended_at"]) == (None, None)
    await canary.look()  # still out: nothing is judged yet
    await cascade.until(cascade.clock.now() + timedelta(minutes=2))
    await canary.look()

    health = await cascade.said("GET", "/v1/operations/health")
    assert (health["canary"]["proved"], health["canary"]["detail"]) == (True, None)
    assert health["canary"]["ended_at"] is not None
    assert health["obligations_unarmed"] == 0
    assert len(await cascade.mails()) == mails
    for path, seen in before.items():
        assert await cascade.said("GET", path) == seen, path
    assert (await school.owes())["state"] == "open"

    await canary.look()  # the next one is let go a day later
    assert (await cascade.said("GET", "/v1/operations/health"))["canary"] == health["canary"]
    await cascade.until("2026-05-05T09:00")
    await canary.look()
    again = (await cascade.said("GET", "/v1/operations/health"))["canary"]
    assert (again["proved"], again["started_at"] > health["canary"]["started_at"]) == (None, True)
