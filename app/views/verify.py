"""The Verify page: what do the marks really do to the model? By training again."""

from __future__ import annotations

import streamlit as st

from finine_app import state
from finine_app.components import learned
from finine_app.components.cautions import show_cautions
from finine_app.components.export.removal import name_of
from finine_app.components.messages import nothing_yet, plain, show_problem
from finine_app.components.pressing import whole
from finine_app.components.run_summary import seconds_in_words
from finine_app.components.verify.result import show_result
from finine_app.views.review import show_finished
from finine_core import api
from finine_core.errors import FinineError
from finine_core.verification import (
    DEFAULT_REPEATS,
    Arm,
    Running,
    Verification,
    VerifyState,
    VerifyStatus,
    sentences,
)
from finine_core.verification.pool import cores

POLL_SECONDS = 1.0
MOST_REPEATS = 1000  # that the form takes; the command takes more
START_SECONDS = 6.0  # about what training processes need to come up
LISTED = 10  # earlier verifications
_PROBLEM = "_verify_problem"
Marks = tuple[list[int], dict[int, str]]  # rows marked for deletion, and labels corrected to


def render() -> None:
    """Draw the page."""
    show_finished("Verify", _verify)


def _verify(run: api.Run) -> None:
    st.title("Verify")
    st.caption(f"Marks of the run {name_of(run)}")
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        show_problem(problem)
    show_cautions(run, "verify")
    rows, labels = run.marks_to_verify()
    marks = rows.tolist(), labels
    marked, corrected = map(len, marks)
    of_held_out = len(run.marked()) + len(run.corrected()) - marked - corrected
    if of_held_out:
        rows_of = "rows with fold = 1, held out here" if run.folds > 1 else "held-out rows"
        st.caption(
            f"{of_held_out:,} further {'mark is' if of_held_out == 1 else 'marks are'} of {rows_of}"
            ": an export carries them out, and a model that was not trained on these rows does "
            "not change by them."
        )
    if not (marked or corrected):
        nothing_yet(
            "Nothing is marked for deletion, and no label is corrected",
            "Here the model is trained again with and without the rows that are marked **delete**, "
            "and with the labels you corrected, so that you see what that does. Mark some rows "
            "first.",
            "review",
            "Review the rows",
        )
        _earlier(run, None)
        return
    status, going_on = _standing(run)
    if status.state is VerifyState.RUNNING and going_on:
        _watch(run, marks_words(marked, corrected), going_on[0])
        return
    if going_on:
        _other(run, going_on[0])
        return
    if status.problem is not None:
        show_problem(status.problem)
    found = run.verification()
    _form(run, marks, status, found)
    if found is not None:
        show_result(found, "now")
        st.page_link(state.page("export"), label="Go to Export", icon=":material/arrow_forward:")
    _earlier(run, found)


def _standing(run: api.Run) -> tuple[VerifyStatus, list[Running]]:
    """How the marks' verification stands and which are going on, at one moment."""
    going_on = run.running_verifications()
    while True:
        status, before = run.verify_status(), going_on
        going_on = run.running_verifications()
        if going_on == before:
            return status, going_on


def marks_words(marked: int, corrected: int) -> str:
    """The marks, in words.

    Examples:
        >>> marks_words(12, 1), marks_words(0, 5)
        ('12 rows marked for deletion and 1 corrected label', '5 corrected labels')
    """
    parts = []
    if marked:
        parts.append(f"{marked:,} row{'' if marked == 1 else 's'} marked for deletion")
    if corrected:
        parts.append(f"{corrected:,} corrected label{'' if corrected == 1 else 's'}")
    return " and ".join(parts)


