// @ts-check
/** Plane geometry of strokes, in canvas units. */

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Stroke} Stroke */

/** Side of the canvas; strokes are sent in these units. */
export const UNITS = 1000;

/** Whether a stroke passes within a distance of the way from one point to another. @param {Stroke} stroke @param {Point} from @param {Point} to @param {number} distance */
export function touches(stroke, from, to, distance) {
  const last = stroke.length - 1;
  return stroke.some((point, at) => segmentDistance(point, stroke[Math.min(at + 1, last)], from, to) <= distance);
}

/**
 * Strokes of any units, moved and scaled to the middle of the canvas.
 *
 * @param {readonly Stroke[]} strokes
 * @param {number} share of the canvas that the longer side takes
 * @returns {Stroke[]}
 */
export function centred(strokes, share) {
  const xs = strokes.flatMap((stroke) => stroke.map(([x]) => x));
  const ys = strokes.flatMap((stroke) => stroke.map(([, y]) => y));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (UNITS * share) / Math.max(right - left, bottom - top, 1e-9);
  const place = (/** @type {number} */ value, /** @type {number} */ middle) => tenth(UNITS / 2 + (value - middle) * scale);
  return strokes.map((stroke) => stroke.map(([x, y]) => [place(x, (left + right) / 2), place(y, (top + bottom) / 2)]));
}

/** A coordinate as it is sent. @param {number} value */
export function tenth(value) {
  return Math.round(value * 10) / 10;
}

/** @param {Point} a @param {Point} b @param {Point} c @param {Point} d */
function segmentDistance(a, b, c, d) {
  if (cross(a, b, c) * cross(a, b, d) < 0 && cross(c, d, a) * cross(c, d, b) < 0) return 0;
  return Math.min(pointDistance(a, c, d), pointDistance(b, c, d), pointDistance(c, a, b), pointDistance(d, a, b));
}

/** From a point to a segment. @param {Point} p @param {Point} a @param {Point} b */
function pointDistance(p, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const along = ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / (dx * dx + dy * dy || 1);
  const t = Math.min(1, Math.max(0, along));
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

/** @param {Point} a @param {Point} b @param {Point} c */
function cross(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}
