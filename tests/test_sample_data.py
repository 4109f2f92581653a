"""The samples are what their READMEs say: rows, classes, answers apart, made by their scripts."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes

from finine_core.errors import FinineError
from finine_sample_data import (
    FOLDER,
    SAMPLES,
    Sample,
    make_breast_cancer_flips,
    make_diabetes_outliers,
    make_fashion,
    make_tweets,
    sample,
)

EVERY_SAMPLE = pytest.mark.parametrize("entry", SAMPLES.values(), ids=list(SAMPLES))


def observed(entry: Sample) -> pd.DataFrame:
    if entry.ending == ".parquet":
        return pd.read_parquet(entry.path)
    return pd.read_csv(entry.path, keep_default_na=False)


def reference(entry: Sample) -> pd.DataFrame:
    return pd.read_csv(entry.reference_path)


@EVERY_SAMPLE
def test_the_catalogue_describes_the_file_beside_it(entry: Sample) -> None:
    table = observed(entry)
    assert SAMPLES[entry.name] is entry
    assert len(table) == entry.rows
    assert {entry.id, entry.label, *entry.text} <= set(table.columns)
    assert f"{table.shape[0]:,}" in entry.description


@EVERY_SAMPLE
def test_every_row_joins_with_exactly_one_row_of_the_reference(entry: Sample) -> None:
    ids, answers = observed(entry)[entry.id], reference(entry)[entry.reference_id]
    assert ids.is_unique
    assert list(ids) == list(answers)


@EVERY_SAMPLE
def test_the_file_a_run_reads_holds_no_column_of_the_reference(entry: Sample) -> None:
    answers = set(reference(entry).columns) - {entry.reference_id}
    assert not answers & set(observed(entry).columns)
    assert entry.reference_path != entry.path
    assert reference(entry)[entry.reference_column].dtype == bool


@EVERY_SAMPLE
def test_files_are_utf8_with_unix_line_ends_and_no_empty_cell(entry: Sample) -> None:
    texts = [one for one in (entry.path, entry.reference_path) if one.suffix == ".csv"]
    for path in texts:
        content = path.read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"\n")
        assert not content.startswith(b"\xef\xbb\xbf")
        assert "\ufffd" not in content.decode("utf-8")
    cells = observed(entry).drop(columns="image", errors="ignore")  # its bytes are no text
    assert not (cells.astype(str) == "").any().any()


@EVERY_SAMPLE
def test_every_sample_carries_its_notes_and_its_licence(entry: Sample) -> None:
    readme = (entry.path.parent / "README.md").read_text(encoding="utf-8")
    for column in observed(entry).columns[[0, 1, -1]].append(reference(entry).columns):
        assert f"`{column}`" in readme
    licence = (entry.path.parent / "LICENSE.txt").read_text(encoding="utf-8")
    assert "Copyright (c)" in licence
    assert entry.name in (FOLDER / "README.md").read_text(encoding="utf-8")


def test_an_unknown_sample_is_refused_with_the_names_that_exist() -> None:
    with pytest.raises(FinineError, match=r"'tweet'.*flips, diabetes_outliers, fashion, tweets"):
        sample("tweet")


def test_tweets_have_three_classes_and_about_a_fifth_disagree_with_the_consensus() -> None:
    entry = sample("tweets")
    table, answers = observed(entry), reference(entry)
    assert Counter(table.sentiment) == {"positive": 2233, "negative": 1096, "neutral": 871}
    assert answers.disagrees.sum() == 789
    # 19.06 % is the mean over all raters of each text; one draw of 4,200 has a spread of 0.6 %
    assert answers.disagrees.mean() == pytest.approx(0.1906, abs=0.012)
    assert "18.8 %" in entry.description


def test_a_tweet_disagrees_exactly_where_its_label_is_not_the_class_of_its_mean() -> None:
    table, answers = observed(sample("tweets")), reference(sample("tweets"))
    of_mean = answers.mean_rating.map(make_tweets.sentiment_of)
    assert (of_mean == answers.reference_sentiment).all()
    assert (answers.disagrees == (table.sentiment != of_mean)).all()
    assert answers.raters.between(20, 99).all()
    assert answers.mean_rating.between(-4, 4).all()


def test_tweets_are_decoded_trimmed_and_distinct() -> None:
    texts = observed(sample("tweets")).text
    assert all(make_tweets.clean_text(text) == text for text in texts)
    assert texts.is_unique
    assert not texts.str.contains("\n").any()


def test_the_label_of_one_rater_does_not_depend_on_the_other_tweets() -> None:
    ratings = (-2, 0, 3)
    alone = make_tweets.RatedTweet("7", "text", ratings)
    assert alone.observed == make_tweets.RatedTweet("7", "other text", ratings).observed
    drawn = Counter(make_tweets.drawn_rater(str(number), 4) for number in range(4000))
    assert set(drawn) == {0, 1, 2, 3}
    assert min(drawn.values()) > 900  # 1,000 each expected, spread 27


def test_tweets_are_written_from_an_archive_with_recomputed_means(tmp_path: Path) -> None:
    archive = archive_of(
        texts='\ufeff1\t-4.0\tSo &amp;amp; so\r\n2\t0\t caf\u00e9, "nice" \r\n',
        ratings="1\t-4.0\t1\t[0, 1]\r\n2\t0\t1\t[0, 0, 1]",
    )
    make_tweets.write_sample(make_tweets.read_tweets(archive), "MIT\r\nline\r\n", tmp_path)
    assert pd.read_csv(tmp_path / "tweets.csv").text.tolist() == ["So & so", 'caf\u00e9, "nice"']
    lines = (tmp_path / "tweets_reference.csv").read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("1,positive,0.5,2,")
    assert lines[2].startswith("2,neutral,0.333333,3,")
    assert (tmp_path / "LICENSE.txt").read_bytes() == b"MIT\nline\n"


def test_an_archive_whose_two_files_name_different_tweets_is_refused() -> None:
    archive = archive_of(texts="1\t0\tone\r\n2\t0\ttwo", ratings="1\t0\t0\t[0]")
    with pytest.raises(FinineError, match="Tweet '2' is in only one of"):
        make_tweets.read_tweets(archive)


def test_another_file_than_the_release_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(b"not the release")
    assert make_tweets.main([str(wrong), "--into", str(tmp_path / "out")]) == 1
    assert "SHA-256" in capsys.readouterr().err
    assert make_tweets.main([str(tmp_path / "none.zip"), "--into", str(tmp_path / "out")]) == 1
    assert "There is no file" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_breast_cancer_flips_are_remade_byte_for_byte(tmp_path: Path) -> None:
    assert make_breast_cancer_flips.main(["--into", str(tmp_path)]) == 0
    entry = sample("breast_cancer_flips")
    for committed in (entry.path, entry.reference_path):
        assert (tmp_path / committed.name).read_bytes() == committed.read_bytes()


def test_a_tenth_of_the_diagnoses_is_flipped_and_no_measurement_is_touched() -> None:
    entry = sample("breast_cancer_flips")
    table, answers = observed(entry), reference(entry)
    source = load_breast_cancer(as_frame=True)
    original = source.target.map(dict(enumerate(source.target_names)))
    pd.testing.assert_frame_equal(table[source.feature_names], source.data)
    assert (answers.true_diagnosis == original).all()
    assert ((table.diagnosis != original) == answers.flipped).all()
    assert answers.flipped.sum() == round(0.1 * 569) == 57
    assert Counter(original[answers.flipped]) == {"malignant": 24, "benign": 33}
    assert Counter(table.diagnosis) == {"benign": 348, "malignant": 221}


def test_a_tenth_of_the_progressions_is_shifted_and_nothing_else(tmp_path: Path) -> None:
    assert make_diabetes_outliers.main(["--into", str(tmp_path)]) == 0
    entry = sample("diabetes_outliers")
    for committed in (entry.path, entry.reference_path):
        assert (tmp_path / committed.name).read_bytes() == committed.read_bytes()
    table, answers = observed(entry), reference(entry)
    source = load_diabetes(as_frame=True, scaled=False)
    measured = table[source.feature_names].astype(float)
    pd.testing.assert_frame_equal(measured, source.data.astype(float))
    assert (answers.true_progression == source.target).all()
    by = table.progression - answers.true_progression
    assert ((by != 0) == answers.shifted).all()
    assert by[answers.shifted].abs().between(154, 308).all()
    assert (answers.shifted.sum(), (by > 0).sum(), (by < 0).sum()) == (44, 39, 5)
    assert table.progression.min() == 25


def archive_of(texts: str, ratings: str) -> zipfile.ZipFile:
    """An archive laid out like the release, with these two tables."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:gz") as tables:
        for name, content in (
            (make_tweets.TEXTS_FILE, texts),
            (make_tweets.RATINGS_FILE, ratings),
        ):
            data = content.encode("utf-8")
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tables.addfile(member, io.BytesIO(data))
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(make_tweets.INNER_ARCHIVE, inner.getvalue())
    return zipfile.ZipFile(whole)


def test_a_tenth_of_each_kind_of_clothes_has_the_label_it_is_easily_taken_for() -> None:
    table, answers = observed(sample("fashion")), reference(sample("fashion"))
    assert Counter(answers.true_label) == dict.fromkeys(make_fashion.CLASSES, 200)
    assert Counter(answers.true_label[answers.flipped]) == dict.fromkeys(make_fashion.CLASSES, 20)
    expected = answers.true_label.where(
        ~answers.flipped, answers.true_label.map(make_fashion.TAKEN_FOR)
    )
    assert (table.label == expected).all()
    assert all(one.startswith(b"\x89PNG") for one in table.image)
