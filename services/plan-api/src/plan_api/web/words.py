"""Everything the pages say, Vietnamese first, English beside it; a text is a pair with named places to fill.

Numbers, days and instants are written as offices write them: 12/11/2026, 08:00, 1,2 MB.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from plan_api.rules.calendar import TIME_ZONE, format_instant
from plan_api.rules.vietnamese import format_date, weekday_name
from plan_api.web.texts import TEXTS

Language = Literal["vi", "en"]

_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
)
_KB: Final = 1024


@dataclass(frozen=True, slots=True)
class Words:
    """Speaks one language."""

    language: Language

    @property
    def other(self) -> Language:
        """The language the switch leads to."""
        return "vi" if self.language == "en" else "en"

    @property
    def query(self) -> str:
        """What every address of a page ends with, so that its language is kept."""
        return "?lang=en" if self.language == "en" else ""

    def __call__(self, text: str, **values: object) -> str:
        """Return a text, its places filled; an unknown text is an error of ours (KeyError)."""
        return TEXTS[text][self.language == "en"].format(**values)

    def day(self, on: date) -> str:
        """Return weekday and date."""
        if self.language == "en":
            return f"{_WEEKDAYS[on.weekday()]}, {self.date(on)}"
        return f"{weekday_name(on)}, {format_date(on)}"

    def date(self, on: date) -> str:
        """Return a date."""
        return f"{on.day} {_MONTHS[on.month - 1]} {on.year}" if self.language == "en" else format_date(on)

    def instant(self, at: datetime) -> str:
        """Return an instant on the local clock."""
        if self.language == "vi":
            return format_instant(at)
        local = at.astimezone(TIME_ZONE)
        return f"{local:%H:%M} on {self.date(local.date())}"

    def time(self, at: datetime) -> str:
        """Return the local time of day."""
        return f"{at.astimezone(TIME_ZONE):%H:%M}"

    def money(self, amount: int) -> str:
        """Return an amount of đồng: `1.250.000 đồng`, `1,250,000 VND`."""
        grouped = f"{amount:,}"
        return f"{grouped} VND" if self.language == "en" else f"{grouped.replace(',', '.')} đồng"

    def size(self, size: int) -> str:
        """Return a number of bytes as people say it."""
        if size < _KB * _KB:
            return f"{max(1, round(size / _KB))} KB"
        megabytes = f"{size / _KB / _KB:.1f}"
        return f"{megabytes if self.language == 'en' else megabytes.replace('.', ',')} MB"


def words_of(language: str | None) -> Words:
    """Return the words of a page; Vietnamese unless English is asked for."""
    return Words("en" if language == "en" else "vi")
