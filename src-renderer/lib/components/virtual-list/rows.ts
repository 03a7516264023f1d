/** Which rows of a long list are in sight, and how far to scroll for one; all rows are equally high. */

/** Rows drawn beyond either edge, so that fast scrolling finds them there. */
const SPARE_ROWS = 6;

export interface ListPlace {
  /** Distance of the view's top from the first row's. */
  readonly scrollTopPx: number;
  readonly heightPx: number;
  readonly rowHeightPx: number;
  readonly count: number;
}

/** Rows [from, to) to draw. */
export function rowsInSight({ scrollTopPx, heightPx, rowHeightPx, count }: ListPlace): {
  from: number;
  to: number;
} {
  const from = Math.floor(scrollTopPx / rowHeightPx) - SPARE_ROWS;
  const to = Math.ceil((scrollTopPx + heightPx) / rowHeightPx) + SPARE_ROWS;
  // A list that has become shorter scrolls back only afterwards.
  const end = Math.min(Math.max(to, 0), count);
  return { from: Math.min(Math.max(from, 0), end), to: end };
}

/** Where to scroll so that a row is wholly in sight, as little as possible. */
export function scrollTopFor(
  index: number,
  { scrollTopPx, heightPx, rowHeightPx }: Omit<ListPlace, 'count'>,
): number {
  const top = index * rowHeightPx;
  const bottom = top + rowHeightPx;
  if (top < scrollTopPx) return top;
  return bottom > scrollTopPx + heightPx ? Math.max(0, bottom - heightPx) : scrollTopPx;
}

/** Where a key goes from row `at` (−1: none yet); undefined for a key that does not move, or in an empty list. */
export function rowAfterKey(
  key: string,
  at: number,
  { heightPx, rowHeightPx, count }: Omit<ListPlace, 'scrollTopPx'>,
): number | undefined {
  if (count === 0) return undefined;
  const page = Math.max(1, Math.floor(heightPx / rowHeightPx) - 1);
  const to = {
    ArrowDown: at + 1,
    ArrowUp: at < 0 ? count - 1 : at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined ? undefined : Math.min(Math.max(to, 0), count - 1);
}
