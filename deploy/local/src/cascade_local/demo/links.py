"""Answer as a person without an account does: by the link in the mail and the buttons of its page."""

from html.parser import HTMLParser

from cascade_local.demo.stage import Api, Mailbox
from cascade_local.sample.generator import SampleUnit


class _Forms(HTMLParser):
    """Collects the forms of a page: the address each goes to, with its filled-in fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a form, or note a field of the one begun last."""
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given.get("action", ""), {}))
        elif tag == "input" and self.forms and given.get("name"):
            self.forms[-1][1][given["name"]] = given.get("value", "")


def form_of(page: str, action: str) -> tuple[str, dict[str, str]] | None:
    """Return the address and fields of the form that goes to `…/<action>`, or None."""
    found = _Forms()
    found.feed(page)
    wanted = (form for form in found.forms if form[0].partition("?")[0].rstrip("/").endswith(f"/{action}"))
    return next(wanted, None)


async def acknowledge_by_link(api: Api, mailbox: Mailbox, unit: SampleUnit) -> bool:
    """Open the newest link mailed to the unit's contact and press the button that acknowledges.

    Returns False when no mail has come yet, or its page has no such button; the unit then answers in another way.
    """
    path = await mailbox.link_to(unit.contact.email)
    page = None if path is None else await api.page(path)
    form = None if page is None else form_of(page, "acknowledge")
    return form is not None and await api.send_form(*form)
