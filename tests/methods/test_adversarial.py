"""What the adversarial methods share, against loops and against what each part promises."""

import numpy as np
import pytest
import torch
from torch import nn

from inkseek.methods import _adversarial as adversarial
from tests.reference import pcmsn_reference as reference


def scores(seed: int, count: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(7, generator=generator, dtype=torch.float64) for _ in range(count)]


@pytest.mark.parametrize("seed", [0, 1])
def test_least_squares_terms_equal_their_loops(seed: int) -> None:
    real, sketch, photo, real_label, fake_s, fake_i = scores(seed, 6)
    arrays = [score.numpy() for score in (real, sketch, photo, real_label, fake_s, fake_i)]
    found = adversarial.least_squares_critic(real, [sketch, photo], real_label, [fake_s, fake_i])
    np.testing.assert_allclose(found.item(), reference.least_squares_discriminator(*arrays), rtol=0, atol=1e-6)
    found = adversarial.least_squares_generator([sketch, photo], [fake_s, fake_i])
    expected = reference.least_squares_generator(arrays[1], arrays[2], arrays[4], arrays[5])
    np.testing.assert_allclose(found.item(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seed", [0, 1])
def test_log_terms_are_the_two_sides_of_equation_1(seed: int) -> None:
    real, sketch, photo = scores(seed, 3)
    arrays = [score.numpy() for score in (real, sketch, photo)]
    critic = adversarial.log_critic(real, [sketch, photo]).item()
    np.testing.assert_allclose(-2 * critic, reference.log_game(*arrays), rtol=0, atol=1e-6)
    generator = adversarial.log_generator([sketch, photo]).item()
    np.testing.assert_allclose(generator, reference.log_generator(*arrays[1:]), rtol=0, atol=1e-6)


def test_both_games_pull_a_fake_up_and_push_it_down() -> None:
    """A generator's step raises the fake's score, a critic's step lowers it and raises the real one's."""
    real, fake = (torch.zeros(5, requires_grad=True) for _ in range(2))
    high, low = torch.full((5,), 0.9), torch.full((5,), -0.9)
    for generator in (adversarial.least_squares_generator([fake], [high]), adversarial.log_generator([fake])):
        (slope,) = torch.autograd.grad(generator, fake)
        assert (slope < 0).all()
    for critic in (
        adversarial.least_squares_critic(real, [fake], high, [low]),
        adversarial.log_critic(real, [fake]),
    ):
        real_slope, fake_slope = torch.autograd.grad(critic, (real, fake))
        assert (real_slope < 0).all()
        assert (fake_slope > 0).all()


def test_noisy_labels_fill_their_bounds_one_for_each_sample() -> None:
    torch.manual_seed(0)
    labels = adversarial.noisy_labels(torch.zeros(2000), (0.7, 1.0))
    assert labels.shape == (2000,)
    assert labels.min() >= 0.7
    assert labels.max() <= 1.0
    torch.testing.assert_close(labels.mean(), torch.tensor(0.85), atol=0.01, rtol=0)
    torch.testing.assert_close(labels.std(), torch.tensor(0.3 / 12**0.5), atol=0.01, rtol=0)


def test_noise_is_of_its_deviation_in_training_and_none_in_use() -> None:
    torch.manual_seed(0)
    noise, x = adversarial.GaussianNoise(0.3), torch.ones(500, 20)
    torch.testing.assert_close((noise(x) - x).std(), torch.tensor(0.3), atol=0.01, rtol=0)
    assert torch.equal(noise.eval()(x), x)


def test_a_hidden_layer_is_linear_norm_activation_dropout() -> None:
    found = [type(layer).__name__ for layer in adversarial.mlp((4, 6, 5, 3), dropout=(0.0, 0.5))]
    assert found == ["Linear", "BatchNorm1d", "PReLU", "Linear", "BatchNorm1d", "PReLU", "Dropout", "Linear"]
    plain = adversarial.mlp((4, 6, 3), activation="leaky_relu", norm="none", dropout=0.5)
    assert [type(layer).__name__ for layer in plain] == ["Linear", "LeakyReLU", "Dropout", "Linear"]
    layered = adversarial.mlp((4, 6, 3), activation="relu", norm="layer")
    assert [type(layer).__name__ for layer in layered] == ["Linear", "LayerNorm", "ReLU", "Linear"]


def test_only_layers_that_batch_norm_follows_lack_a_bias() -> None:
    def biases(network: nn.Sequential) -> list[bool]:
        return [layer.bias is not None for layer in network if isinstance(layer, nn.Linear)]

    assert biases(adversarial.mlp((4, 6, 5, 3))) == [False, False, True]
    assert biases(adversarial.mlp((4, 6, 5, 3), norm="layer")) == [True, True, True]
    assert biases(adversarial.mlp((4, 6, 5, 3), output_bias=False)) == [False, False, False]


def test_a_critic_is_noisy_in_training_alone() -> None:
    torch.manual_seed(0)
    critic, x = adversarial.Critic(6, 8, norm="none"), torch.randn(5, 6)
    assert critic(x).shape == (5,)
    assert not torch.equal(critic(x), critic(x))
    assert torch.equal(critic.eval()(x), critic(x))
    quiet = adversarial.Critic(6, 8, norm="none", sigma=0.0)
    assert torch.equal(quiet(x), quiet(x))


@pytest.mark.parametrize("trained", [False, True])
def test_the_classifiers_rows_start_on_the_unit_sphere(trained: bool) -> None:
    classifier = adversarial.unit_classifier(64, 10, trained=trained)
    torch.testing.assert_close(classifier.weight.norm(dim=1), torch.ones(10))
    assert [name for name, _ in classifier.named_parameters()] == ["weight"]
    assert classifier.weight.requires_grad is trained
