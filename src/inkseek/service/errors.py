"""The one shape of every error: a code for programs, a sentence with the remedy for people."""

import logging
from collections.abc import Mapping
from typing import Any, Literal

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from inkseek.errors import GalleryError, InkseekError, PictureError, PictureFault

Code = Literal[
    "invalid_request", "no_ink", "bad_picture", "too_large", "unauthorised", "forbidden", "not_found",
    "method_not_allowed", "conflict", "busy", "too_slow", "gallery", "internal",
]  # fmt: skip

LOG = logging.getLogger("inkseek.service")


class ErrorDetail(BaseModel):
    """Code and sentence."""

    code: Code
    message: str


class ErrorBody(BaseModel):
    """Body of every answer of 400 and above."""

    error: ErrorDetail


class ServiceError(Exception):
    """An answer other than the wanted one.

    Attributes:
        status: HTTP status.
        code: word for programs.
        message: sentence for people.
        headers: to send with it.
    """

    def __init__(self, status: int, code: Code, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def busy(message: str) -> ServiceError:
    """Too much is under way; come back in a second."""
    return ServiceError(503, "busy", message, {"Retry-After": "1"})


def not_found(message: str) -> ServiceError:
    """Nothing of that name is here."""
    return ServiceError(404, "not_found", message)


def error_response(error: ServiceError) -> JSONResponse:
    """The error as an answer."""
    body = ErrorBody(error=ErrorDetail(code=error.code, message=error.message))
    return JSONResponse(body.model_dump(), error.status, {"Cache-Control": "no-store", **error.headers})


def add_error_handlers(app: FastAPI) -> None:
    """Give every error of an application the one shape."""

    @app.exception_handler(ServiceError)
    async def service_error(_: Request, error: ServiceError) -> JSONResponse:
        return error_response(error)

    @app.exception_handler(InkseekError)
    async def inkseek_error(_: Request, error: InkseekError) -> JSONResponse:
        return error_response(as_service_error(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(ServiceError(422, "invalid_request", _first_fault(error)))

    @app.exception_handler(HTTPException)
    async def http_error(_: Request, error: HTTPException) -> JSONResponse:
        return error_response(_of_http(error))

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, error: Exception) -> JSONResponse:
        # Starlette raises it again for the server's log; what went wrong inside is nothing to tell a client.
        return error_response(
            ServiceError(500, "internal", f"the service failed ({type(error).__name__}); see its log")
        )


def as_service_error(error: InkseekError) -> ServiceError:
    """An error of the package as an answer."""
    if isinstance(error, PictureError):
        match error.fault:
            case PictureFault.NO_INK:
                return ServiceError(422, "no_ink", str(error))
            case PictureFault.TOO_LARGE:
                return ServiceError(413, "too_large", str(error))
            case _:
                return ServiceError(422, "bad_picture", str(error))
    if isinstance(error, GalleryError):
        LOG.error("%s", error)
        return ServiceError(503, "gallery", "the gallery cannot be read now; the service's log says why")
    LOG.error("%s", error)
    return ServiceError(500, "internal", "the service cannot answer; its log says why")


def _first_fault(error: RequestValidationError) -> str:
    first: Mapping[str, Any] = error.errors()[0]
    # The first part of the place is `body`, `query` or `path`; of a body that is no JSON the rest is a position.
    dotted = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return f"{dotted}: {first['msg']}"


def _of_http(error: HTTPException) -> ServiceError:
    match error.status_code:
        case 404:
            return not_found("there is nothing at this address; /openapi.json lists what there is")
        case 405:
            return ServiceError(405, "method_not_allowed", "this address takes another method", error.headers)
        case 413:
            return ServiceError(413, "too_large", "the request is too large")
        case _:
            return ServiceError(error.status_code, "invalid_request", str(error.detail), error.headers)
