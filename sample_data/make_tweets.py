"""Make the `tweets` sample: one rater's label per tweet, and the consensus of all raters apart.

Takes the source zip of the package vaderSentiment 0.5, which carries 4,200 tweet-like texts with
every rater's own rating; gives `tweets.csv` (what a run reads), `tweets_reference.csv` (what no
run reads) and `LICENSE.txt`. Nothing is random: the same zip always gives the same bytes.

    pip download --no-deps --no-build-isolation vaderSentiment==0.5 -d DOWNLOADS
    python sample_data/make_tweets.py DOWNLOADS/vaderSentiment-0.5.zip
"""

from __future__ import annotations

import argparse
import hashlib
import html
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from finine_core.errors import FinineError
from finine_core.files import make_folder, sha256_of, write_atomically
from finine_sample_data.writing import write_csv

# The one release that holds the ratings; a different archive could silently be different data.
ARCHIVE_SHA256 = "5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a"
INNER_ARCHIVE = "vaderSentiment-0.5/additional_resources/hutto_ICWSM_2014.tar.gz"
LICENCE_FILE = "vaderSentiment-0.5/LICENSE.txt"
TEXTS_FILE = "hutto_ICWSM_2014/tweets_GroundTruth.txt"
RATINGS_FILE = "hutto_ICWSM_2014/tweets_anonDataRatings.txt"

# Ratings run from -4 to 4 in whole numbers; half a point splits 0 from the nearest real rating.
CUT = 0.5
# Names the draw of the rater, so that another sample drawn the same way would not repeat it.
DRAW_NAME = "finine tweets"
# A mean of at most 99 whole ratings is told from every other by six decimals.
MEAN_DECIMALS = 6


@dataclass(frozen=True)
class RatedTweet:
    """One tweet with the ratings (-4 to 4) all of its raters gave, in the source's order."""

    tweet_id: str
    text: str
    ratings: tuple[int, ...]

    @property
    def mean(self) -> float:
        """The mean of all ratings, recomputed: the source's own listed mean is wrong at times."""
        return sum(self.ratings) / len(self.ratings)

    @property
    def observed(self) -> str:
        """The label of one rater, the only label that a run sees."""
        return sentiment_of(self.ratings[drawn_rater(self.tweet_id, len(self.ratings))])

    @property
    def reference(self) -> str:
        """The label of the mean rating: a consensus that includes that rater, not the truth."""
        return sentiment_of(self.mean)


def sentiment_of(rating: float) -> str:
    """The class of a rating or of a mean rating on the scale -4 to 4.

    Examples:
        >>> [sentiment_of(rating) for rating in (-1, -0.5, 0, 0.49, 0.5)]
        ['negative', 'negative', 'neutral', 'neutral', 'positive']
    """
    if rating >= CUT:
        return "positive"
    return "negative" if rating <= -CUT else "neutral"


def drawn_rater(tweet_id: str, raters: int) -> int:
    """Which of a tweet's raters is the observed one: 0 to `raters` - 1, uniform over tweets.

    A hash of the id draws the rater, so the draw needs no random generator (whose stream may
    change with its library) and does not depend on the other tweets.

    Examples:
        >>> drawn_rater("1", 95), drawn_rater("2", 99)
        (67, 61)
    """
    digest = hashlib.sha256(f"{DRAW_NAME} {tweet_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % raters


def clean_text(text: str) -> str:
    """The text as it was typed: HTML entities decoded, also where escaped twice; ends trimmed.

    Examples:
        >>> clean_text(" rock &amp; roll, you&amp;#39;d think &lt;3")
        "rock & roll, you'd think <3"
    """
    decoded = html.unescape(text)
    while decoded != text:
        text, decoded = decoded, html.unescape(decoded)
    return decoded.strip()


def read_tweets(archive: zipfile.ZipFile) -> list[RatedTweet]:
    """All rated tweets of the archive, in its order.

    Raises:
        FinineError: when the archive lacks the files, or the two files disagree on the ids.
    """
    try:
        inner = io.BytesIO(archive.read(INNER_ARCHIVE))
    except KeyError as error:
        raise FinineError(
            f"The archive holds no file '{INNER_ARCHIVE}'.",
            "Give the path of vaderSentiment-0.5.zip.",
        ) from error
    with tarfile.open(fileobj=inner) as tables:
        texts = {row[0]: row[2] for row in _table(tables, TEXTS_FILE)}
        ratings = {row[0]: row[3] for row in _table(tables, RATINGS_FILE)}
    if texts.keys() != ratings.keys():
        unpaired = sorted(texts.keys() ^ ratings.keys())[0]
        raise FinineError(
            f"Tweet '{unpaired}' is in only one of '{TEXTS_FILE}' and '{RATINGS_FILE}'.",
            "Download the archive again.",
        )
    return [
        RatedTweet(tweet_id, clean_text(text), tuple(json.loads(ratings[tweet_id])))
        for tweet_id, text in texts.items()
    ]


def write_sample(tweets: Iterable[RatedTweet], licence: str, folder: Path) -> None:
    """Write `tweets.csv`, `tweets_reference.csv` and `LICENSE.txt` into `folder`."""
    make_folder(folder)
    tweets = list(tweets)
    write_csv(
        folder / "tweets.csv",
        ("tweet_id", "text", "sentiment"),
        ((tweet.tweet_id, tweet.text, tweet.observed) for tweet in tweets),
    )
    write_csv(
        folder / "tweets_reference.csv",
        ("tweet_id", "reference_sentiment", "mean_rating", "raters", "disagrees"),
        (
            (
                tweet.tweet_id,
                tweet.reference,
                str(round(tweet.mean, MEAN_DECIMALS)),
                str(len(tweet.ratings)),
                "true" if tweet.observed != tweet.reference else "false",
            )
            for tweet in tweets
        ),
    )
    with write_atomically(folder / "LICENSE.txt") as temporary:
        text = "\n".join(licence.split("\r\n")).rstrip() + "\n"
        temporary.write_text(text, encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> int:
    """Make the sample from the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make sample_data/tweets.")
    parser.add_argument("archive", type=Path, help="path of vaderSentiment-0.5.zip")
    parser.add_argument(
        "--into", type=Path, default=Path(__file__).parent / "tweets", help="folder to write"
    )
    options = parser.parse_args(arguments)
    try:
        make(options.archive, options.into)
    except FinineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def make(archive_path: Path, folder: Path) -> None:
    """Check the archive at `archive_path` and write the sample into `folder`.

    Raises:
        FinineError: when there is no such file, or it is not the release this sample is made of.
    """
    where = "Download it as the head of sample_data/make_tweets.py says."
    if not archive_path.is_file():
        raise FinineError(f"There is no file '{archive_path}'.", where)
    if (found := sha256_of(archive_path)) != ARCHIVE_SHA256:
        raise FinineError(
            f"'{archive_path}' is not vaderSentiment-0.5.zip: its SHA-256 is {found}, "
            f"expected {ARCHIVE_SHA256}.",
            where,
        )
    with zipfile.ZipFile(archive_path) as archive:
        licence = archive.read(LICENCE_FILE).decode("utf-8")
        write_sample(read_tweets(archive), licence, folder)


def _table(tables: tarfile.TarFile, name: str) -> list[list[str]]:
    """The rows of a tab-separated file without a header and without quoting."""
    stream = tables.extractfile(name)
    assert stream is not None, name  # a member that is a regular file always opens
    lines = stream.read().decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    return [line.split("\t") for line in lines if line.strip()]


if __name__ == "__main__":
    sys.exit(main())
