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

/** `values`: the settings of `ids` one after another. */
export function withRaws(raws: Raws, ids: readonly string[], values: Float32Array): Raws {
  const length = CHAIN_PARAMETERS.length;
  return new Map([
    ...raws,
    ...ids.map((id, i) => [id, values.subarray(i * length, (i + 1) * length)] as const),
  ]);
}
