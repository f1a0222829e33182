"""Symbols as they are printed: tolerant reading, matching, impossible dates."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_api.rules.symbols import (
    COMMON,
    KINDS,
    Confidence,
    Impossible,
    Reading,
    impossible,
    read_symbols,
    same_document,
)

EXACT, LIKELY, UNSURE = Confidence.EXACT, Confidence.LIKELY, Confidence.UNSURE


def one(text: str, *known: str) -> tuple[str, str, int | None, Confidence]:
    (found,) = read_symbols(text, known)
    return found.number, found.notation, found.year, found.confidence


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        ("147/KH-UBND", ("147", "KH-UBND", None, EXACT)),
        ("số 147 / KH - UBND", ("147", "KH-UBND", None, EXACT)),
        ("147⁄KH‑UBND", ("147", "KH-UBND", None, EXACT)),
        ("147\u00a0/\u00a0kh-ubnd", ("147", "KH-UBND", None, EXACT)),
        ("Kế hoạch số1116/KH-UBND ngày15/8/2019", ("1116", "KH-UBND", 2019, EXACT)),
        ("S6 1191/QP-TTg", ("1191", "QĐ-TTg", None, LIKELY)),
        ("sb 1079/QDb-TTg", ("1079", "QĐ-TTg", None, LIKELY)),
        ("1160/Qb-TTQ ngày 13/7/2021", ("1160", "QĐ-TTg", 2021, LIKELY)),
        ("02/KH-SGDDT", ("02", "KH-SGDĐT", None, LIKELY)),
        ("O2/KH-SGDĐT", ("02", "KH-SGDĐT", None, EXACT)),
        ("2l/KH-SGDĐT", ("21", "KH-SGDĐT", None, EXACT)),
        ("42/2018/QĐ-UBND", ("42", "QĐ-UBND", 2018, EXACT)),
        ("57-KL/TW ngày 15 tháng 6 năm 2023", ("57", "KL/TW", 2023, EXACT)),
        ("10 QC/TU ngày 30/12/2019", ("10", "QC/TU", 2019, EXACT)),
        ("18a/KH-UBND", ("18a", "KH-UBND", None, EXACT)),
        ("5/KH-XYZWV", ("5", "KH-XYZWV", None, UNSURE)),
        ("3/HB-CP", ("3", "HD-CP", None, LIKELY)),
    ],
)
def test_reads_number_notation_and_year(printed: str, read: tuple[str, str, int | None, Confidence]) -> None:
    assert one(printed) == read


def test_a_house_adds_its_own_notations() -> None:
    assert one("5740/BTTTT-TTĐN", "BTTTT-TTĐN") == ("5740", "BTTTT-TTĐN", None, EXACT)
    assert one("5740/BTTTT-TTPN", "BTTTT-TTĐN") == ("5740", "BTTTT-TTĐN", None, LIKELY)
    assert one("31/KH-PGDDT", "KH-PGDĐT") == ("31", "KH-PGDĐT", None, LIKELY)


def test_two_letters_off_is_unsure_and_three_is_as_printed() -> None:
    assert one("7/KH-WXYZ", "KH-WXUV") == ("7", "KH-WXUV", None, UNSURE)
    assert one("7/KH-WXYZ", "KH-WTUV") == ("7", "KH-WXYZ", None, UNSURE)


def test_a_tie_decides_nothing() -> None:
    assert one("7/KH-WXYZ", "KH-WXYA", "KH-WXYE") == ("7", "KH-WXYZ", None, UNSURE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "báo cáo trước ngày 05/11/2023",
        "20 triệu/năm",
        "Quý III/2023",
        "số 147 của Ủy ban",
        "7/Kh-Ub",
        "7/Kha-Ub",
        "2018/2019",
        "a147/KH-UBND",
    ],
)
def test_what_is_no_symbol_is_not_read(text: str) -> None:
    assert read_symbols(text) == []


def test_reads_a_line_with_what_it_implements_and_each_with_its_own_date() -> None:
    line = read_symbols("Quyết định 42/2018/QĐ-UBND ngày 21/12/2018 thực hiện Quyết định số 1191/QP-TTg ngày 05/8/2020")

    assert [(item.number, item.notation, item.dated_on) for item in line] == [
        ("42", "QĐ-UBND", date(2018, 12, 21)),
        ("1191", "QĐ-TTg", date(2020, 8, 5)),
    ]
    assert impossible(line, date(2023, 1, 6)) == [Impossible.BEFORE_WHAT_IT_IMPLEMENTS]


def test_a_date_no_calendar_has_is_no_date() -> None:
    (found,) = read_symbols("147/KH-UBND ngày 31/02/2022")

    assert (found.dated_on, found.year) == (None, None)


@pytest.mark.parametrize(
    ("notation", "kind", "issuer"),
    [
        ("KH-UBND", "KH", "UBND"),
        ("ctr-tu", "CTr", "tu"),
        ("KL/TW", "KL", "TW"),
        ("NQ-HĐND-VP", "NQ", "HĐND-VP"),
        ("BTTTT-TTĐN", "CV", "BTTTT"),
        ("KH", "KH", ""),
    ],
)
def test_a_notation_tells_kind_and_issuer(notation: str, kind: str, issuer: str) -> None:
    reading = Reading("1", notation, None, None, EXACT)

    assert (reading.kind, reading.issuer) == (kind, issuer)


def told(number: str = "72", notation: str = "NĐ-CP", year: int | None = 2015, on: date | None = None) -> Reading:
    return Reading(number, notation, year, on, EXACT)


def test_the_same_document_by_kind_number_year_and_issuer_whatever_its_printed_date() -> None:
    assert same_document(told(on=date(2015, 8, 7)), told(on=date(2015, 9, 7)))
    assert same_document(told("072"), told("72", "nđ-cp"))
    assert same_document(told("0"), told("00"))
    assert same_document(told("18A"), told("18a"))
    assert same_document(told(year=None), told())
    assert same_document(told(), told(year=None))
    assert same_document(told(notation="NĐ/CP"), told())


@pytest.mark.parametrize("other", [told("73"), told(notation="NQ-CP"), told(notation="NĐ-UBND"), told(year=2016)])
def test_another_document_differs_in_one_of_them(other: Reading) -> None:
    assert not same_document(told(), other)


@pytest.mark.parametrize(
    ("cited", "citing_on", "wrong"),
    [
        (told(year=2023, on=date(2023, 1, 7)), date(2023, 1, 6), True),
        (told(year=2023, on=date(2023, 1, 6)), date(2023, 1, 6), False),
        (told(year=2023), date(2023, 1, 6), False),
        (told(year=2024), date(2023, 1, 6), True),
        (told(year=None), date(2023, 1, 6), False),
        (told(year=2024), None, False),
    ],
)
def test_nothing_cites_what_was_issued_after_it(cited: Reading, citing_on: date | None, *, wrong: bool) -> None:
    assert impossible([cited], citing_on) == ([Impossible.AFTER_CITING] if wrong else [])


def test_nothing_implements_what_came_later() -> None:
    later, earlier, undated = told(year=2020), told(year=2014), told(year=None)

    assert impossible([told(), earlier, undated], None) == []
    assert impossible([told(), earlier, later], None) == [Impossible.BEFORE_WHAT_IT_IMPLEMENTS]
    of_one_year = [told(on=date(2015, 5, 4)), told("8", on=date(2015, 6, 1))]
    assert impossible(of_one_year, None) == [Impossible.BEFORE_WHAT_IT_IMPLEMENTS]
    assert impossible(of_one_year[::-1], None) == []
    assert impossible([undated, later], None) == []
    assert impossible([], date(2023, 1, 6)) == []
    assert impossible([told(), later], date(2014, 1, 6)) == [
        Impossible.AFTER_CITING,
        Impossible.BEFORE_WHAT_IT_IMPLEMENTS,
    ]


@given(st.integers(1, 99999), st.sampled_from(COMMON), st.none() | st.integers(1990, 2030))
def test_whatever_is_printed_cleanly_is_read_exactly(number: int, notation: str, year: int | None) -> None:
    printed = f"Căn cứ văn bản số {number}/{f'{year}/' if year else ''}{notation};"

    assert one(printed) == (str(number), notation, year, EXACT)


@given(st.text(max_size=80))
def test_any_text_is_read_without_complaint(text: str) -> None:
    assert all(reading.kind in {*KINDS, "CV"} for reading in read_symbols(text))
