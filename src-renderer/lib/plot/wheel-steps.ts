/** How far a turn of the wheel over a picture's handle goes. */
const PIXELS_PER_STEP = 40;
/** Pixels of a wheel event that counts in lines. */
const LINE_PIXELS = 33;

/** Steps of a wheel event, up positive. Browsers turn Shift + wheel into a horizontal one. */
export function wheelSteps({
  deltaX,
  deltaY,
  deltaMode,
}: Pick<WheelEvent, 'deltaX' | 'deltaY' | 'deltaMode'>): number {
  const delta = deltaY === 0 ? deltaX : deltaY;
  const pixels = deltaMode === 0 ? delta : delta * LINE_PIXELS;
  return pixels === 0 ? 0 : -pixels / PIXELS_PER_STEP;
}
