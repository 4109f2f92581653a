"""How is a run going, and what came of it?

Draws one run: its place in the queue, progress with its curves, log and Cancel while it goes on,
results and the way to its rows when it is done, the reason and the way back when it failed or
stopped. The clock ticks only while a worker is at it.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from finine_app import state
from finine_app.components.cautions import show_cautions
from finine_app.components.messages import plain, show_problem
from finine_app.components.run.by_class import show_by_class
from finine_app.components.run.epoch_charts import epoch_charts
from finine_app.components.run_summary import (
    local_time,
    seconds_in_words,
    state_words,
    waiting_words,
)
from finine_core import api
from finine_core.errors import FinineError
from finine_core.measures import measured
from finine_core.runs import State, Status
from finine_core.runs.jobs.progress import EMBEDDING, TRAINING, epoch_history, part_words
from finine_core.runs.tried import tried_words

POLL_SECONDS = 1.0  # a person sees it move; a look costs milliseconds
LOG_LINES, LOG_BYTES = 40, 20_000  # of the log's end
LOG_HEIGHT, LINE_HEIGHT = 320, 24  # pixels; a longer log scrolls
# Where the bar stands in each phase; training goes evenly from its start to the scoring.
PHASES = {
    "": ("Starting", 0.0),
    "reading": ("Reading the file", 0.02),
    "encoding": ("Turning the rows into numbers", 0.05),
    "embedding": ("Embedding texts or images", 0.05),
    "judging": ("Judging the labels by models that have not seen them", 0.08),
    "choosing": ("Choosing the model and how long to train it", 0.12),
    "training": ("Training, and recording on the way", 0.20),
    "auxiliary": ("Training the auxiliary run", 0.20),
    "scoring": ("Working out the influence of each row", 0.95),
}
_PROBLEM = "_panel_problem"


def run_panel(run: api.Run) -> None:
    """Draw a run; while it goes on, draw it again every second."""
    try:
        record, status = run.record(), run.status()
    except FinineError as error:
        show_problem(error)
        return
    st.subheader(plain(record["name"]))
    st.caption(
        f"{plain(Path(record['config']['data']).name)} · {run.run_id} · "
        f"started {local_time(record['created_at'])}"
    )
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        show_problem(problem)
    if status.state.over:
        _over(run, status)
        return

    @st.fragment(run_every=POLL_SECONDS)
    def live() -> None:
        try:
            now = run.status()
        except FinineError as error:  # its folder was deleted meanwhile
            show_problem(error)
            return
        if now.state is not status.state:
            st.rerun()  # the whole page: its lists show the new state, and the clock may stop
        _going_on(run, now)

    live()


def progress_of(status: Status) -> float:
    """How far a run is, 0 to 1.

    Examples:
        >>> progress_of(Status(State.RUNNING, phase="training", step=50, steps=100))
        0.525
    """
    _, begin = PHASES.get(status.phase, PHASES[""])
    if status.phase == EMBEDDING and status.steps:
        return begin + (PHASES[TRAINING[0]][1] - begin) * min(status.step / status.steps, 1.0)
    if status.phase not in TRAINING or not status.steps:
        return begin
    return begin + (PHASES["scoring"][1] - begin) * min(status.step / status.steps, 1.0)


def _going_on(run: api.Run, status: Status) -> None:
    words, _ = PHASES.get(status.phase, PHASES[""])
    waiting = waiting_words(status)
    parts = [f"Queued, {waiting}" if waiting else words]
    if status.phase in TRAINING and status.steps:
        parts[0] += part_words(status.part, status.parts)
        parts += [
            f"epoch {status.epoch:,} of {status.epochs:,}",
            f"step {status.step:,} of {status.steps:,}",
        ]
    elif status.phase == EMBEDDING and status.steps:
        parts.append(f"{status.step:,} of {status.steps:,}")
    if status.eta_seconds is not None:
        parts.append(f"about {seconds_in_words(max(status.eta_seconds, 1))} left")
    st.progress(progress_of(status), text=" · ".join(parts))
    if status.message:
        st.warning(plain(status.message), icon=":material/hourglass_disabled:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Cancel",
            key="cancel_run",
            icon=":material/stop:",
            on_click=_cancel,
            args=(run,),
            disabled=status.state is State.CANCELLING,
        )
        goes_on = "it starts by itself" if waiting else "the run goes on"
        st.caption(f"{state_words(status.state)} · You may close this page; {goes_on}.")
    _live_figures(status)
    _curves(run)
    _log(run)


def _live_figures(status: Status) -> None:
    """Loss and quality after the last complete epoch, as numbers."""
    if status.part > 1:
        return  # they are of the first training, which is over
    measure = status.measure
    words = measure.words
    figures = (
        ("Loss", status.loss, "{:.4f}".format),
        (_begun(words), status.quality, measure.text),
        ("Held-out loss", status.validation_loss, "{:.4f}".format),
        (f"Held-out {words}", status.validation_quality, measure.text),
    )
    told = [(label, form(value)) for label, value, form in figures if value is not None]
    if told:
        st.caption(" · ".join(f"{label} **{value}**" for label, value in told))


def _begun(words: str) -> str:
    return words[0].upper() + words[1:]


def _over(run: api.Run, status: Status) -> None:
    if status.state is State.DONE:
        _results(run)
    elif status.state is State.FAILED:
        st.error(f"**The run failed.**  \n{plain(status.message)}", icon=":material/error:")
        _log(run)
        st.button(
            "Try again", key="resume_run", icon=":material/refresh:", on_click=_resume, args=(run,)
        )
    else:
        st.warning(
            f"**The run was {status.state.value}.** {plain(status.message)}  \nIt can go on from "
            "where it was last saved, and will come to the same scores as without the stop.",
            icon=":material/pause:",
        )
        st.button(
            "Resume",
            key="resume_run",
            type="primary",
            icon=":material/resume:",
            on_click=_resume,
            args=(run,),
        )
        if status.state is State.INTERRUPTED:
            _log(run)
    _curves(run)


def _results(run: api.Run) -> None:
    record = run.record()
    results, dataset, resolved = record["results"], record["dataset"], record["resolved"]
    st.success(
        f"Done: {run.scored:,} rows have a μ "
        f"(model {resolved['model']}, {resolved['epochs']} epochs{_folds(run)}).",
        icon=":material/check_circle:",
    )
    if tried := tried_words(record):
        st.caption(plain(tried))
    show_cautions(run, "run")
    held_out, training, train_time, record_time = st.columns(4)
    measure, quality = measured(results, "validation_")
    learned = measured(results, "train_")[1]
    held_out.metric(
        f"{_begun(measure.words)} on held-out rows",
        "none held out" if quality is None else measure.text(quality),
        help=f"{dataset['validation_rows']:,} rows that were not learned from.",
    )
    training.metric(
        f"{_begun(measure.words)} on training rows",
        "unknown" if learned is None else measure.text(learned),
    )
    train_time.metric("Training", seconds_in_words(results["seconds_train"]))
    record_time.metric(
        "Recording",
        seconds_in_words(results["seconds_record"]),
        help="What finding the influences cost on top of the training, in the same run.",
    )
    show_by_class(results.get("check"), len(dataset["classes"]))
    if st.button(
        "Review the rows", key="open_review", type="primary", icon=":material/fact_check:"
    ):
        state.select_run(run.run_id)
        st.switch_page(state.page("review"))


def _folds(run: api.Run) -> str:
    return f", trained {run.folds} times; the figures are of the first" if run.folds > 1 else ""


def _curves(run: api.Run) -> None:
    history = epoch_history(run.folder.events)
    if history:
        epoch_charts(history)


def _log(run: api.Run) -> None:
    if not run.folder.log.exists():
        return
    with st.expander("The end of the log", icon=":material/description:"):
        with run.folder.log.open("rb") as stream:
            stream.seek(max(0, run.folder.log.stat().st_size - LOG_BYTES))
            lines = stream.read().decode("utf-8", errors="replace").splitlines()
        told = "\n".join(lines[-LOG_LINES:]) or "(empty)"
        with st.container(
            height=LOG_HEIGHT if len(lines) > LOG_HEIGHT / LINE_HEIGHT else "content"
        ):
            st.code(told, language=None, wrap_lines=True)


def _cancel(run: api.Run) -> None:
    try:
        run.cancel()
    except FinineError as error:
        st.session_state[_PROBLEM] = error


def _resume(run: api.Run) -> None:
    try:
        run.resume()
    except FinineError as error:
        st.session_state[_PROBLEM] = error
    state.watch(run.run_id)
    state.select_run(run.run_id)
