"""The model folder: `config.json` and the ONNX networks that encode sketches and photos.

It is all that passes from training to search. Its fingerprint names the encoder: two folders with the same fingerprint
give the same retrieval features.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

import inkseek
from inkseek.config import Config
from inkseek.errors import ConfigError, FormatError
from inkseek.pictures.preprocessing import Preprocessing

BUNDLED = "bundled"
"""Name of the model folder that the package carries."""

CONFIG = "config.json"
FORMAT = 1


class FeatureSpec(Config):
    """What the networks give: the kind of retrieval feature and its dimension `d`."""

    kind: Literal["float"]
    dimension: int = Field(gt=0)


class NetworkFiles(Config):
    """Names of the networks in the folder: `encoder` for both modalities, or `sketch` and `photo`, one each.

    Contract: input `pixels` uint8 [n, h, w, 3]; `encoder` may also take `modality` float32 [n], 0 for a sketch and 1
    for a photo; output `feature` float32 [n, d] of unit rows. The graph normalises pixels and features itself.
    """

    encoder: str | None = None
    sketch: str | None = None
    photo: str | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if (self.encoder is None) == (self.sketch is None) or (self.sketch is None) != (self.photo is None):
            raise ValueError("name either encoder, or both sketch and photo")
        if any(Path(name).name != name for name in self.served):
            raise ValueError("a network is named by its file name alone; it lies in the model folder itself")
        return self

    @property
    def served(self) -> tuple[str, ...]:
        """File names of the networks, without repeats."""
        return tuple(name for name in (self.encoder, self.sketch, self.photo) if name is not None)


class ModelConfig(Config):
    """`config.json` of a model folder.

    Attributes:
        format: version of the folder's layout.
        name: name of the encoder, for people.
        method: method that trained it.
        backbone: backbone of its networks.
        precision: number format of the stored weights.
        seen_classes: canonical names of the classes it was trained on.
        preprocessing: the way from picture and drawing to `pixels`.
        feature: what the networks give.
        networks: files of the networks.
    """

    format: Literal[1]
    name: str
    method: str
    backbone: str
    precision: Literal["float32", "float16"]
    seen_classes: tuple[str, ...]
    preprocessing: Preprocessing
    feature: FeatureSpec
    networks: NetworkFiles


@dataclass(frozen=True)
class ModelFolder:
    """An opened model folder.

    Attributes:
        path: the folder.
        config: its configuration.
        fingerprint: SHA-256, hexadecimal; see `fingerprint`.
        source: how to name the folder to open it again: `bundled` or its absolute path.
    """

    path: Path
    config: ModelConfig
    fingerprint: str
    source: str


def open_model_folder(path: str | Path) -> ModelFolder:
    """Open a model folder, a run folder (its `model/` is taken) or `bundled`, the one inside the package.

    Raises:
        FormatError: no model folder, another format, a wrong key, or a network is missing.
    """
    source = str(path)
    if source == BUNDLED:
        folder = Path(inkseek.__file__).parent / "assets" / BUNDLED
    else:
        folder = Path(path).absolute()
        source = str(folder)
        if (folder / "model" / CONFIG).is_file():
            folder = folder / "model"
    config = _read_config(folder)
    for name in config.networks.served:
        if not (folder / name).is_file():
            raise FormatError(f"{folder}: the network {name} named by {CONFIG} is missing; copy the whole folder again")
    return ModelFolder(folder, config, fingerprint(folder, config), source)


def fingerprint(folder: Path, config: ModelConfig) -> str:
    """SHA-256 over the canonical JSON of `config`, then name, length and bytes of every served network, hexadecimal.

    Canonical: keys sorted, no spaces, ASCII. README and training weights in the folder do not count.
    """
    digest = hashlib.sha256()
    tree = config.model_dump(mode="json")
    digest.update(json.dumps(tree, sort_keys=True, separators=(",", ":")).encode("ascii"))
    for name in sorted(config.networks.served):
        network = (folder / name).read_bytes()
        digest.update(f"\n{name}\n{len(network)}\n".encode())
        digest.update(network)
    return digest.hexdigest()


def write_config(folder: Path, config: ModelConfig) -> None:
    """Write `config.json` of a model folder."""
    text = json.dumps(config.model_dump(mode="json"), indent=1, ensure_ascii=True)
    (folder / CONFIG).write_text(text + "\n", encoding="ascii")


def _read_config(folder: Path) -> ModelConfig:
    path = folder / CONFIG
    try:
        tree = json.loads(path.read_bytes())
    except OSError:
        raise FormatError(
            f"{folder}: no model folder ({CONFIG} cannot be read); "
            f"give a folder that training wrote, a run folder, or the word {BUNDLED}"
        ) from None
    except ValueError:
        raise FormatError(f"{path}: not valid JSON; copy the model folder again") from None
    if not isinstance(tree, dict) or "networks" not in tree:
        raise FormatError(f"{path}: not the configuration of a model folder; give a folder that training wrote")
    if tree.get("format") != FORMAT:
        raise FormatError(f"{path}: format {tree.get('format')!r}, but this inkseek reads format {FORMAT}")
    try:
        return ModelConfig.parse(tree, str(path))
    except ConfigError as error:
        raise FormatError(str(error)) from None
