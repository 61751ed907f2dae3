"""What somebody wants to know of which logs: the options of both commands as one value. Core."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from twisted_suite.accesslog.comparison import periods
from twisted_suite.accesslog.formats import Format
from twisted_suite.accesslog.reading import LineReader
from twisted_suite.accesslog.rendering import Form
from twisted_suite.accesslog.scan import Plan, Reject
from twisted_suite.accesslog.selection import Selection, SelectionError
from twisted_suite.accesslog.templates import TemplateError
from twisted_suite.errors import ConfigError, ExitStatus

# In place of the first file: the others are states, and the report is on all of them.
MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Order:
    """One report."""

    files: Sequence[str]
    log_format: str = Format.AUTO
    form: Form = field(default_factory=Form)
    selection: Selection = field(default_factory=Selection)
    out: str = "-"
    invalid: str | None = None  # where to put the invalid lines
    explain: str | None = None  # a line to explain instead
    state: str | None = None  # what was counted before, and will have been after this
    anonymize: bool = False
    geoip: str | None = None  # a database of places

    def check(self) -> None:
        """Raise `ConfigError` for what means nothing."""
        for option, test in (
            ("--format", lambda: LineReader(self.log_format)),
            ("--compare", lambda: periods(self.form.compare) if self.form.compare is not None else None),
            ("the filter", self.selection.test),
        ):
            try:
                test()
            except (TemplateError, SelectionError) as error:
                raise ConfigError(f"{option}: {error}", ExitStatus.USAGE) from error
        if self.state is not None and "-" in self.files:
            raise ConfigError("--state: standard input cannot be known again", ExitStatus.USAGE)

    def plan(self, reject: Reject | None = None) -> Plan:
        """What is to be made of the lines. A state has the panels: a later report may show them."""
        detailed = self.form.detailed or self.state is not None
        return Plan(self.log_format, detailed, self.selection.test(), reject)
