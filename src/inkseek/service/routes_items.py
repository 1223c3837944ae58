"""Routes of single photos: facts, thumbnail, large view."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from inkseek.retrieval.facets import day_of
from inkseek.retrieval.records import PictureRecord
from inkseek.service.errors import not_found
from inkseek.service.galleries import ServedGallery
from inkseek.service.models import CONTENT, GalleryName, Item, ItemId
from inkseek.service.service import Service
from inkseek.service.thumbnails import VIEW_SIDE, small_jpeg

KEEP = "private, max-age=31536000, immutable"
"""Where the address holds the word for the photo's content: such an answer never grows old."""

ASK = "private, no-cache"
"""Where it does not: the browser asks whether the picture is still the same."""

JPEG: dict[int | str, dict[str, object]] = {200: {"content": {"image/jpeg": {}}}}

Gallery = Annotated[GalleryName | None, Query()]
Content = Annotated[str | None, Query(max_length=64, description="word for the content, as a search gives it")]


def item_routes(service: Service) -> APIRouter:
    """`GET /v1/items/{id}` and its pictures."""
    routes = APIRouter(prefix="/v1/items/{id}", tags=["items"])

    @routes.get("", operation_id="item")
    async def item(picture_id: ItemId, gallery: Gallery = None) -> Item:
        """What is known of a photo."""
        served = service.gallery(gallery)
        return await service.look(lambda: _item(_record(served, picture_id)))

    @routes.get("/thumbnail", operation_id="thumbnail", response_class=Response, responses=JPEG)
    async def thumbnail(
        picture_id: ItemId,
        gallery: Gallery = None,
        side: Literal["160", "320", "640"] = "320",
        content: Content = None,
    ) -> Response:
        """A photo as a JPEG whose longer side has at most so many pixels."""
        return await _picture(service, gallery, picture_id, int(side), content)

    @routes.get("/picture", operation_id="picture", response_class=Response, responses=JPEG)
    async def picture(picture_id: ItemId, gallery: Gallery = None, content: Content = None) -> Response:
        """A photo as a JPEG whose longer side has at most 2048 pixels."""
        return await _picture(service, gallery, picture_id, VIEW_SIDE, content)

    return routes


async def _picture(service: Service, gallery: str | None, picture_id: int, side: int, content: str | None) -> Response:
    served = service.gallery(gallery)

    def make() -> tuple[bytes, str]:
        record = _record(served, picture_id)
        key = (served.name, picture_id, record.sha256, side)
        kept = service.thumbnails.get(key)
        if kept is None:
            kept = small_jpeg(record.path, side)
            service.thumbnails.put(key, kept)
        return kept, record.sha256.hex()[:CONTENT]

    jpeg, now = await service.look(make)
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": KEEP if content == now else ASK})


def _record(served: ServedGallery, picture_id: int) -> PictureRecord:
    record = served.gallery().picture(picture_id)
    if record is None:
        raise not_found(f"the gallery holds no photo {picture_id}; it may have been removed")
    return record


def _item(record: PictureRecord) -> Item:
    return Item(
        id=record.id,
        name=record.path.name,
        folder=record.folder or "",
        width=record.width,
        height=record.height,
        bytes=record.size,
        date=day_of(record.date),
        class_name=record.class_name,
        tags=list(record.tags),
        content=record.sha256.hex()[:CONTENT],
    )
