/** Drawing a row of values with one stroke of the pointer. */

/** A bar, and where on its travel (0..1) the pointer crossed it. */
export interface Crossing {
  readonly bar: number;
  readonly position: number;
}

/** Bar and position under a point of the row's box; points outside count for the nearest edge. */
export function crossingAt(
  point: { clientX: number; clientY: number },
  box: Pick<DOMRect, 'left' | 'top' | 'width' | 'height'>,
  bars: number,
): Crossing {
  const along = (point.clientX - box.left) / box.width;
  const up = 1 - (point.clientY - box.top) / box.height;
  return {
    bar: Math.min(bars - 1, Math.max(0, Math.floor(along * bars))),
    position: Math.min(1, Math.max(0, up)),
  };
}

/** What a straight stroke crosses after `from`, up to and with `to`: no bar between them is left out. */
export function strokeBetween(from: Crossing, to: Crossing): Crossing[] {
  const distance = Math.abs(to.bar - from.bar);
  const direction = Math.sign(to.bar - from.bar);
  if (distance === 0) return [to];
  return Array.from({ length: distance }, (_, i) => ({
    bar: from.bar + direction * (i + 1),
    position: from.position + ((to.position - from.position) * (i + 1)) / distance,
  }));
}
