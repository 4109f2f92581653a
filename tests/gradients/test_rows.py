"""Streaming, chunks, projections, and what is refused."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from finine_core.errors import FinineError
from finine_core.gradients import RandomProjection, RowGradients


def model_of(dtype=torch.float64, seed=0):
    torch.manual_seed(seed)
    layers = [nn.Conv1d(2, 3, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(15, 3)]
    return nn.Sequential(*layers).to(dtype).eval()


def rows(n, dtype=torch.float64):
    return torch.randn(n, 2, 5, dtype=dtype), torch.randint(3, (n,))


# --- chunks --------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 40), st.integers(1, 30_000), st.integers(0, 100))
def test_results_do_not_depend_on_the_memory_budget(cross_entropy, n, budget, seed):
    model, (x, y) = model_of(seed=seed), rows(n)
    small = RowGradients(model, cross_entropy, memory_budget=budget)
    large = RowGradients(model, cross_entropy)
    direction = large.mean_gradient(x, y)
    probe = large.probe(x[:3], y[:3])
    asked = {
        "probes": probe, "directions": [direction, direction], "norms": True, "mean": True,
        "projection": RandomProjection(7), "outputs": True,
    }  # fmt: skip
    one, other = small.products(x, y, **asked), large.products(x, y, **asked)
    for name in ("losses", "outputs", "norms", "pairs", "along", "projected"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12)
    for name in direction:
        torch.testing.assert_close(one.mean[name], other.mean[name], rtol=1e-9, atol=1e-12)


def test_streamed_chunks_cover_the_rows_in_order(cross_entropy):
    x, y = rows(50)
    gradients = RowGradients(model_of(), cross_entropy, memory_budget=10_000)
    at = [place for place, _ in gradients.stream(x, y, norms=True)]
    assert len(at) > 3
    assert [place.start for place in at] == [0, *(place.stop for place in at[:-1])]
    assert at[-1].stop == 50
    streamed = torch.cat([part.norms for _, part in gradients.stream(x, y, norms=True)])
    torch.testing.assert_close(streamed, gradients.products(x, y, norms=True).norms)


def test_only_what_was_asked_for_is_given(cross_entropy):
    found = RowGradients(model_of(), cross_entropy).products(*rows(4))
    assert found.losses.shape == (4,)
    assert (found.norms, found.pairs, found.along, found.mean, found.projected) == (None,) * 5


def test_rows_of_one_call_are_paired_like_a_probe_set(cross_entropy):
    (x, y), gradients = rows(6), RowGradients(model_of(), cross_entropy)
    one = gradients.products(x, y, probes=gradients.rows(x, y)).pairs
    torch.testing.assert_close(one, gradients.products(x, y, probes=gradients.probe(x, y)).pairs)


def test_double_accumulation_on_request(cross_entropy):
    gradients = RowGradients(model_of(torch.float32), cross_entropy, accumulate=torch.float64)
    found = gradients.products(*rows(4, torch.float32), norms=True, mean=True)
    assert found.norms.dtype == torch.float64
    assert {g.dtype for g in found.mean.values()} == {torch.float64}


def test_a_model_that_was_trained_on_between_calls_gives_new_products(cross_entropy):
    model, (x, y) = model_of(), rows(5)
    gradients = RowGradients(model, cross_entropy)
    before = gradients.products(x, y, norms=True).norms
    with torch.no_grad():
        for p in model.parameters():
            p.add_(0.1)
    after = gradients.products(x, y, norms=True).norms
    assert not torch.allclose(before, after)
    fresh = RowGradients(model, cross_entropy).products(x, y, norms=True).norms
    torch.testing.assert_close(after, fresh)


MEMORY_SCRIPT = """
import resource, sys, torch
from torch import nn
from finine_core.gradients import RandomProjection, RowGradients
torch.set_num_threads(1)
n = int(sys.argv[1])
model = nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 10)).eval()
x, y = torch.randn(n, 16), torch.randint(10, (n,))
gradients = RowGradients(model, nn.CrossEntropyLoss(reduction="none"), memory_budget=16 * 2**20)
probe = gradients.probe(x[:32], y[:32])
asked = dict(probes=probe, directions=[gradients.mean_gradient(x, y)], norms=True,
             projection=RandomProjection(8))
total = sum(float(part.norms.sum()) for _, part in gradients.stream(x, y, **asked))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_the_number_of_rows():
    peaks = []
    for n in (10_000, 40_000):
        done = subprocess.run(
            [sys.executable, "-c", MEMORY_SCRIPT, str(n)],
            capture_output=True,
            text=True,
            check=True,
        )
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.15 * peaks[0], peaks


# --- projections ---------------------------------------------------------------------------------


class Mixed(nn.Module):
    """Convolution, sequence, table, norm and bias: a projection of each form."""

    def __init__(self):
        super().__init__()
        self.table, self.conv = nn.Embedding(7, 4), nn.Conv1d(4, 4, 2, groups=2)
        self.norm, self.last = nn.LayerNorm(4), nn.Linear(4, 3)

    def forward(self, tokens):
        x = self.conv(self.table(tokens).transpose(1, 2)).transpose(1, 2)
        return self.last(self.norm(torch.tanh(x))).mean(1)


def test_inner_products_of_projections_are_unbiased(cross_entropy):
    torch.manual_seed(0)
    model = Mixed().double().eval()
    x, y = torch.randint(7, (6, 5)), torch.randint(3, (6,))
    gradients = RowGradients(model, cross_entropy)
    exact = gradients.products(x, y, probes=gradients.probe(x, y)).pairs
    norms = exact.diagonal().sqrt()
    size, seeds = 128, 60
    mean = torch.zeros_like(exact)
    for seed in range(seeds):
        projected = gradients.products(x, y, projection=RandomProjection(size, seed)).projected
        mean += projected @ projected.T / seeds
    # At most 8/r of variance (see projection.py); 4 standard deviations of the mean of all seeds.
    bound = 4 * (8 / (size * seeds)) ** 0.5
    assert float(((mean - exact).abs() / (norms[:, None] * norms)).max()) < bound


