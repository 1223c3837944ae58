"""Routes of search."""

from fastapi import APIRouter

from inkseek.service.models import ItemId, SearchAnswer, SearchQuery, SimilarQuery
from inkseek.service.query import answer, answer_similar
from inkseek.service.service import Service


def search_routes(service: Service) -> APIRouter:
    """`POST /v1/search` and `POST /v1/search/similar/{id}`."""
    routes = APIRouter(prefix="/v1/search", tags=["search"])

    @routes.post("", operation_id="search")
    async def search(query: SearchQuery) -> SearchAnswer:
        """Photos closest to a sketch, a photo, or both."""
        served = service.gallery(query.gallery)
        found = await service.search(lambda: answer(served.searcher(), served.name, query, service.limits))
        service.metrics.searched(found.milliseconds)
        return found

    @routes.post("/similar/{id}", operation_id="search_similar")
    async def similar(picture_id: ItemId, query: SimilarQuery) -> SearchAnswer:
        """Photos like one of the gallery, itself left out."""
        served = service.gallery(query.gallery)
        found = await service.search(
            lambda: answer_similar(served.searcher(), served.name, picture_id, query, service.limits)
        )
        service.metrics.searched(found.milliseconds)
        return found

    return routes
