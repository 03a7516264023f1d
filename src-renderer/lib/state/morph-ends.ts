/**
 * The ends of a morph. One that was chosen from a slot or a preset goes along when that changes; a setting that was kept
 * stays. All of it is pure; settings are 151 raw values.
 */
import type { SessionDocument, Slot } from '#core/session/document.ts';
import { isSame } from './prior-space-moves.ts';

export const SIDES = ['a', 'b'] as const;
export type MorphSide = (typeof SIDES)[number];

/** Where an end comes from. */
export type MorphSource =
  | { readonly kind: 'kept'; readonly name: string; readonly raw: Float64Array }
  | { readonly kind: 'mean' }
  | { readonly kind: 'slot'; readonly slot: Slot }
  | { readonly kind: 'preset'; readonly id: string };

export interface MorphEnd {
  readonly source: MorphSource;
  readonly name: string;
  readonly raw: Float64Array;
  /** Whether its source is gone, or has become something else that the end does not follow. */
  readonly isLeft: boolean;
}

/** What sources are now. */
export interface MorphSources {
  readonly mean: Float64Array | null;
  readonly document: Pick<SessionDocument, 'active' | 'slots'>;
  readonly presetNames: ReadonlyMap<string, string>;
  readonly presetRaws: ReadonlyMap<string, ArrayLike<number>>;
}

/** An end as its source is now; null where there is no such setting. */
export function endOf(source: MorphSource, now: MorphSources): MorphEnd | null {
  const end = (name: string, raw: ArrayLike<number> | null | undefined): MorphEnd | null =>
    raw ? { source, name, raw: Float64Array.from(raw), isLeft: false } : null;
  switch (source.kind) {
    case 'kept':
      return end(source.name, source.raw);
    case 'mean':
      return end('The middle', now.mean);
    case 'slot':
      return end(`Slot ${source.slot}`, now.document.slots[source.slot]);
    case 'preset':
      return end(now.presetNames.get(source.id) ?? 'Preset', now.presetRaws.get(source.id));
    default:
      return source satisfies never;
  }
}

/**
 * An end that was chosen before, now; the same one where nothing has changed. The slot that is being edited is not
 * followed: the morph writes there itself, and the way back would be lost. A preset that went to the trash stays heard;
 * the slot of another session does not.
 */
export function followed(end: MorphEnd, now: MorphSources): MorphEnd | null {
  const { source } = end;
  const next = endOf(source, now);
  if (!next) {
    if (source.kind === 'slot') return null;
    return end.isLeft ? end : { ...end, isLeft: true };
  }
  const isUnchanged = isSame(end.raw, next.raw);
  if (source.kind === 'slot' && source.slot === now.document.active)
    return end.isLeft === !isUnchanged ? end : { ...end, isLeft: !isUnchanged };
  return isUnchanged && end.name === next.name && !end.isLeft ? end : next;
}
