"""PCMSN's networks and terms against pcmsn.md and against loops."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from inkseek.methods import pcmsn
from tests.methods import feature_level
from tests.methods.pcmsn_cases import BATCH, LABELS, build, widths
from tests.reference import pcmsn_reference as reference


@pytest.mark.parametrize(("embedding", "hidden", "critic"), [(654, 583, 327), (964, 738, 482)])
def test_widths_are_the_papers(embedding: int, hidden: int, critic: int) -> None:
    method = build(512, embedding, dimension=64, decoder_width=1024).eval()
    for generator in (method.sketch_generator, method.photo_generator):
        assert widths(generator) == [(512, hidden), (hidden, hidden), (hidden, embedding)]
    for reconstructor in (method.sketch_reconstructor, method.photo_reconstructor):
        assert widths(reconstructor) == [(embedding, hidden), (hidden, hidden), (hidden, 512)]
    assert widths(method.decoders) == [(embedding, 1024), (1024, 1024), (1024, 64)]
    assert widths(method.discriminator) == [(embedding, critic), (critic, critic), (critic, 1)]
    with torch.no_grad():
        assert method.retrieval_network()(torch.zeros(3, 3, 4, 4), torch.tensor([0.0, 1.0, 0.0])).shape == (3, 64)


def test_cross_entropy_starts_near_ln_c() -> None:
    batch = feature_level.batch(visual=512, classes=100, each=2)
    method = build(512, 654, 100, dimension=64, decoder_width=1024)
    with torch.no_grad():
        found = method.generator_losses(batch)["classification"].item()
    assert abs(found / 2 - math.log(100)) < 0.3


def random(seed: int, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_pure_losses_equal_their_loops() -> None:
    x_s, x_i, *rebuilt = (random(seed, 5, 6) for seed in range(6))
    keys = (("ske", "s"), ("ske", "i"), ("img", "i"), ("img", "s"))
    named = {key: value.numpy() for key, value in zip(keys, rebuilt, strict=True)}
    pairs = (
        (
            pcmsn.reconstruction(rebuilt[:2], rebuilt[2:], x_s, x_i),
            reference.cross_reconstruction(named, x_s.numpy(), x_i.numpy()),
        ),
        (
            pcmsn.reconstruction(rebuilt[:1], rebuilt[2:3], x_s, x_i),
            reference.single_reconstruction(named, x_s.numpy(), x_i.numpy()),
        ),
        (pcmsn.euclidean(x_s, x_i), reference.euclidean(x_s.numpy(), x_i.numpy())),
        (
            pcmsn.classification(x_s, x_i, torch.tensor([0, 2, 5, 1, 1])),
            reference.classification(np.eye(6), x_s.numpy(), x_i.numpy(), [0, 2, 5, 1, 1]),
        ),
    )
    for found, expected in pairs:
        np.testing.assert_allclose(found.item(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("form", ["cross", "single"])
@pytest.mark.parametrize("shared", [True, False])
def test_terms_equal_the_loops_over_the_methods_own_outputs(form: str, shared: bool) -> None:
    method = build(reconstruction=form, shared_decoder=shared).eval()
    assert BATCH.sketch.features is not None
    assert BATCH.photo.features is not None
    x = {"s": BATCH.sketch.features, "i": BATCH.photo.features}
    with torch.no_grad():
        found = method.generator_losses(BATCH)
        a = {"s": method.sketch_generator(x["s"]), "i": method.photo_generator(x["i"])}
        r = {"s": method.decoders[0](a["s"]).double().numpy(), "i": method.decoders[-1](a["i"]).double().numpy()}
        decoders = {"ske": method.sketch_reconstructor, "img": method.photo_reconstructor}
        rebuilt = {(to, of): decoders[to](a[of]).double().numpy() for to in decoders for of in a}
    x_s, x_i = x["s"].double().numpy(), x["i"].double().numpy()
    loop = reference.cross_reconstruction if form == "cross" else reference.single_reconstruction
    expected = {
        "reconstruction": loop(rebuilt, x_s, x_i),
        "classification": reference.classification(
            method.classifier.weight.detach().double().numpy(), r["s"], r["i"], LABELS
        ),
        "euclidean": reference.euclidean(r["s"], r["i"]),
    }
    for term, value in expected.items():
        np.testing.assert_allclose(found[term].item(), value, rtol=1e-5, err_msg=term)


@pytest.mark.parametrize("form", ["least_squares", "log"])
def test_the_games_terms_equal_the_loops_over_the_methods_own_scores(form: str) -> None:
    method = build(adversarial_form=form).eval()
    with torch.no_grad():
        aligned = method.aligned(*method.visual(BATCH))
        e = method.discriminator(method.embeddings[BATCH.sketch.labels])
        s, i = (method.discriminator(fake) for fake in aligned)
        torch.manual_seed(3)
        found_generator = method.generator_losses(BATCH)["adversarial"].item()
        torch.manual_seed(3)
        real_s, real_i = (0.7 + 0.3 * torch.rand(len(s)) for _ in range(2))
        torch.manual_seed(3)
        found_discriminator = method.discriminator_losses(BATCH)["discriminator"].item()
        torch.manual_seed(3)
        real_e, fake_s, fake_i = (low + 0.3 * torch.rand(len(s)) for low in (0.7, 0.0, 0.0))
    arrays = [value.double().numpy() for value in (e, s, i)]
    labels = [value.double().numpy() for value in (real_s, real_i, real_e, fake_s, fake_i)]
    if form == "least_squares":
        generator = reference.least_squares_generator(*arrays[1:], *labels[:2])
        discriminator = reference.least_squares_discriminator(*arrays, *labels[2:])
    else:
        generator, discriminator = reference.log_generator(*arrays[1:]), -reference.log_game(*arrays) / 2
    np.testing.assert_allclose(found_generator, generator, rtol=1e-5)
    np.testing.assert_allclose(found_discriminator, discriminator, rtol=1e-5)


def test_the_label_ranges_are_the_configurations() -> None:
    method = build(real_label=[0.5, 0.5], fake_label=[0.25, 0.25]).eval()
    with torch.no_grad():
        e = method.discriminator(method.embeddings[BATCH.sketch.labels]).double().numpy()
        s, i = (method.discriminator(a).double().numpy() for a in method.aligned(*method.visual(BATCH)))
        generator = method.generator_losses(BATCH)["adversarial"].item()
        discriminator = method.discriminator_losses(BATCH)["discriminator"].item()
    half, quarter = np.full(len(e), 0.5), np.full(len(e), 0.25)
    np.testing.assert_allclose(generator, reference.least_squares_generator(s, i, half, half), rtol=1e-5)
    expected = reference.least_squares_discriminator(e, s, i, half, quarter, quarter)
    np.testing.assert_allclose(discriminator, expected, rtol=1e-5)