def test_a_projection_is_determined_by_its_seed_alone(cross_entropy):
    (x, y), gradients = rows(9), RowGradients(model_of(), cross_entropy)
    one = gradients.products(x, y, projection=RandomProjection(8, seed=3)).projected
    part = gradients.products(x[4:], y[4:], projection=RandomProjection(8, seed=3)).projected
    torch.testing.assert_close(one[4:], part)
    other = gradients.products(x, y, projection=RandomProjection(8, seed=4)).projected
    assert not torch.allclose(one, other)


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, 1, 37])
def test_a_loss_that_is_not_finite_names_its_rows(cross_entropy, bad):
    x, y = rows(40)
    x[bad] = float("nan")
    gradients = RowGradients(model_of(), cross_entropy, memory_budget=10_000)
    with pytest.raises(FinineError, match=rf"loss is not finite for rows \[{bad}\]"):
        gradients.products(x, y)


@pytest.mark.parametrize("what", ["norms", "mean", "probes", "projection", "directions"])
def test_a_gradient_that_is_not_finite_names_its_rows(what):
    def loss(outputs, labels):  # a finite loss whose gradient is infinite where labels are 7
        return outputs.sum(1) + torch.where(labels == 7, outputs[:, 0] * 0, 1.0).sqrt()

    x, y = rows(40)
    y[33] = 7
    gradients = RowGradients(model_of(), loss, memory_budget=10_000)
    asked = {
        "norms": True,
        "mean": True,
        "probes": gradients.probe(x[:2], y[:2]),
        "projection": RandomProjection(4),
        "directions": [gradients.mean_gradient(x[:2], y[:2])],
    }
    with pytest.raises(FinineError, match=r"not finite for rows \[33\]"):
        gradients.products(x, y, **{what: asked[what]})


def test_a_probe_whose_gradient_is_not_finite_is_named_when_it_is_paired():
    def loss(outputs, labels):
        return outputs.sum(1) + torch.where(labels == 7, outputs[:, 0] * 0, 1.0).sqrt()

    x, y = rows(40)
    y[3] = 7
    gradients = RowGradients(model_of(), loss, memory_budget=10_000)
    with pytest.raises(FinineError, match=r"not finite for probe rows \[3\]"):
        gradients.products(x[10:], y[10:], probes=gradients.probe(x[:5], y[:5]))


def test_training_mode_is_refused_with_the_layer_and_the_mend(cross_entropy):
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)).eval()
    model[1].train()
    with pytest.raises(FinineError, match=r"'1' \(Dropout\) is in training mode.*eval"):
        RowGradients(model, cross_entropy).products(torch.ones(2, 2), torch.zeros(2).long())


def test_batch_norm_without_running_statistics_is_refused(cross_entropy):
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2, track_running_stats=False)).eval()
    with pytest.raises(FinineError, match="'1' has no running statistics"):
        RowGradients(model, cross_entropy).products(torch.ones(2, 2), torch.zeros(2).long())


class Mixing(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.how, self.last = how, nn.Linear(2, 2)

    def forward(self, x):
        return self.last(self.how(x))


@pytest.mark.parametrize("how", [lambda x: x - x.mean(0), lambda x: nn.functional.dropout(x, 0.5)])
def test_rows_that_influence_one_another_are_refused(cross_entropy, how):
    torch.manual_seed(1)
    with pytest.raises(FinineError, match="rows beside it, or is random"):
        RowGradients(Mixing(how).eval(), cross_entropy).products(
            torch.randn(5, 2), torch.tensor([0, 1, 0, 1, 0])
        )


def test_a_loss_that_averages_over_rows_is_refused():
    gradients = RowGradients(model_of(), nn.CrossEntropyLoss())
    with pytest.raises(FinineError, match=r"shape \(\) for 2 rows.*reduction='none'"):
        gradients.products(*rows(3))


def test_a_direction_of_wrong_names_or_shape_is_refused(cross_entropy):
    (x, y), gradients = rows(4), RowGradients(model_of(), cross_entropy)
    direction = gradients.mean_gradient(x, y)
    wrong = {("bias" if name == "0.bias" else name): v for name, v in direction.items()}
    with pytest.raises(FinineError, match=r"missing \['0.bias'\], unknown \['bias'\]"):
        gradients.products(x, y, directions=[wrong])
    with pytest.raises(FinineError, match=r"shape \(2,\) for parameter '0.bias'"):
        gradients.products(x, y, directions=[direction | {"0.bias": torch.zeros(2)}])


def test_a_probe_of_other_parameters_is_refused(cross_entropy):
    x, y = rows(4)
    last = RowGradients(model_of(), cross_entropy, parameters=lambda name, _: name[0] == "3")
    with pytest.raises(FinineError, match="of other parameters"):
        RowGradients(model_of(), cross_entropy).products(x, y, probes=last.probe(x, y))


def test_too_many_probes_are_refused_with_the_mend(cross_entropy):
    gradients = RowGradients(model_of(), cross_entropy, memory_budget=10_000)
    with pytest.raises(FinineError, match="fewer probe rows"):
        gradients.probe(*rows(400))


def test_labels_that_do_not_match_the_inputs_are_refused(cross_entropy):
    x, y = rows(4)
    with pytest.raises(FinineError, match=r"\[4\] rows, labels 3"):
        RowGradients(model_of(), cross_entropy).products(x, y[:3])
