#!/usr/bin/env bash
# Title:   The coreset by label keeps class shares in its rows, but its weights make all classes equal
# Package: dd-coresets==0.2.0
# Seen:    2026-11-30
# Guess:   fit_ddc_coreset_by_label keeps class proportions, so the weighted rows stand for the data:
#          nine tenths of the weight lie on the class that has nine tenths of the rows.
# Happens: each class's weights sum to one before they are joined, so each of K classes has 1/K of the
#          weight. At 900 to 100 rows the weighted mean of a column is that of a balanced set; the
#          unweighted rows are closer to the truth.
# Matters: a model trained on the weighted coreset has another class prior than one trained on the data,
#          and every estimate of a mean, a rate or an influence on it is off, with no sign in the result.
# finine:  not affected: it builds no coresets. Where it needs rows that stand for others, the random
#          rows of a verification, it draws as many of each class as were marked.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

install --no-deps dd-coresets==0.2.0
install numpy==2.4.6 scikit-learn==1.9.1

observe <<'PY'
from importlib.metadata import version

import numpy as np
from dd_coresets import fit_ddc_coreset_by_label

print("dd-coresets", version("dd-coresets"))
random = np.random.default_rng(0)
labels = np.repeat([0, 1], [900, 100])
data = random.normal(size=(1_000, 4)) + 3 * labels[:, None]

rows, weights, told = fit_ddc_coreset_by_label(data, labels, 50, random_state=0)
counts = told["k_per_class"]
of_class = np.repeat([0, 1], counts)
shares = [round(float(weights[of_class == c].sum()), 2) for c in (0, 1)]
print("rows of each class: data", np.bincount(labels).tolist(), "coreset", list(map(int, counts)))
print("weight of each class:", shares)
print(f"mean of a column: data {data[:, 0].mean():.1f}, coreset weighted"
      f" {weights @ rows[:, 0]:.1f}, not weighted {rows[:, 0].mean():.1f}")
PY

expect <<'TXT'
dd-coresets 0.2.0
rows of each class: data [900, 100] coreset [45, 5]
weight of each class: [0.5, 0.5]
mean of a column: data 0.3, coreset weighted 1.6, not weighted 0.4
TXT
