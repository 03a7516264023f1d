/**
 * Which presets of a list are selected, as lists of files do it: a click selects one, with Ctrl/Cmd it adds or takes away
 * one, with Shift it goes from the one before. All of it is pure; a selection is never changed in place.
 */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where the keyboard is; it need not be selected. */
  readonly active: string | null;
  /** Where a range begins. */
  readonly anchor: string | null;
}

export const NO_SELECTION: Selection = { ids: new Set(), active: null, anchor: null };

export function only(id: string): Selection {
  return { ids: new Set([id]), active: id, anchor: id };
}

export function toggled({ ids }: Selection, id: string): Selection {
  const others = new Set(ids);
  if (!others.delete(id)) others.add(id);
  return { ids: others, active: id, anchor: id };
}

/** The keyboard elsewhere, the same selected. */
export function movedOn(selection: Selection, id: string): Selection {
  return { ...selection, active: id, anchor: id };
}

/** From the anchor to `id` in the order of the list, in place of what was selected. */
export function extended({ anchor }: Selection, id: string, order: readonly string[]): Selection {
  const to = order.indexOf(id);
  const from = anchor === null ? -1 : order.indexOf(anchor);
  if (from < 0) return only(id);
  return { ids: new Set(order.slice(Math.min(from, to), Math.max(from, to) + 1)), active: id, anchor };
}

/** `ids`, which are in the order of the list; the keyboard stays where it can. */
export function allOf(ids: readonly string[], { active }: Selection = NO_SELECTION): Selection {
  const all = new Set(ids);
  const at = active !== null && all.has(active) ? active : (ids[0] ?? null);
  return { ids: all, active: at, anchor: at };
}

/** Without the presets that are gone; the same selection when none is. */
export function among(selection: Selection, known: ReadonlySet<string>): Selection {
  const { ids, active, anchor } = selection;
  const isKnown = (id: string | null): boolean => id === null || known.has(id);
  if (isKnown(active) && isKnown(anchor) && [...ids].every(isKnown)) return selection;
  return {
    ids: new Set([...ids].filter(isKnown)),
    active: isKnown(active) ? active : null,
    anchor: isKnown(anchor) ? anchor : null,
  };
}

/** With other ids for some presets: renaming gives a file another name. */
export function renamed(selection: Selection, ids: ReadonlyMap<string, string>): Selection {
  const now = (id: string): string => ids.get(id) ?? id;
  const { active, anchor } = selection;
  return {
    ids: new Set([...selection.ids].map(now)),
    active: active === null ? null : now(active),
    anchor: anchor === null ? null : now(anchor),
  };
}