def _form(run: api.Run, marks: Marks, status: VerifyStatus, found: Verification | None) -> None:
    if found is None:
        record = run.record()
        alike = "with like values" if learned.learns_number(record) else "of the same classes"
        alike = "with the same labels" if learned.learns_labels(record) else alike
        st.write(
            f"{marks_words(*map(len, marks))}. The model is trained again: on all rows as they "
            f"are, with these marks carried out, and with the same done to as many random rows "
            f"{alike}, on "
            "the same seeds. Without the random rows one could not tell a good mark from any mark."
        )
    if status.state is VerifyState.STOPPED:
        st.warning(
            f"Stopped after {status.done} of {status.total} trainings. They are kept; it goes on "
            "from there.",
            icon=":material/pause:",
        )
    least = found.repeats + 1 if found else 2
    if least > MOST_REPEATS:
        st.caption(
            f"More than {MOST_REPEATS:,} retrainings: finine verify {run.run_id} --repeats N"
        )
        return
    asked = DEFAULT_REPEATS
    if found:
        asked = 2 * found.repeats
    if status.state is VerifyState.STOPPED:
        asked = status.total // len(Arm)
    key = f"verify_repeats_{least}_{asked}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        repeats = st.number_input(
            "Retrainings of each kind, in all",
            min_value=least,
            max_value=MOST_REPEATS,
            value=min(max(least, asked), MOST_REPEATS),
            key=key,
            help="More make the intervals narrower. What was trained before is kept.",
            width=220,
        )
        st.button(
            "Train more" if found else "Go on" if status.done else "Verify by training again",
            key="start_verify",
            type="secondary" if found else "primary",
            icon=":material/science:",
            on_click=whole(_start),
            args=(run, key, marks),
        )
    if found:
        st.caption(
            "Choose the number before you look: to go on until a result pleases makes intervals "
            "too narrow. So does trying many sets of marks and keeping the best."
        )
    done = status.done if status.state is VerifyState.STOPPED else len(Arm) * (
        found.repeats if found else 0
    )  # fmt: skip
    each = run.record()["results"]["seconds_train"]
    at_once = cores()
    trainings = max(0, len(Arm) * int(repeats) - done)
    expected = START_SECONDS + each * trainings / at_once
    st.caption(
        f"{trainings} trainings, {at_once} at a time: about {seconds_in_words(expected)}. You may "
        "leave this page meanwhile."
    )


def _other(run: api.Run, going_on: Running) -> None:
    """The marks were changed while it goes on: it is not about these."""
    st.info(
        f"A verification of other marks is going on ({going_on.rows:,} rows). These marks can be "
        "verified when it is done or stopped.",
        icon=":material/hourglass_top:",
    )
    with st.container(horizontal=True):
        st.button("Look again", key="look_again", icon=":material/refresh:")
        _stop_button(run, going_on)


def _stop_button(run: api.Run, going_on: Running) -> None:
    st.button(
        "Stop", key="stop_verify", icon=":material/stop:", on_click=whole(_stop),
        args=(run, going_on.key), help="Finished trainings are kept.",
    )  # fmt: skip


def _watch(run: api.Run, marks: str, going_on: Running) -> None:
    st.write(f"Verifying {marks}.")

    @st.fragment(run_every=POLL_SECONDS)
    def live() -> None:
        try:
            status = run.verify_status()
        except FinineError as error:  # marks were changed meanwhile, in another window
            st.session_state[_PROBLEM] = error
            st.rerun()
        if status.state is not VerifyState.RUNNING:
            st.rerun()
        words = f"training {status.done} of {status.total}" if status.done else "starting"
        if status.eta_seconds is not None:
            words += f" · about {seconds_in_words(max(status.eta_seconds, 1))} left"
        st.progress(status.done / max(status.total, 1), text=words)
        _stop_button(run, going_on)

    live()
    st.caption("You may close this page; the trainings go on.")


def _earlier(run: api.Run, shown: Verification | None) -> None:
    found = [one for one in run.verifications() if shown is None or one.key != shown.key]
    if not found:
        return
    with st.expander(
        f"Other verifications of this run ({len(found):,})", icon=":material/history:"
    ):
        for one in found[:LISTED]:
            marks = marks_words(one.removed_rows, one.corrected_labels)
            st.markdown(
                f"**{marks}** · {one.repeats} retrainings each  \n{plain(sentences(one)[0])}"
            )


def _start(run: api.Run, key: str, marks: Marks) -> None:
    # What stands in the field when the button is pressed; the page may not have drawn it yet.
    repeats = int(st.session_state[key])
    try:
        if (run.marked().tolist(), run.corrected()) != marks:
            raise FinineError(
                "The marks were changed meanwhile, so nothing was started.",
                "Look at them, and press again.",
            )
        run.start_verify(repeats=repeats)
    except FinineError as error:
        st.session_state[_PROBLEM] = error


def _stop(run: api.Run, key: str) -> None:
    try:
        run.stop_verify(key)
    except FinineError as error:
        st.session_state[_PROBLEM] = error
