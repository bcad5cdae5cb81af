"""What a question about classes is asked of, and what an answer looks like: a verdict, its reason, the next step.

Follows identifiers-and-market-data 8 (pitfall 9) and 9: what cannot be looked up is `unknown`, never `pass`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from halfhour.errors import Severity
from halfhour.identifiers import Distributor

Verdict = Literal["pass", "fail", "unknown"]
Direction = Literal["import", "export"]

NEAREST_SHOWN = 6
"""Valid combinations that a message lists; `Answer.more` says how many it leaves out."""


@dataclass(frozen=True, slots=True)
class MsidClasses:
    """The classes of one MSID at one distributor on one day; None where a class is not stated.

    Attributes:
        direction: None where the number alone is known; the Line Loss Factor Class then says which it is.
        llfc: Line Loss Factor Class, three characters.
        mtc: Meter Timeswitch Class, three digits.
        ssc: Standard Settlement Configuration, four digits; half-hourly MSIDs have none.
        profile_class: two digits; `00` is printed for half-hourly MSIDs.
    """

    distributor: Distributor
    day: date
    direction: Direction | None = None
    llfc: str | None = None
    mtc: str | None = None
    ssc: str | None = None
    profile_class: str | None = None

    @property
    def place(self) -> str:
        """Distributor and day for a message."""
        return f"{at(self.distributor)} on {self.day}"


@dataclass(frozen=True, slots=True)
class Combination:
    """Classes that are valid together at a distributor.

    Attributes:
        description: of the classes, from Market Domain Data, such as `HH COP5 And Above With Comms; LV Gen`.
        kind: of the Line Loss Factor Class, such as `general export`; empty where none is in the combination.
        effective_from, effective_to: of the combination, closed-open.
    """

    mpid: str
    mtc: str
    llfc: str = ""
    ssc: str = ""
    profile_class: str = ""
    description: str = ""
    kind: str = ""
    effective_from: date | None = None
    effective_to: date | None = None

    def __str__(self) -> str:
        named = (("MTC", self.mtc), ("LLFC", self.llfc), ("SSC", self.ssc), ("profile class", self.profile_class))
        classes = ", ".join(f"{name} {value}" for name, value in named if value)
        words = "; ".join(text for text in (self.description, self.kind) if text)
        return f"{classes} ({words})" if words else classes


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        question: its name, such as `MTC with LLFC`.
        code: of the error catalogue; empty on a pass.
        message: with subject, day and version of Market Domain Data.
        severity: of a finding made of the answer; a `fail` that is a `warning` refuses nothing.
        nearest: valid combinations of the same distributor, nearest first, at most `NEAREST_SHOWN`.
        more: how many further ones there are.
        reason: why it is `unknown`, without the subject; empty otherwise.
    """

    question: str
    verdict: Verdict
    code: str
    message: str
    next_step: str = ""
    severity: Severity = "info"
    nearest: tuple[Combination, ...] = ()
    more: int = 0
    reason: str = ""

    @property
    def refused(self) -> bool:
        """Whether what was asked about may not be used as it stands."""
        return self.verdict == "fail" and self.severity == "error"

    @property
    def nearest_in_words(self) -> str:
        """The nearest valid combinations as a sentence, empty where there is none."""
        if not self.nearest:
            return ""
        listed = "; ".join(map(str, self.nearest))
        return f"Nearest valid: {listed}{f'; and {self.more:,} more' if self.more else ''}."

    @property
    def whole_next_step(self) -> str:
        """The next step with the nearest valid combinations."""
        return " ".join(text for text in (self.next_step, self.nearest_in_words) if text)


def passed(question: str, message: str) -> Answer:
    """A pass."""
    return Answer(question, "pass", "", message)


def failed(
    question: str,
    code: str,
    message: str,
    next_step: str,
    nearest: Sequence[Combination] = (),
    *,
    severity: Severity = "error",
) -> Answer:
    """A fail with the nearest valid combinations, of which the first few are kept."""
    different = tuple(dict.fromkeys(nearest))
    shown = different[:NEAREST_SHOWN]
    return Answer(question, "fail", code, message, next_step, severity, shown, len(different) - len(shown))


def unknown(question: str, subject: str, reason: str, next_step: str) -> Answer:
    """Not looked up, because the table that answers is not loaded or does not cover the day."""
    return Answer(question, "unknown", "ID-116", f"{subject}: not checked. {reason}", next_step, reason=reason)


def at(distributor: Distributor) -> str:
    """A distributor in a message: `distributor 16 (Electricity North West)`."""
    return f"distributor {distributor.short_code} ({distributor.name})"


def last_day(effective_to: date) -> date:
    """The last day included, as the industry writes an end."""
    return effective_to - timedelta(days=1)
