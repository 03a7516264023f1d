/** Settings of the presets that a window knows, 151 raw values by id; never changed in place. */
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import type { PresetEntry } from '#core/protocol/preset-library.ts';

export type Raws = ReadonlyMap<string, Float32Array>;

export const NO_RAWS: Raws = new Map();

/** Entries whose setting is not known, or may have changed. `before`: the entries that `raws` belong to. */
export function staleEntries(
  entries: readonly PresetEntry[],
  before: readonly PresetEntry[],
  raws: Raws,
): PresetEntry[] {
  const dates = new Map(before.map(({ id, changedAt }) => [id, changedAt]));
  return entries.filter(({ id, changedAt }) => !raws.has(id) || dates.get(id) !== changedAt);
}

/** Without the settings of presets that are gone; the same map when none is. */
export function rawsOfEntries(raws: Raws, entries: readonly PresetEntry[]): Raws {
  const ids = new Set(entries.map(({ id }) => id));
  const kept = [...raws].filter(([id]) => ids.has(id));
  return kept.length === raws.size ? raws : new Map(kept);
}

/** With other settings, or more; a setting that is there already is replaced. */
export function withRaws(raws: Raws, more: Iterable<readonly [id: string, raw: Float32Array]>): Raws {
  return new Map([...raws, ...more]);
}

/** `values`: the settings of `ids` one after another. */
export function separateRaws(
  ids: readonly string[],
  values: Float32Array,
): (readonly [id: string, raw: Float32Array])[] {
  const length = CHAIN_PARAMETERS.length;
  return ids.map((id, i) => [id, values.subarray(i * length, (i + 1) * length)] as const);
}

/** By new ids, which are given by the ones before; the same map when there are none. */
export function renamedRaws(raws: Raws, ids: ReadonlyMap<string, string>): Raws {
  return ids.size === 0 ? raws : new Map([...raws].map(([id, raw]) => [ids.get(id) ?? id, raw]));
}
