/** Where a tip stands: below what it is about, above where there is no room, never on it, inside the window. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const GAP = 6;
const EDGE = 8;

/** Left upper corner, in CSS pixels of the window; null where there is room neither above, below nor beside. */
export function placeTip(about: Box, tip: Size, window: Size): { left: number; top: number } | null {
  const within = (at: number, length: number, limit: number): number =>
    Math.max(EDGE, Math.min(at, limit - length - EDGE));
  const centred = within(about.left + about.width / 2 - tip.width / 2, tip.width, window.width);
  const below = about.top + about.height + GAP;
  if (below + tip.height + EDGE <= window.height) return { left: centred, top: below };
  const above = about.top - GAP - tip.height;
  if (above >= EDGE) return { left: centred, top: above };
  const middle = within(about.top + about.height / 2 - tip.height / 2, tip.height, window.height);
  const right = about.left + about.width + GAP;
  if (right + tip.width + EDGE <= window.width) return { left: right, top: middle };
  const left = about.left - GAP - tip.width;
  return left >= EDGE ? { left, top: middle } : null;
}
