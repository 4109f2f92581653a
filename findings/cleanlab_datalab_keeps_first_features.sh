#!/usr/bin/env bash
# Title:   Datalab answers a second question about other features with the first features' neighbours
# Package: cleanlab==2.9.0
# Seen:    2026-11-30
# Guess:   find_issues(features=B) looks for near-duplicates among the rows of B.
# Happens: if the same Datalab was asked about features A before, B is not looked at: the graph of
#          nearest rows is kept from A, without a word, and A's duplicates are named again.
# Matters: who tries a second embedding on the object at hand sees "the same duplicates are found"
#          and takes for agreement of two embeddings what is one embedding twice.
# finine:  not affected: the embedding belongs to its run and is stored with it, and nearest rows are
#          computed from it at each question (finine_core/runs/map/embedding.py).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install cleanlab==2.9.0 datasets==5.2.0 scikit-learn==1.9.1 pandas==3.1.1

observe <<'PY'
from contextlib import redirect_stdout
from importlib.metadata import version

import numpy as np
from cleanlab import Datalab

print("cleanlab", version("cleanlab"))
random = np.random.default_rng(0)
labels = np.repeat([0, 1], 50)
a, b = random.normal(size=(2, 100, 8))
a[1] = a[0] + 1e-9  # rows 0 and 1 are near-duplicates in A,
b[11] = b[10] + 1e-9  # rows 10 and 11 in B


def duplicates(lab, features):
    lab.find_issues(features=features, issue_types={"near_duplicate": {}})
    return np.flatnonzero(lab.get_issues("near_duplicate").is_near_duplicate_issue).tolist()


def fresh():
    return Datalab({"label": labels}, label_name="label", verbosity=0)


reused = fresh()
with open("chatter.txt", "w") as chatter, redirect_stdout(chatter):
    first, second, alone = duplicates(reused, a), duplicates(reused, b), duplicates(fresh(), b)
print("A:", first)
print("B, asked of the same Datalab:", second)
print("B, asked of a new Datalab:", alone)
PY

expect <<'TXT'
cleanlab 2.9.0
A: [0, 1]
B, asked of the same Datalab: [0, 1]
B, asked of a new Datalab: [10, 11]
TXT
