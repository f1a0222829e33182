"""What goes wrong at the simulated relay: a queue of faults, each met by the next dialogues that reach its stage."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

STAGES: Final = ("connect", "starttls", "auth", "mail", "rcpt", "data", "receiving", "content")
"""In the order of a dialogue. `receiving` is after 354 and before the final dot, `content` after it."""

KINDS: Final = ("answer", "hang", "reset", "greylist")
GREYLISTED: Final = "451 4.7.1 Greylisted, please come again"


@dataclass(slots=True)
class Fault:
    """What happens the next `times` a dialogue comes to `stage`; `to` keeps to recipients whose address holds it.

    `kind`: answer (`answer`, such as "550 5.1.1 No such user"), hang (no answer), reset (the line is cut), greylist
    (stage rcpt: the first try of each recipient is put off). With `accepted`, at stage content, the mail is kept first
    and only its answer is lost.
    """

    stage: str
    kind: str = "answer"
    answer: str = "451 4.3.0 Try again later"
    to: str = ""
    accepted: bool = False
    times: int = 1

    def __post_init__(self) -> None:
        if self.stage not in STAGES or self.kind not in KINDS:
            raise ValueError(f"stage is one of {', '.join(STAGES)}, kind one of {', '.join(KINDS)}")


@dataclass(slots=True)
class Faults:
    """The queue, and how often each fault was met, by stage and kind."""

    queue: list[Fault] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    _greylisted: set[str] = field(default_factory=set)

    def take(self, stage: str, recipient: str = "") -> Fault | None:
        """Return the fault a dialogue meets at a stage, None when all goes well."""
        for fault in self.queue:
            if fault.stage != stage or fault.to not in recipient:
                continue
            if fault.kind == "greylist":
                if recipient in self._greylisted:
                    continue
                self._greylisted.add(recipient)
            else:
                fault.times -= 1
                if fault.times <= 0:
                    self.queue.remove(fault)
            self.met[f"{stage} {fault.kind}"] += 1
            return fault
        return None

    def clear(self) -> None:
        """Let all go well from now on."""
        self.queue.clear()
        self._greylisted.clear()
