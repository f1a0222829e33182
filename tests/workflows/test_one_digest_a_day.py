"""One person's attention: thirty cascades in one week make one digest a working day, plus what climbs."""

from collections import Counter
from datetime import timedelta

from harness.cascade import VIETNAM, Cascade, instant
from plan_api.rules.policies import STANDARD_POLICY

STEPS = [step.model_dump(mode="json") for step in STANDARD_POLICY.steps]


async def digests(cascade: Cascade) -> None:
    """Have the standard policy gather from now on."""
    await cascade.said("POST", "/v1/policies/standard/versions", {"name": "Tổng hợp", "digest": True, "steps": STEPS})


async def test_thirty_cascades_in_a_week_make_one_digest_a_working_day(cascade: Cascade) -> None:
    await digests(cascade)
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    school = await cascade.unit("Trường Trung học cơ sở Đông Hải", "THCS", professional=department)
    for number in range(30):
        await cascade.until(instant("2026-05-04T10:00") + timedelta(days=number // 6, minutes=number))
        asked = {"kind": "report", "title": f"Báo cáo số {number}", "due": {"form": "on", "date": "2026-05-20"}}
        await cascade.issue(department, [school], asked)

    await cascade.until("2026-05-20T09:00")

    mails = await cascade.mails_to(school)
    gathered = [mail for mail in mails if mail.step in {"announce", "remind"}]
    days = Counter(mail.at.astimezone(VIETNAM).date() for mail in gathered)
    assert set(days.values()) == {1}
    assert all(day.weekday() < 5 for day in days)
    assert {mail.at.astimezone(VIETNAM).strftime("%H:%M") for mail in gathered} == {"08:30"}
    assert sum(mail.notices for mail in gathered) == 30 * 3
    assert all(f"{mail.notices} thông báo" in mail.subject for mail in gathered)
    due = [mail for mail in mails if mail.step == "due"]
    assert (len(due), {mail.notices for mail in due}) == (30, {1})
    assert {mail.at.replace(second=0, microsecond=0) for mail in due} == {instant("2026-05-20T08:00")}


async def test_what_would_be_due_before_the_next_digest_goes_at_once(cascade: Cascade) -> None:
    await digests(cascade)
    await cascade.until("2026-05-04T10:00")
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department")
    school = await cascade.unit("Trường Trung học cơ sở Đông Hải", "THCS", professional=department)
    asked = {"kind": "report", "title": "Báo cáo gấp", "due": {"form": "on", "date": "2026-05-05"}}
    await cascade.issue(department, [school], asked)

    await cascade.settle()

    (mail,) = await cascade.mails_to(school)
    assert mail.at < instant("2026-05-04T10:05")
