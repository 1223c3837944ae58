"""The retrieval encoder at run time: pixels of sketches and photos to unit vectors, without torch."""

from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import FormatError
from inkseek.retrieval.model_folder import ModelConfig, ModelFolder, open_model_folder
from inkseek.retrieval.runtimes import Network, open_network

BATCH = 8
"""Pictures in one run of a network: the maps of more no longer fit a core's cache, which costs up to a third."""

SKETCH = 0.0
PHOTO = 1.0


class RetrievalEncoder:
    """The networks of a model folder; each is opened when it is first needed. Threads may share an encoder.

    Attributes:
        folder: the model folder.
        runtime: library that runs the networks.
    """

    def __init__(self, folder: ModelFolder, runtime: str, threads: int | None, callers: int = 1) -> None:
        self.folder = folder
        self.runtime = runtime
        self._threads = threads
        self._callers = callers

    @property
    def config(self) -> ModelConfig:
        """Configuration of the model folder."""
        return self.folder.config

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the model folder."""
        return self.folder.fingerprint

    def encode_sketch(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Retrieval features of sketches.

        Args:
            pixels: uint8 [n, s, s], grey, as `sketch_pixels` gives them; `s` is the size of the preprocessing.

        Returns:
            float32 [n, d], unit rows.

        Raises:
            FormatError: the networks are damaged or break the contract of the model folder.
        """
        self._check(pixels, 3)
        return self._encode(pixels, SKETCH)

    def encode_photo(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Retrieval features of photos.

        Args:
            pixels: uint8 [n, s, s, 3], as `photo_pixels` gives them; `s` is the size of the preprocessing.

        Returns:
            float32 [n, d], unit rows.

        Raises:
            FormatError: the networks are damaged or break the contract of the model folder.
        """
        self._check(pixels, 4)
        return self._encode(pixels, PHOTO)

    def open(self) -> None:
        """Open every network now, so that a damaged one is found before any picture is read.

        Raises:
            FormatError: a network is damaged or breaks the contract of the model folder.
        """
        _ = self._sketch, self._photo

    def for_workers(self, workers: int) -> Self:
        """The same encoder opened for so many threads that call it at the same time, each on one core.

        Raises:
            FormatError: a network is damaged or breaks the contract of the model folder.
        """
        encoder = type(self)(self.folder, self.runtime, 1, workers)
        encoder.open()
        return encoder

    def _check(self, pixels: NDArray[np.uint8], axes: int) -> None:
        size = self.config.preprocessing.size
        expected = (size, size, 3)[: axes - 1]
        if pixels.dtype != np.uint8 or pixels.shape[1:] != expected:
            raise ValueError(f"pixels must be uint8 [n, {', '.join(map(str, expected))}], not {pixels.shape}")

    def _encode(self, pixels: NDArray[np.uint8], modality: float) -> NDArray[np.float32]:
        network = self._sketch if modality == SKETCH else self._photo
        features = np.empty((len(pixels), self.config.feature.dimension), np.float32)
        for start in range(0, len(pixels), BATCH):
            batch = pixels[start : start + BATCH]
            if modality == SKETCH:
                batch = np.repeat(batch[..., None], 3, axis=3)
            feeds: dict[str, NDArray[np.generic]] = {"pixels": batch}
            if "modality" in network.inputs:
                feeds["modality"] = np.full(len(batch), modality, np.float32)
            features[start : start + BATCH] = network.run(feeds)
        if not np.isfinite(features).all():
            raise FormatError(
                f"{self.folder.path}: the encoder gave a feature that is not finite; copy the folder again"
            )
        return features

    @cached_property
    def _shared(self) -> Network:
        return self._network(self.config.networks.encoder or "", {"pixels", "modality"})

    @cached_property
    def _sketch(self) -> Network:
        name = self.config.networks.sketch
        return self._shared if name is None else self._network(name, {"pixels"})

    @cached_property
    def _photo(self) -> Network:
        name = self.config.networks.photo
        return self._shared if name is None else self._network(name, {"pixels"})

    def _network(self, name: str, known: set[str]) -> Network:
        path = self.folder.path / name
        network = open_network(path, self.runtime, self._threads, self._callers)
        if not {"pixels"} <= set(network.inputs) <= known:
            raise FormatError(
                f"{path}: inputs are {sorted(network.inputs)}, known are {sorted(known)}; export it again"
            )
        dimension = self.config.feature.dimension
        if network.dimension not in (None, dimension):
            raise FormatError(f"{path}: gives {network.dimension} values a picture, config.json says {dimension}")
        return network


def load_encoder(path: str | Path, runtime: str = "onnxruntime", threads: int | None = None) -> RetrievalEncoder:
    """Open the encoder of a model folder.

    Args:
        path: model folder, run folder or `bundled`.
        runtime: `onnxruntime`, or `openvino` with the extra of that name.
        threads: threads of one run; None takes every core.

    Raises:
        FormatError: wrong folder or format. A damaged network shows when it is first used, or with `open()`.
    """
    return RetrievalEncoder(open_model_folder(path), runtime, threads)
