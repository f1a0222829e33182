"""What a form holds is written as Vietnamese offices write it."""

from harness.forms import EVERY_KIND, FILLED
from plan_api.forms.showing import shown
from plan_api.rules.forms import Form

FORM = Form.model_validate(EVERY_KIND)


def test_every_kind_in_words() -> None:
    filled = FILLED | {"area": "1250.50", "minutes": [{"sha256": "a" * 64, "name": "bien-ban.pdf"}]}

    assert shown(FORM, filled) == [
        ("Số học sinh", "500 em"),
        ("Số học sinh nữ", "260"),
        ("Số học sinh nam", "240"),
        ("Diện tích", "1.250,50 m²"),
        ("Kinh phí", "25.000.000 đồng"),
        ("Giáo viên được tập huấn", "12/30 (40,00 %)"),
        ("Kết quả", "Ba lớp."),
        ("Mức độ", "Tốt"),
        ("Ngày tổ chức", "05/10/2026"),
        ("Sự kiện", "2 dòng"),
        ("Biên bản", "bien-ban.pdf"),
    ]


def test_merged_values_in_words() -> None:
    merged = {
        "trained": {"numerator": 0, "denominator": 0},
        "results": {"sections": [{"text": "a"}, {"text": "b"}]},
        "level": {"counts": {"good": 3, "poor": 1}},
        "events": {"rows": [{}]},
        "minutes": {"files": [{}, {}]},
    }

    assert [words for _, words in shown(FORM, merged)] == ["0/0", "2 đơn vị", "Tốt: 3, Chưa tốt: 1", "1 dòng", "2 tệp"]
