"""What do the words mean? Each in two or three plain sentences, with an anchor to link to."""

from __future__ import annotations

GLOSSARY = {
    "Influence, μ": "How strongly one row pulls on the result of training, compared with the luck "
    "of the draw in training itself. 0: nobody could tell whether the row was there. "
    "1: noticeable. 3: hard to miss.",
    "Interval": "Where μ may well lie: at 90 % on Review, Groups and Compare, at 95 % in "
    "verifications. It holds which epochs were recorded and how far μ was off in studies against "
    "real retraining, not that a row was picked because its μ is large. A row "
    "whose interval holds 0 may as well have no influence. "
    "Where two rows' intervals overlap, which of them is the stronger is not known.",
    "Target self": "The influence of a row on how well the model fits that same row. A large μ "
    "says: the model gets this row right only because it has seen it. Such rows are mislabelled, "
    "unusual, or learned by heart.",
    "Target validation": "The influence of a row on the loss of the held-out rows. Below 0 the row "
    "is estimated to hurt: without it that loss would be lower. Above 0 it helps.",
    "Trade-off curve": "Imagine a tester who sees only the trained model and must say whether the "
    "row was in its data. The curve shows how the two errors trade off: the lower it bends, the "
    "more the row gives itself away.",
    "Type I error, α": "False alarm: the tester says the row was taken out, and it was there.",
    "Type II error, β": "Miss: the tester says the row was there, and it was taken out.",
    "G_μ": "The trade-off curve of two bell curves that lie μ apart: what the curve would be if "
    "everything were Gaussian.",
    "Mean loss": "How badly the model fitted the row on average over the training. The simple "
    "baseline for finding wrong labels; it has no interval and says nothing about influence.",
    "Suspicion": "The chance that a row's label is wrong, from 0 to 100 %: made of several signals,"
    " and calibrated by errors planted in a copy of the data set.",
    "Suspicious": "A row that deserves a look first: its label is likelier wrong than right. Where "
    "numbers or several labels are learned: its μ stands out, or the model is sure of another "
    "label.",
    "False discovery rate": "Of the rows that are said to stand out, the share that is expected to "
    "be ordinary after all.",
    "Verification": "Training again with and without the marked rows, and without as many random "
    "rows: what removing them does on average over the luck of training, judged by these held-out "
    "rows.",
}


def anchor(word: str) -> str:
    """The address of a word on the glossary page.

    Examples:
        >>> anchor("Type I error, α")
        'type-i-error'
    """
    plain = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in word.lower())
    return "-".join(plain.split())
