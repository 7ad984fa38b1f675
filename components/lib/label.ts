/** Where a label goes beside its point, clear of what is near: above it, below it, to its right or to its left. */
export type Point = [number, number]
export interface Label { x: number, y: number, anchor: 'middle' | 'start' | 'end' }

const CLEAR = 3 // around a label, in pixels

/**
 * Returns the first place for a label `width` wide, of letters `size` high and `gap` from [x, y], that holds none of
 * the points in `near`; undefined when there is none.
 */
export function besides([x, y]: Point, width: number, size: number, gap: number, near: Point[]): Label | undefined {
  const places: Label[] = [
    { x, y: y - gap, anchor: 'middle' },
    { x, y: y + gap + 0.75 * size, anchor: 'middle' },
    { x: x + gap, y: y + 0.35 * size, anchor: 'start' },
    { x: x - gap, y: y + 0.35 * size, anchor: 'end' },
  ]
  return places.find(({ x, y, anchor }) => {
    const left = { middle: x - width / 2, start: x, end: x - width }[anchor]
    return !near.some(([px, py]) => px > left - CLEAR && px < left + width + CLEAR && py > y - 0.75 * size - CLEAR && py < y + CLEAR)
  })
}
