// @ts-check
/**
 * Shapes of what the server answers and of what the modules hand each other.
 *
 * A point is x and y in canvas units (0 to 1000, y down), then milliseconds since the drawing began and the pen's
 * pressure (0 to 1) where they are known.
 *
 * @typedef {number[]} Point
 * @typedef {readonly Point[]} Stroke
 *
 * @typedef {{body_bytes: number, k: number, strokes: number, points: number}} Limits
 * @typedef {{id: number, name: string, indexed: boolean, photos: number}} Folder
 * @typedef {{name: string, dimension: number, fingerprint: string}} EncoderFacts
 * @typedef {{name: string, photos: number, skipped: number, encoder: EncoderFacts, next_encoder: EncoderFacts | null,
 *   folders: Folder[], state: "ready" | "empty" | "indexing"}} Gallery
 * @typedef {{galleries: Gallery[], limits: Limits, stroke_width: number, extent: number, version: string}} Served
 *
 * @typedef {{name: string, photos: number}} FacetValue
 * @typedef {{classes: FacetValue[], tags: FacetValue[], folders: FacetValue[], first: string | null,
 *   last: string | null}} Facets
 * @typedef {{folder?: string, classes?: string[], tags?: string[], since?: string, until?: string}} FilterValues
 *
 * @typedef {{rank: number, id: number, score: number, name: string, folder: string, class: string | null,
 *   width: number, height: number, content: string}} Result
 * @typedef {{gallery: string, photos: number, results: Result[], milliseconds: {total: number}}} Answer
 * @typedef {{id: number, name: string, folder: string, width: number, height: number, bytes: number,
 *   date: string | null, class: string | null, tags: string[]}} Item
 *
 * @typedef {{id: string, gallery: string, kind: "index" | "reindex", folder: string | null,
 *   state: "waiting" | "running" | "done" | "failed" | "stopped", done: number, total: number | null, rate: number,
 *   seconds_left: number | null, added: number, skipped: number, message: string | null}} Job
 * @typedef {{name: string, strokes: Stroke[]}} Sample
 *
 * A picture of the person's own, ready to be sent; `url` is null where the browser cannot show it.
 * @typedef {{name: string, url: string | null, base64: string, drawn: boolean}} Upload
 * What lies under the canvas: a scan that is the sketch, or a picture to trace.
 * @typedef {{name: string, url: string | null, upload: Upload | null}} Backing
 * The photo of a query: one of the gallery, or an upload.
 * @typedef {{name: string, url: string | null, id: number | null, upload: Upload | null}} QueryPhoto
 * @typedef {{path: string, body: Record<string, unknown>}} Request
 */
export {};
