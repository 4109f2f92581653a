"""What shall the next run do? Takes the chosen data, gives a started run.

Nothing is trained here: the button starts a worker process and the page goes on to watch it. One
click starts one run, with what stands in the fields when it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components.commands import run_command
from finine_app.components.data.checked import Checked
from finine_app.components.data.choice import DataChoice
from finine_app.components.data.findings import link_to_warnings
from finine_app.components.messages import plain, show_problem
from finine_app.components.run.every_row import folds_choice
from finine_app.components.run.start import start_button
from finine_core import api
from finine_core.dataset import Dataset
from finine_core.dataset.tasks import CLASSIFICATION, MULTI_LABEL, ORDINAL, REGRESSION
from finine_core.encoders.pictures import IMAGE_ENCODERS, ImageEncoder, image_encoder
from finine_core.encoders.texts import TEXT_ENCODERS, TextEncoder, text_encoder
from finine_core.errors import FinineError
from finine_core.influence.targets import CLASS_PREFIX
from finine_core.runs.config import DEFAULT_LOSS, MODELS, Resolved, RunConfig, make_config, resolve
from finine_core.runs.estimate import estimate_run
from finine_core.runs.jobs.queue import worker_slots
from finine_core.runs.tried import epochs_words, model_words
from finine_core.runs.work.reading import as_split
from finine_core.runs.work.target_rows import classes_of

TARGET_WORDS = {
    "self": "**self**: which rows does the model fit only because it has seen them? "
    "Finds wrong labels and odd rows.",
    "validation": "**validation**: which rows make the model worse on the held-out rows? "
    "Finds rows that hurt.",
    "classes": "**each class**: which rows make the model worse on the held-out rows of one class? "
    "One more ranking a class.",
}
DEVICES = ("auto", "cpu", "cuda")
OFFERED_CLASSES = 100  # in the list; any other can be typed
LOSS_WORDS = {
    "auto": f"auto: {DEFAULT_LOSS}",
    "squared": "squared error",
    "huber": "Huber",
}
OPTIMIZER_WORDS = {"sgd": "SGD", "adam": "Adam"}
RECORDED_WORDS = {"late": "one early, and the last", "all": "all"}
DEFAULTS = {k: f.default for k, f in RunConfig.model_fields.items()}


def run_form(choice: DataChoice, checked: Checked) -> None:
    """The form of a new run, with its start button."""
    dataset = checked.dataset
    st.subheader("New run")
    has_validation = len(dataset.validation) > 0
    about = st.container()  # it is written when the choices below are known
    link_to_warnings(checked.report)
    options: dict[str, Any] = {**asdict(choice), **_choices(has_validation, dataset)}
    options["folds"] = folds_choice(choice)
    if dataset.roles.text:
        options["text_encoder"] = _encoder("Texts as numbers", "text_encoder", TEXT_ENCODERS)
    if dataset.roles.image is not None:
        options["image_encoder"] = _encoder("Images as numbers", "image_encoder", IMAGE_ENCODERS)
    name = st.text_input(
        "Name", value="", key="run_name", placeholder=dataset.path.name, help="For you."
    ).strip()
    try:
        config = make_config(**options)
        dataset = as_split(dataset, config)
        resolved = resolve(config, dataset)
        if problem := text_encoder(config.text_encoder).problem():
            raise problem
        if problem := image_encoder(config.image_encoder).problem():
            raise problem
    except FinineError as error:
        show_problem(error)
        return
    with about:
        _about(choice, dataset, config.folds)
    if not options["targets"]:
        st.warning("Choose at least one target.")
        return
    st.caption(
        f"That is: model {plain(model_words(resolved))}; epochs: {epochs_words(resolved)}; batches "
        f"of {resolved.batch_size} rows, learning rate {resolved.lr:g} "
        f"({OPTIMIZER_WORDS[resolved.optimizer]}), seed {resolved.seed}. The same choices give the "
        "same scores."
    )
    _time(options, resolved, dataset)
    start_button(options, name)
    with st.expander("The same on the command line", icon=":material/terminal:"):
        st.code(run_command(options, DEFAULTS, name), language="bash", wrap_lines=True)


def _about(choice: DataChoice, dataset: Dataset, folds: int) -> None:
    """What the run does, in a sentence or two."""
    rows, often = len(dataset.train), "once"
    held_out = f"{len(dataset.validation):,} rows are held out."
    if not len(dataset.validation):
        held_out = "No rows are held out."
    if folds > 1:
        rows += len(dataset.validation)
        often, held_out = f"{folds} times", "Each time another part of them is held out."
    st.markdown(
        f"A model learns to predict **{plain(', '.join(choice.labels))}** "
        f"({_kind_words(dataset)}) from **{rows:,} rows** of "
        f"{plain(dataset.path.name)}, {often}. {held_out} "
        "On the way finine records how each row pulls on the model, and gives every row its "
        "influence μ with an interval. It runs in the background: you may close this page."
    )


def _time(options: dict[str, Any], resolved: Resolved, dataset: Dataset) -> None:
    """About how long it will take, and whether it will have to wait."""
    try:
        told = estimate_run(state.home(), make_config(**options), resolved, dataset)
        slots = worker_slots()
    except FinineError as error:
        show_problem(error)
        return
    st.markdown(
        f":material/timer: Takes **{told.words}** on this machine.",
        help="Worked out from the number of steps, recorded epochs, rows and targets, with the "
        "cost of each measured once, and corrected by what the most alike of your finished runs "
        f"really took. This one rests {'on' if told.runs else 'on none'}: {told.basis}. Other "
        "programs at work on this machine make it longer.",
    )
    busy = [one for one in api.lines(state.home()) if one.state and not one.state.over]
    if len(busy) >= slots:
        st.caption(
            f"{len(busy)} run{'s are' if len(busy) > 1 else ' is'} going on or queued: this one "
            "will wait for its turn and start by itself."
        )


def _kind_words(dataset: Dataset) -> str:
    """What the label is: so many classes, or a number."""
    if dataset.task == REGRESSION.name:
        return "a number"
    if dataset.task == MULTI_LABEL.name:
        return f"{len(dataset.answers)} labels that may hold together"
    order = ", in this order" if dataset.task == ORDINAL.name else ""
    return f"{len(dataset.classes)} classes{order}"


def _what_is_made_small(task: str) -> dict[str, Any]:
    """The choice of a loss that goes with the task."""
    if task == REGRESSION.name:
        return {
            "loss": st.segmented_control(
                "Loss",
                list(LOSS_WORDS),
                default=DEFAULTS["loss"],
                format_func=LOSS_WORDS.__getitem__,
                required=True,
                key="loss",
                help="Huber's loss grows evenly for numbers that are far off, so a few wrong ones "
                "pull less on the model. The squared error counts them in full.",
            )
        }
    if task == CLASSIFICATION.name:
        alike = st.checkbox(
            "Every class counts alike (class weights)",
            key="class_weights",
            help="Rows of rare classes weigh more, so that a model does not pass them over.",
        )
        return {"class_weights": "balanced" if alike else "none"}
    return {}


def _target_words(dataset: Dataset) -> dict[str, str]:
    if dataset.task != MULTI_LABEL.name:
        return TARGET_WORDS
    return {**TARGET_WORDS, "classes": "**each label**: which rows make the model worse on the "
            "held-out rows that have one label? One more ranking a label."}  # fmt: skip


def _choices(has_validation: bool, dataset: Dataset) -> dict[str, Any]:
    """What is asked about the training itself."""
    model, epochs = st.columns(2)
    names = ["auto", *MODELS]
    kind = model.selectbox(
        "Model",
        names,
        format_func=lambda one: "auto: what does best on held-out rows" if one == "auto" else one,
        key="model",
        help=" ".join(f"{kind.name}: {kind.description}" for kind in MODELS.values()),
    )
    how_long = epochs.number_input(
        "Epochs",
        min_value=1,
        max_value=100_000,
        value=None,
        key="epochs",
        placeholder="as many as held-out rows are best with",
        help="How often the model goes through all rows. Left empty, it is trained once without "
        "recording, and the run ends where the held-out rows were best: more epochs would learn "
        "wrong labels by heart.",
    )
    said = _what_is_made_small(dataset.task)
    st.markdown("What shall the influence be on?")
    number = dataset.task == REGRESSION.name
    classes = () if number else classes_of(dataset)[0]
    targets = [
        name
        for name, words in _target_words(dataset).items()
        if not (number and name == "classes")
        and st.checkbox(
            words,
            value=name == "self" or (name == "validation" and has_validation),
            key=f"target_{name}" if has_validation else f"target_{name}_alone",
            disabled=name != "self" and not has_validation,
        )
    ]
    if not has_validation:
        st.caption("Without held-out rows there is no target validation.")
    advanced = _advanced(classes if has_validation else ())
    targets += [one for one in advanced.pop("more_targets") if one not in targets]
    return {"model": kind, "epochs": how_long, "targets": tuple(targets), **said, **advanced}


def _encoder(
    label: str, key: str, known: Mapping[str, TextEncoder] | Mapping[str, ImageEncoder]
) -> str:
    """How texts or images become numbers; one not installed can be chosen, and says what to do."""
    missing = {one.name: one.problem() for one in known.values()}
    chosen: str = st.selectbox(
        label,
        list(known),
        format_func=lambda one: f"{one} (not installed)" if missing.get(one) else one,
        key=key,
        help=" ".join(f"{one.name}: {one.description}." for one in known.values()),
    )
    return chosen


def _advanced(classes: tuple[str, ...]) -> dict[str, Any]:
    with st.expander("Advanced settings", icon=":material/tune:"):
        left, middle, right = st.columns(3)
        return {
            "batch_size": left.number_input(
                "Rows in a batch",
                min_value=2,
                value=DEFAULTS["batch_size"],
                key="batch_size",
            ),
            "lr": middle.number_input(
                "Learning rate",
                min_value=0.0,
                value=None,
                format="%g",
                key="lr",
                placeholder="the model's own",
            ),
            "optimizer": right.selectbox(
                "Optimiser",
                list(OPTIMIZER_WORDS),
                format_func=lambda one: OPTIMIZER_WORDS[one],
                key="optimizer",
            ),
            "seed": left.number_input(
                "Seed",
                min_value=0,
                max_value=2**31 - 1,
                value=DEFAULTS["seed"],
                key="seed",
                help="Of the first parameters, the order of the rows, and the held-out draw.",
            ),
            "record_epochs": middle.selectbox(
                "Recorded epochs",
                list(RECORDED_WORDS),
                format_func=lambda one: RECORDED_WORDS[one],
                key="record_epochs",
                help="In which epochs signals are recorded. All: rankings are a little steadier, "
                "and recording takes up to three times as long. Runs of up to 1,000 steps "
                "record all in any case.",
            ),
            "auxiliary": right.checkbox(
                "Auxiliary run",
                key="auxiliary",
                help="Train a second time, with other random numbers. Takes twice as long; every μ "
                "then has that of the other run beside it.",
            ),
            "weight_decay": left.number_input(
                "Weight decay",
                min_value=0.0,
                max_value=0.99,
                value=DEFAULTS["weight_decay"],
                format="%g",
                step=0.001,
                key="weight_decay",
                help="How strongly parameters are pulled towards 0 on the way.",
            ),
            "device": middle.selectbox(
                "Device",
                DEVICES,
                key="device",
                help="auto: a graphics card where there is one.",
            ),
            "more_targets": st.multiselect(
                "More targets",
                [f"{CLASS_PREFIX}{one}" for one in classes[:OFFERED_CLASSES]],
                key="more_targets",
                accept_new_options=True,
                placeholder="class:NAME, or rows:3,17,40-45",
                help="One class of the held-out rows, or rows of your own, by their numbers.",
            ),
        }
