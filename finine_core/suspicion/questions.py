"""What each signal of suspicion asks, by its name: for people, without what is needed to answer."""

from __future__ import annotations

QUESTIONS: dict[str, str] = {
    "training_margin": "Did the model prefer another class while it was trained on this label?",
    "out_of_fold_margin": "Do models that have not seen the row prefer another class?",
    "cleaned_margin": "Do models that learned only from rows they trust prefer another class?",
    "neighbours": "Do the most similar rows have another label?",
    "errors_nearby": "Would models err less on trusted rows nearby without this label?",
    "harm": "Does the row harm the held-out rows that can be trusted?",
}
