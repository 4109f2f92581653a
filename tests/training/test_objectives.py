"""What is derived from a loss agrees with the loss itself."""

import numpy as np
import pytest
import torch

from finine_core.training.objectives import OBJECTIVES, objective_named

ROWS, DRAWS = 4, 4000


def example(name):
    """An objective fitted to targets, outputs of some rows, and their targets."""
    random = torch.Generator().manual_seed(0)
    objective = objective_named(name)
    outputs = torch.randn(ROWS, objective.outputs(3), generator=random, dtype=torch.float64)
    if name in ("squared", "huber"):
        targets = outputs + torch.tensor([[0.3], [-0.5], [2.5], [-3.0]])
    elif name == "multi_label":
        targets = torch.tensor([[1.0, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]])
    else:
        targets = torch.tensor([0, 2, 1, 0])
    if name == "balanced_cross_entropy":
        outputs = outputs.float()  # as the weights are
    return objective.fitted(targets, 3, 2.0), outputs, targets


def gradient(objective, outputs, targets):
    outputs = outputs.clone().requires_grad_()
    return torch.autograd.grad(objective.loss(outputs, targets).sum(), outputs)[0]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_drawn_targets_have_gradients_with_the_curvature_as_their_second_moment(name):
    objective, outputs, targets = example(name)
    random = np.random.default_rng(0)
    near = outputs if name not in ("squared", "huber") else targets
    often = near.repeat(DRAWS, 1)
    drawn = gradient(objective, often, objective.curved(often, random)).view(DRAWS, ROWS, -1)
    moment = torch.einsum("dri,drj->rij", drawn, drawn) / DRAWS
    for row in range(ROWS):
        if name == "balanced_cross_entropy":  # the weight of a class drawn from p, on average
            chances = near[row].softmax(0)
            fisher = torch.diag(chances) - torch.outer(chances, chances)
            expected = fisher * (chances * objective.weights).sum()
        else:
            expected = torch.autograd.functional.hessian(
                lambda f, row=row: objective.loss(f[None], targets[row : row + 1]).sum(), near[row]
            )
        torch.testing.assert_close(moment[row], expected, atol=0.03, rtol=0)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_whole_targets_have_the_same_loss_and_gradient(name):
    objective, outputs, targets = example(name)
    whole = objective.whole(targets, outputs.shape[1]).to(outputs)
    assert whole.shape == outputs.shape
    torch.testing.assert_close(
        objective.loss(outputs, whole), objective.loss(outputs, targets).to(outputs)
    )
    torch.testing.assert_close(
        gradient(objective, outputs, whole), gradient(objective, outputs, targets)
    )


def test_the_unit_is_how_far_an_output_moves_when_the_loss_moves_by_one():
    for name in ("squared", "huber"):
        objective, outputs, targets = example(name)
        slope = gradient(objective, outputs, targets)[:, 0].abs()
        torch.testing.assert_close(objective.unit(objective.loss(outputs, targets)), 1 / slope)
    objective = objective_named("cross_entropy")  # of the margin log p/(1−p), in steps of it
    margin = torch.tensor([[0.4, 0.0]], dtype=torch.float64)
    step = torch.tensor([[1e-6, 0.0]], dtype=torch.float64)
    given = torch.tensor([0])
    lower, loss = objective.loss(margin + step, given), objective.loss(margin, given)
    torch.testing.assert_close(objective.unit(loss), 1e-6 / (loss - lower), rtol=1e-4, atol=0)


def test_chances_of_ordered_classes_sum_to_one_even_where_the_steps_contradict_each_other():
    outputs = torch.tensor([[3.0, -3.0], [-3.0, 3.0], [0.0, 0.0], [20.0, 20.0]])
    chances = objective_named("ordinal").chances(outputs)
    assert chances.shape == (4, 3)
    torch.testing.assert_close(chances.sum(dim=1), torch.ones(4))
    assert chances.argmax(dim=1).tolist()[0] == 1
    assert chances.argmax(dim=1).tolist()[3] == 2
    assert (chances >= 0).all()


def test_an_ordered_class_two_steps_off_costs_more_than_the_next():
    outputs = torch.tensor([[4.0, 4.0]])
    costs = [
        float(objective_named("ordinal").loss(outputs, torch.tensor([code]))) for code in range(3)
    ]
    assert costs == sorted(costs, reverse=True)


def test_balanced_classes_weigh_alike_in_all():
    targets = torch.tensor([0] * 8 + [1] * 2)
    balanced = objective_named("balanced_cross_entropy").fitted(targets, 3)
    weights = balanced.weights[targets]
    assert float(weights[targets == 0].sum()) == pytest.approx(float(weights[targets == 1].sum()))
    assert float(balanced.weights[2]) == 1, "an absent class"
    plain = objective_named("cross_entropy").loss(torch.zeros(10, 3), targets)
    torch.testing.assert_close(balanced.loss(torch.zeros(10, 3), targets), plain * weights)


def test_errors_are_told_in_the_numbers_of_the_file():
    objective = objective_named("squared").fitted(torch.zeros(2, 1), 1, scale=10.0)
    outputs, targets = torch.tensor([[1.0], [-3.0]]), torch.zeros(2, 1)
    points = float(objective.points(outputs, targets).mean())
    assert objective.quality(points) == pytest.approx(10 * 5**0.5)
    assert objective.beside(outputs, targets) == {"mae": pytest.approx(20.0)}
