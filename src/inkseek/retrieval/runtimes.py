"""Runtimes: an ONNX file becomes a function from named arrays to retrieval features."""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from inkseek.errors import ConfigError, FormatError, MissingExtraError

Runtime = Literal["onnxruntime", "openvino"]

OUTPUT = "feature"


class Network(Protocol):
    """An opened network."""

    inputs: tuple[str, ...]
    """Names of its inputs, in the order of the file."""

    dimension: int | None
    """Length of a row of `feature`; None if the file leaves it open."""

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Give `feature` [n, d] for arrays by input name."""
        ...


def open_network(path: Path, runtime: str, threads: int | None, callers: int = 1) -> Network:
    """Open an ONNX file.

    Args:
        path: the file.
        runtime: `onnxruntime` or `openvino`.
        threads: threads of one run; None takes every core.
        callers: threads that will call `run` at the same time.

    Raises:
        ConfigError: unknown runtime.
        FormatError: the file is damaged or has no output `feature`.
        MissingExtraError: the runtime is not installed.
    """
    match runtime:
        case "onnxruntime":
            return OnnxRuntimeNetwork(path, threads)
        case "openvino":
            return OpenVinoNetwork(path, threads, callers)
        case _:
            raise ConfigError(f"runtime {runtime!r} is unknown; choose onnxruntime or openvino")


class OnnxRuntimeNetwork:
    """A network in ONNX Runtime on the processor."""

    def __init__(self, path: Path, threads: int | None) -> None:
        # The library otherwise keeps a device id on disk and reports usage to its maker.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads or 0
        # Waiting threads sleep: in the index pipeline their core belongs to the decoders.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library has a dozen unrelated error types for a damaged file
            raise _damaged(path, error) from None
        self.inputs = tuple(value.name for value in self._session.get_inputs())
        shapes = {value.name: value.shape for value in self._session.get_outputs()}
        self.dimension = _dimension(path, shapes)

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Give `feature` [n, d] for arrays by input name."""
        feature: NDArray[np.float32] = self._session.run([OUTPUT], dict(feeds))[0]
        return feature


class OpenVinoNetwork:
    """A network in OpenVINO on the processor."""

    def __init__(self, path: Path, threads: int | None, callers: int) -> None:
        try:
            import openvino  # type: ignore[import-untyped]
        except ModuleNotFoundError:
            raise MissingExtraError("openvino", "openvino") from None
        settings: dict[str, object] = {"NUM_STREAMS": callers}
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = threads * callers
        try:
            self._model = openvino.Core().compile_model(path, "CPU", settings)
        except RuntimeError as error:
            raise _damaged(path, error) from None
        self._of_thread = threading.local()
        self.inputs = tuple(port.any_name for port in self._model.inputs)
        shapes = {port.any_name: port.partial_shape.to_string() for port in self._model.outputs}
        self.dimension = _dimension(path, {name: shape.strip("[]").split(",") for name, shape in shapes.items()})

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Give `feature` [n, d] for arrays by input name."""
        if not hasattr(self._of_thread, "request"):
            self._of_thread.request = self._model.create_infer_request()
        feature: NDArray[np.float32] = self._of_thread.request.infer(dict(feeds))[OUTPUT].copy()
        return feature


def _damaged(path: Path, error: Exception) -> FormatError:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return FormatError(f"{path}: not a readable ONNX network ({lines[0][:200]}); copy the model folder again")


def _dimension(path: Path, shapes: Mapping[str, Any]) -> int | None:
    if OUTPUT not in shapes:
        raise FormatError(f"{path}: has no output {OUTPUT!r}; it is no retrieval encoder of inkseek")
    last = shapes[OUTPUT][-1]
    return int(last) if str(last).strip().isdigit() else None
