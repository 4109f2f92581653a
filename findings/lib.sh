# What every finding shares: a temporary folder with a virtual environment of pinned packages, what
# was seen there, and the comparison with what is written down. Sourced, not run.

PYTHON=${PYTHON:-python3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" -m venv "$work/venv"
cd "$work"

# install PACKAGE==VERSION …            with what they need
# install --no-deps PACKAGE==VERSION …  alone, where their dependencies would bring too much
install() {
    venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check \
        -c "$here/constraints.txt" "$@" 2>pip.txt || { cat pip.txt >&2; exit 2; }
}

# observe <<'PY' … PY       runs the program; what it prints is what was seen
observe() {
    cat >program.py
    OMP_NUM_THREADS=1 CUDA_VISIBLE_DEVICES='' HF_HUB_OFFLINE=1 \
        venv/bin/python -W ignore program.py >seen.txt 2>messages.txt \
        || { cat messages.txt >&2; echo "The program failed: the behaviour may have changed." >&2; exit 1; }
    cat seen.txt
}

# expect <<'TXT' … TXT      fails, with the difference, unless just this was seen
expect() {
    cat >expected.txt
    diff -u --label "seen on 2026-11-30" --label "seen now" expected.txt seen.txt \
        || { echo "$(basename "$0"): the behaviour has changed." >&2; exit 1; }
    echo "$(basename "$0"): as written down."
}
