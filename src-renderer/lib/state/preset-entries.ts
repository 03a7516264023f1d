/** Entries of a library by their ids, and what becomes of a list of them; all of it is pure. */
import type { PresetEntry } from '#core/protocol/preset-library.ts';

/** An entry in place of the one that had the id `before`: its own, or another one. */
export interface Replacement {
  readonly before: string;
  readonly entry: PresetEntry;
}

export function idsOf(entries: readonly PresetEntry[]): ReadonlySet<string> {
  return new Set(entries.map(({ id }) => id));
}

export function byId(entries: readonly PresetEntry[]): ReadonlyMap<string, PresetEntry> {
  return new Map(entries.map((entry) => [entry.id, entry]));
}

export function namesOf(entries: readonly PresetEntry[]): ReadonlyMap<string, string> {
  return new Map(entries.map(({ id, name }) => [id, name]));
}

/** Those of some ids that entries have, in the order of the entries. */
export function inOrderOf(entries: readonly PresetEntry[], ids: readonly string[]): string[] {
  const wanted = new Set(ids);
  return entries.flatMap(({ id }) => (wanted.has(id) ? [id] : []));
}

/** The same, to look up. */
export function amongIds(entries: readonly PresetEntry[], ids: readonly string[]): ReadonlySet<string> {
  return new Set(inOrderOf(entries, ids));
}

/** New ids by the ones before; those that stay are not among them. */
export function renamesOf(replacements: readonly Replacement[]): ReadonlyMap<string, string> {
  const changed = replacements.filter(({ before, entry }) => before !== entry.id);
  return new Map(changed.map(({ before, entry }) => [before, entry.id]));
}

/** With each replacement in place of its entry, or added; in no order. */
export function withReplaced(
  entries: readonly PresetEntry[],
  replacements: readonly Replacement[],
): PresetEntry[] {
  const gone = new Set(replacements.flatMap(({ before, entry }) => [before, entry.id]));
  return [...entries.filter(({ id }) => !gone.has(id)), ...replacements.map(({ entry }) => entry)];
}
