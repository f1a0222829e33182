"""Schools fill a form in; at the cut-off supervision drafts what came, merged by field, gaps declared."""

from harness.cascade import Cascade

FORM = {
    "fields": [
        {"key": "pupils", "label": "Số học sinh", "type": "integer", "minimum": 0},
        {
            "key": "trained",
            "label": "Tập huấn",
            "type": "percentage",
            "numerator": "Đã tập huấn",
            "denominator": "Tổng số",
        },
    ]
}


async def test_a_form_is_merged_at_its_cut_off_and_sent_up(cascade: Cascade) -> None:
    city = await cascade.unit("Ủy ban nhân dân thành phố", "UBND", "peoples_committee")
    department = await cascade.unit("Sở Giáo dục và Đào tạo", "SGDDT", "department", administrative=city)
    first, second, silent = [
        await cascade.unit(f"Trường số {n}", f"T{n}", professional=department) for n in range(1, 4)
    ]
    asked = {"kind": "report", "title": "Báo cáo kết quả", "period": "2026-H1", "form": FORM}
    parent = await cascade.issue(city, [department], asked | {"due": {"form": "on", "date": "2026-05-29"}})
    below = asked | {"due": {"form": "on", "date": "2026-05-20"}, "cut_off_at": "2026-05-22T17:00:00+07:00"}
    plan = await cascade.issue(department, [first, second, silent], below, kind="plan", parents=[parent])
    await cascade.until("2026-05-19T09:00")
    await cascade.hand_in(first, plan, values={"pupils": 500, "trained": {"numerator": 1, "denominator": 4}})
    await cascade.hand_in(second, plan, values={"pupils": 300, "trained": {"numerator": 3, "denominator": 3}})

    await cascade.until("2026-05-22T17:00")

    drafted = await cascade.consolidation(plan)
    assert drafted["content"]["form"]["values"] == {
        "pupils": 800,
        "trained": {"numerator": 4, "denominator": 7},
    }
    assert [gap["name"] for gap in drafted["gaps"]] == [silent.name]
    await cascade.report_up(plan)
    owed = await cascade.obligation(department, parent, "report")
    answered = await cascade.said("GET", f"/v1/obligations/{owed['id']}")
    assert answered["submissions"][0]["values"]["pupils"] == 800

    late = {"pupils": 50, "trained": {"numerator": 0, "denominator": 1}}
    await cascade.hand_in(silent, plan, values=late)
    assert (await cascade.consolidation(plan))["out_of_date_since"] is not None
