"""A report form with a field of every kind, and values that fill it."""

from typing import Any

Json = dict[str, Any]

EVERY_KIND: Json = {
    "fields": [
        {"key": "pupils", "label": "Số học sinh", "type": "integer", "unit": "em", "minimum": 0, "maximum": 5000},
        {"key": "girls", "label": "Số học sinh nữ", "type": "integer", "minimum": 0, "required": False},
        {"key": "boys", "label": "Số học sinh nam", "type": "integer", "minimum": 0, "required": False},
        {"key": "area", "label": "Diện tích", "type": "decimal", "places": 2, "unit": "m²", "required": False},
        {"key": "cost", "label": "Kinh phí", "type": "money", "required": False},
        {
            "key": "trained",
            "label": "Giáo viên được tập huấn",
            "type": "percentage",
            "numerator": "Số được tập huấn",
            "denominator": "Tổng số giáo viên",
            "required": False,
        },
        {"key": "results", "label": "Kết quả", "type": "text", "max_length": 200, "required": False},
        {
            "key": "level",
            "label": "Mức độ",
            "type": "choice",
            "required": False,
            "options": [{"key": "good", "label": "Tốt"}, {"key": "poor", "label": "Chưa tốt"}],
        },
        {"key": "held_on", "label": "Ngày tổ chức", "type": "date", "earliest": "2026-01-01", "required": False},
        {
            "key": "events",
            "label": "Sự kiện",
            "type": "table",
            "max_rows": 3,
            "required": False,
            "columns": [
                {"key": "name", "label": "Tên sự kiện", "type": "text"},
                {"key": "people", "label": "Số người dự", "type": "integer", "minimum": 0},
                {"key": "guests", "label": "Trong đó khách mời", "type": "integer", "required": False},
            ],
        },
        {"key": "minutes", "label": "Biên bản", "type": "attachment", "max_bytes": 1000, "required": False},
    ],
    "checks": [
        {"kind": "sum", "total": "pupils", "parts": ["girls", "boys"], "refuse": False},
        {"kind": "at_most", "field": "girls", "limit": "pupils"},
        {"kind": "at_most", "field": "guests", "limit": "people", "table": "events"},
        {"kind": "required_if", "field": "results", "when": "level", "among": ["poor"], "message": "Nêu lý do."},
    ],
}

FILLED: Json = {
    "pupils": 500,
    "girls": 260,
    "boys": 240,
    "area": "1250.5",
    "cost": 25_000_000,
    "trained": {"numerator": 12, "denominator": 30},
    "results": "Ba lớp.",
    "level": "good",
    "held_on": "2026-10-05",
    "events": [{"name": "Hội thảo", "people": 80, "guests": 5}, {"name": "Ngày sách", "people": 320}],
}
