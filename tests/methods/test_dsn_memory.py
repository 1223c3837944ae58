"""DSN's memory of sketches against dsn.md sections 4.4 and 4.6, on small numbers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inkseek.methods.dsn import Memory, memory_loss, prototypes, updated_memory
from tests.reference import dsn_reference as reference

NEAR = torch.tensor([[1.0, 0.1]], dtype=torch.float64)
FAR = torch.tensor([[-1.0, 0.1]], dtype=torch.float64)
PHOTO = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
ONE = torch.tensor([1])


def empty(classes: int, slots: int, width: int) -> Memory:
    return Memory(torch.zeros(classes, slots, width, dtype=torch.float64), torch.zeros(classes, dtype=torch.int64))


def full() -> Memory:
    """Three classes with two slots each, filled; in class 1 the second row is less similar to the photo."""
    rows = torch.tensor([[[1.0, 1], [2, 1]], [[1, 0.5], [0, 1]], [[3, 1], [1, 3]]], dtype=torch.float64)
    return Memory(rows, torch.tensor([2, 2, 2]))


def filled_rows(memory: Memory) -> reference.Bank:
    return [list(rows[:count].numpy()) for rows, count in zip(memory.rows, memory.counts.tolist(), strict=True)]


@settings(max_examples=40)
@given(seed=st.integers(0, 2**31), slots=st.integers(1, 4), steps=st.integers(1, 5), index_bug=st.booleans())
def test_memory_and_its_loss_equal_their_loops(seed: int, slots: int, steps: int, index_bug: bool) -> None:
    rng = np.random.default_rng(seed)
    classes = slots + int(rng.integers(0, 3))  # the released defect needs as many classes as slots
    memory = empty(classes, slots, 3)
    bank: reference.Bank = [[] for _ in range(classes)]
    for _ in range(steps):
        sketch, photo = rng.normal(size=(6, 3)), rng.normal(size=(5, 3))
        sketch_labels, photo_labels = rng.integers(0, classes, 6), rng.integers(0, classes, 5)
        tensors = [torch.from_numpy(array) for array in (sketch, sketch_labels, photo, photo_labels)]
        memory = updated_memory(memory, *tensors, index_bug=index_bug)
        reference.update(bank, slots, sketch, sketch_labels, photo, photo_labels, index_bug=index_bug)
        assert memory.counts.tolist() == [len(rows) for rows in bank]
        for found, expected in zip(filled_rows(memory), bank, strict=True):
            np.testing.assert_array_equal(np.array(found), np.array(expected))
        loss = memory_loss(tensors[2], tensors[3], memory).item()
        np.testing.assert_allclose(loss, reference.memory_loss(bank, photo, photo_labels), atol=1e-6)


def test_a_replacement_keeps_all_else() -> None:
    """dsn.md section 9 (d)."""
    before = full()
    after = updated_memory(before, NEAR, ONE, PHOTO, ONE)
    expected = full().rows
    expected[1, 1] = NEAR[0]
    assert torch.equal(after.rows, expected)
    assert torch.equal(before.rows, full().rows)


def test_the_released_defect_overwrites_the_class_that_has_the_slots_number() -> None:
    rows = full().rows
    rows[1] = rows[1].flip(0)  # now the first row, of number 0, is least similar
    after = updated_memory(Memory(rows, full().counts), NEAR, ONE, PHOTO, ONE, index_bug=True)
    assert torch.equal(after.rows[0], NEAR.repeat(2, 1))
    assert torch.equal(after.rows[1:], rows[1:])


@pytest.mark.parametrize(
    ("sketch", "photo_label"),
    [pytest.param(FAR, 1, id="farther-than-all"), pytest.param(NEAR, 2, id="no-photo-of-the-class")],
)
def test_nothing_is_replaced(sketch: Tensor, photo_label: int) -> None:
    after = updated_memory(full(), sketch, ONE, PHOTO, torch.tensor([photo_label]))
    assert torch.equal(after.rows, full().rows)


def test_the_photos_of_a_class_speak_as_their_mean() -> None:
    """One photo alone would refuse the sketch, the mean of both takes it."""
    photos = torch.tensor([[-1.0, 0.0], [3.0, 0.0]], dtype=torch.float64)
    refused = updated_memory(full(), NEAR, ONE, photos[:1], ONE)
    taken = updated_memory(full(), NEAR, ONE, photos, ONE.repeat(2))
    assert torch.equal(refused.rows, full().rows)
    assert torch.equal(taken.rows[1, 1], NEAR[0])


def test_prototypes_are_means_of_filled_rows_alone() -> None:
    memory = Memory(full().rows, torch.tensor([2, 1, 0]))
    expected = torch.tensor([[1.5, 1.0], [1.0, 0.5], [0.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(prototypes(memory), expected)


def test_a_photo_of_a_class_without_memory_is_left_out() -> None:
    memory = Memory(full().rows, torch.tensor([2, 0, 0]))
    alone = memory_loss(NEAR, torch.tensor([0]), memory)
    torch.testing.assert_close(memory_loss(torch.cat((NEAR, FAR)), torch.tensor([0, 2]), memory), alone)


def test_an_empty_memory_gives_zero_and_no_pull() -> None:
    photo = PHOTO.clone().requires_grad_()
    loss = memory_loss(photo, ONE, empty(3, 2, 2))
    (gradient,) = torch.autograd.grad(loss, photo)
    assert loss.item() == 0.0
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_a_photo_is_pulled_to_its_prototype_and_the_prototype_stays() -> None:
    photo, sketch = FAR.clone().requires_grad_(), NEAR.clone().requires_grad_()
    memory = updated_memory(empty(3, 2, 2), sketch, ONE, photo, ONE)
    loss = memory_loss(photo, ONE, memory)
    (gradient,) = torch.autograd.grad(loss, photo)
    assert not memory.rows.requires_grad
    assert memory_loss(photo - 0.1 * gradient, ONE, memory) < loss
