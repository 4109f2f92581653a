"""Taking a list away, reports of bulk decisions, and columns that explain themselves."""

from __future__ import annotations

import pytest

from finine_app.components.review import take
from finine_sample_data import SAMPLES
from tests.app.looking import button, healthy, listed, said

SOURCE = SAMPLES["breast_cancer_flips"].path


@pytest.fixture
def review(app, own_run):
    return healthy(app(own_run.home, "review").run())


def test_a_filtered_list_is_taken_away_byte_for_byte(review, own_run):
    review.toggle(key="filter_disagree").set_value(True).run()
    button(review, "take_list").click().run()
    wanted = sorted(own_run.scores(by="suspicion", where="label <> predicted")["row_number"])
    offered = healthy(review).get("download_button")[0].proto
    assert f"{len(wanted):,} rows" in offered.label
    _, path = review.session_state[take._READY]
    lines = SOURCE.read_bytes().splitlines(keepends=True)
    assert path.read_bytes() == b"".join([lines[0], *(lines[row + 1] for row in wanted)])
    assert own_run.decisions() == [], "taking rows away decides nothing"
    review.toggle(key="filter_disagree").set_value(False).run()
    assert not review.get("download_button"), "the file of another list is not offered"


def test_a_bulk_decision_reports_what_it_hit(review, own_run):
    own_run.mark(where="suspicious AND rank <= 20", target="self", decision="keep")
    before = own_run.log.counts()["keep"]
    assert before
    review.button_group(key="review_tab").set_value("suspicious").run()
    review.selectbox(key="bulk_decision").set_value("delete").run()
    next(one for one in review.button if (one.key or "").startswith("bulk_apply")).click().run()
    hit = own_run.scores(by="suspicion", where="suspicious")
    report = said(review)
    assert f"{len(hit):,} rows marked for deletion" in report
    for label, count in hit["label"].value_counts().items():
        assert f"{count:,} {label}" in report
    assert f"{before} had a decision before" in report
    assert own_run.decisions()[-1].selection == "list Suspicious, all rows"


def test_every_score_column_explains_itself(review):
    import json

    proto = next(one.proto for one in review.dataframe if "rank" in one.value.columns)
    explained = json.loads(proto.columns)
    for column in listed(review).columns:
        if column == "content":
            continue
        words = explained[column].get("help", "")
        assert len(words) > 15, f"{column} says nothing of what it means"
    assert "baseline" in explained["mean_loss"]["help"]
    assert "retraining" in explained["interval"]["help"]
