"""Methods that train on visual features of a frozen extractor instead of on pixels."""

from typing import ClassVar

from jaxtyping import Float
from torch import Tensor, nn

from inkseek.errors import ConfigError
from inkseek.methods._base import Batch, Method, MethodConfig, Samples, TrainingProblem
from inkseek.methods._networks import PHOTO, SKETCH, CoupledNetwork, FeatureBranch


class FeatureMethod(Method):
    """Base of the feature-level methods; they take pairs of one class.

    Attributes:
        extractor: frozen network that gives the visual feature [n, v] of either modality.
    """

    paired: ClassVar[bool] = True

    def __init__(self, config: MethodConfig, problem: TrainingProblem) -> None:
        super().__init__(config, problem)
        if problem.extractor is None:
            raise ConfigError(
                f"features: method {config.name} trains on features of a trained backbone; add the table [features] "
                f'with run = "FOLDER" of a finished training'
            )
        found = problem.extractor.backbone_name
        if found != config.backbone:
            raise ConfigError(f"method.backbone: is {config.backbone}, but the run of [features] trained {found}")
        self.extractor = problem.extractor

    def visual(self, batch: Batch) -> tuple[Float[Tensor, "n v"], Float[Tensor, "n v"]]:
        """Visual features of the batch's sketches and photos."""
        return self._visual(batch.sketch, SKETCH), self._visual(batch.photo, PHOTO)

    def _visual(self, samples: Samples, modality: float) -> Tensor:
        if samples.features is not None:
            return samples.features
        feature: Tensor = self.extractor(samples.pixels, samples.pixels.new_full((len(samples.labels),), modality))
        return feature

    def branches(self, sketch: nn.Module, photo: nn.Module) -> CoupledNetwork:
        """Retrieval network of two heads, visual feature [n, v] to code [n, d]."""
        return CoupledNetwork(FeatureBranch(self.extractor.sketch, sketch), FeatureBranch(self.extractor.photo, photo))
