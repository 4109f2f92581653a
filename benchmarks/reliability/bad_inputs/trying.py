"""One case, every way there is to it: the command line, the Data page, and a run."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.reliability.bad_inputs import CASES
from benchmarks.reliability.bad_inputs.case import Case
from benchmarks.reliability.bad_inputs.command_line import in_child, in_process
from benchmarks.reliability.bad_inputs.in_app import in_app, in_app_alone
from benchmarks.reliability.bad_inputs.outcome import Outcome, faults
from benchmarks.reliability.bad_inputs.running import run_through
from benchmarks.reliability.bad_inputs.table import Line


def tried_by_name(name: str) -> Line:
    """What a process of the pool does: cases hold functions, which cannot be sent to it."""
    (case,) = [case for case in CASES if case.name == name]
    return tried(case)


def tried(case: Case) -> Line:
    """One case, every way there is to it."""
    command = (in_child if case.alone else in_process)(case)
    wrong = faults(case, command)
    # What a process under limits has stood, the others may meet in this one: it is much faster.
    alone = case.alone and (bool(wrong) or case.meanwhile is not None)
    page = run = ""
    if case.page and not case.manifest:
        seen = (in_app_alone if alone else in_app)(case)
        wrong += [f"page: {fault}" for fault in faults(case, seen)]
        page = _page_words(command, seen)
    if not case.manifest:
        after = in_child(case, run=True) if alone else _guarded(run_through, case)
        wrong += [f"run: {fault}" for fault in _run_faults(case, after)]
        run = after.message
    return Line(
        case.group, case.name, case.accepted, _message(case, command), page, run,
        round(command.seconds, 2), command.megabytes and round(command.megabytes), tuple(wrong),
    )  # fmt: skip


def _guarded(what: Callable[[Case], Outcome], case: Case) -> Outcome:
    try:
        return what(case)
    except Exception as error:  # a bug of ours: that is what is looked for
        return Outcome(True, f"Traceback: {type(error).__name__}: {error}", 0.0)


def _run_faults(case: Case, after: Outcome) -> list[str]:
    """A run has another report than the check, and takes its time where it may go on."""
    said = tuple(words for words in case.said if not case.accepted)
    asked = Case(case.name, case.make, said, accepted=case.accepted)
    took = (0.0, None) if case.accepted else (after.seconds, after.megabytes)  # it may train
    return faults(asked, Outcome(after.refused, after.told, *took, after.changed))


def _message(case: Case, command: Outcome) -> str:
    """What the table shows: the problem; or of the report the lines the case is about."""
    if command.refused:
        return command.message
    lines = [line.split(maxsplit=1) for line in command.told.splitlines()]
    told = [line[1] for line in lines if line and line[0] in ("warning", "note", "reading")]
    about = [line for line in told if any(words in line for words in case.said)]
    return " ".join(about)


def _page_words(command: Outcome, seen: Outcome) -> str:
    if not seen.refused:
        return "ready"
    return "the same" if seen.message == command.message else seen.message
