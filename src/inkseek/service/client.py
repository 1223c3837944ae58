"""A client of the service: one class on the standard library."""

import base64
import json
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

from inkseek.errors import InkseekError
from inkseek.service.errors import ErrorBody
from inkseek.service.models import Item, JobFacts, SearchAnswer

Stroke = Sequence[Sequence[float]]


class AnswerError(InkseekError):
    """The service refused; `code` is its word for why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Client:
    """A running service: a context manager with one connection, for one thread at a time."""

    def __init__(self, address: str, token: str | None = None, seconds: float = 30.0) -> None:
        """Take the address that `inkseek serve` printed, with or without its token."""
        parts = urlsplit(address)
        token = token or dict([parts.fragment.partition("=")[::2]]).get("token")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=seconds)
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def search(self, strokes: Sequence[Stroke], k: int = 48, **more: Any) -> SearchAnswer:  # noqa: ANN401
        """Photos closest to strokes [[x, y], ...]; `more` are further keys of the query, such as `filters`."""
        return SearchAnswer.model_validate(self._search(sketch={"strokes": strokes}, k=k, **more))

    def search_file(self, path: Path, modality: str = "sketch", k: int = 48, **more: Any) -> SearchAnswer:  # noqa: ANN401
        """Photos closest to a picture file: of a sketch, or a photo."""
        picture = base64.b64encode(path.read_bytes()).decode("ascii")
        return SearchAnswer.model_validate(self._search(**{modality: {"picture": picture}}, k=k, **more))

    def similar(self, picture_id: int, k: int = 48, **more: Any) -> SearchAnswer:  # noqa: ANN401
        """Photos like one of the gallery."""
        answer = self.call("POST", f"/v1/search/similar/{picture_id}", {"k": k, **more})
        return SearchAnswer.model_validate(answer)

    def item(self, picture_id: int, gallery: str | None = None) -> Item:
        """Facts of a photo; of the first gallery if none is named."""
        query = "" if gallery is None else f"?gallery={quote(gallery, safe='')}"
        return Item.model_validate(self.call("GET", f"/v1/items/{picture_id}{query}"))

    def start_index(self, gallery: str, folder: int = 0) -> JobFacts:
        """Bring a folder of a gallery up to date."""
        body = {"kind": "index", "folder": folder}
        return JobFacts.model_validate(self.call("POST", f"/v1/galleries/{quote(gallery, safe='')}/jobs", body))

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """The JSON of any answer.

        Raises:
            AnswerError: the service refused.
        """
        text = None if body is None else json.dumps(body)
        try:
            status, answer = self._ask(method, path, text)
        except (ConnectionResetError, BrokenPipeError):  # the service closes a connection that was idle for long
            self._connection.close()
            status, answer = self._ask(method, path, text)
        if status >= 400:
            raise _refusal(status, answer)
        return json.loads(answer or b"null")

    def __enter__(self) -> Self:
        """Give the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _ask(self, method: str, path: str, text: str | None) -> tuple[int, bytes]:
        self._connection.request(method, path, text, self._headers)
        response = self._connection.getresponse()
        return response.status, response.read()

    def _search(self, **query: Any) -> Any:  # noqa: ANN401
        return self.call("POST", "/v1/search", query)


def _refusal(status: int, answer: bytes) -> AnswerError:
    try:
        error = ErrorBody.model_validate_json(answer).error
    except ValueError:
        return AnswerError("internal", f"the service answered {status} without a reason; see its log")
    return AnswerError(error.code, error.message)
