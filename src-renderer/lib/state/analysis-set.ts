/** What an analysis is of: which presets, or the prior; and one sentence where there is nothing to analyse. */
import type { Analysis, Obstacle } from '#core/prior/analysis.ts';
import { obstacleTo } from '#core/prior/analysis.ts';
import { INFORMATIVE_DIMENSIONS } from '#core/prior/dimensions.ts';
import { LEAST_FOR_NORMALITY } from '#core/prior/distribution.ts';
import type { PriorModel } from '#core/prior/model.ts';
import type { PresetEntry } from '#core/protocol/preset-library.ts';
import type { Raws } from './presets-raws.ts';

/** All presets of the library, those that search and filters leave, those that are selected, or the prior of the map. */
export type SetChoice = 'library' | 'listed' | 'selected' | 'prior';

export interface PresetSet {
  readonly kind: 'presets';
  readonly name: string;
  /** 151 raw values each. */
  readonly raws: readonly Float32Array[];
}
export interface PriorSet {
  readonly kind: 'prior';
  readonly name: string;
  readonly model: PriorModel;
}
export type AnalysedSet = PresetSet | PriorSet;

/** Nothing to analyse, or not yet, and why; what could not be read may be had by reading again. */
export interface NoSet {
  readonly kind: 'waiting' | 'obstacle' | 'failed';
  readonly text: string;
}

const NO_PRESETS = 'There are no presets here yet: save or import some, or analyse the prior.';
const ALL_SAME = 'These presets are all the same, so there is nothing to tell apart.';
const FEW_SELECTED = 'Select three presets or more in the list.';
const OBSTACLES: Readonly<Record<Exclude<SetChoice, 'prior'>, Readonly<Record<Obstacle, string>>>> = {
  library: {
    none: NO_PRESETS,
    one: 'One preset alone has nothing to be compared with: add two more, or analyse the prior.',
    two: 'Two presets always lie on one line: add another one, or analyse the prior.',
    same: ALL_SAME,
  },
  listed: {
    none: 'The list shows no presets now: change its search or its filters, or analyse all of them.',
    one: 'One preset alone has nothing to be compared with: show more of them, or analyse the prior.',
    two: 'Two presets always lie on one line: show more of them, or analyse the prior.',
    same: ALL_SAME,
  },
  selected: { none: FEW_SELECTED, one: FEW_SELECTED, two: FEW_SELECTED, same: ALL_SAME },
};

const WAITING: NoSet = { kind: 'waiting', text: 'Reading the presets …' };
const MISSING: NoSet = { kind: 'failed', text: 'Some of the presets could not be read; try again.' };

/** How far the window has read the library: all of it, not yet, or not all as something went wrong. */
export type ReadingState = 'ready' | 'reading' | 'failed';

/**
 * Those of `entries`, in an order that does not depend on the list's. Waits for settings that the window does not have
 * yet, unless they will not come by themselves.
 */
export function presetSet(
  name: string,
  entries: readonly PresetEntry[],
  raws: Raws,
  state: ReadingState,
  choice: Exclude<SetChoice, 'prior'> = 'library',
): PresetSet | NoSet {
  const ordered = [...entries].sort((a, b) => (a.id < b.id ? -1 : 1));
  const known = ordered.flatMap(({ id }) => raws.get(id) ?? []);
  if (state === 'reading') return WAITING;
  if (known.length < ordered.length) return state === 'failed' ? MISSING : WAITING;
  const obstacle = obstacleTo(known, INFORMATIVE_DIMENSIONS);
  if (obstacle === null) return { kind: 'presets', name, raws: known };
  return { kind: 'obstacle', text: raws.size === 0 ? NO_PRESETS : OBSTACLES[choice][obstacle] };
}

export function priorSet(model: PriorModel | null, isLoading: boolean): PriorSet | NoSet {
  if (model) return { kind: 'prior', name: model.provenance.name, model };
  return isLoading
    ? { kind: 'waiting', text: 'Reading the prior …' }
    : { kind: 'obstacle', text: 'There is no prior to analyse: learn one from your presets.' };
}

/** Whether an analysis of one set serves for the other. */
export function isSameSet(a: AnalysedSet | NoSet, b: AnalysedSet | NoSet): boolean {
  if (a.kind === 'presets' && b.kind === 'presets')
    return (
      a.name === b.name && a.raws.length === b.raws.length && a.raws.every((raw, i) => raw === b.raws[i])
    );
  if (a.kind === 'prior' && b.kind === 'prior') return a.model === b.model;
  return a.kind === b.kind && 'text' in a && 'text' in b && a.text === b.text;
}

/** Whether a place means the same parameter in both analyses. */
export const hasSamePlaces = (a: Pick<Analysis, 'ids'>, b: Pick<Analysis, 'ids'>): boolean =>
  a.ids.length === b.ids.length && a.ids.every((id, i) => id === b.ids[i]);

/** What to bear in mind when reading an analysis; empty where there is nothing. */
export function cautionOf({ source, presetCount, ids, components }: Analysis): string {
  if (source === 'prior')
    return 'A prior holds statistics and no presets: correlations are Pearson’s from its covariance, histograms are what its marginals expect, and tests of normality need presets.';
  if (presetCount < LEAST_FOR_NORMALITY)
    return `Only ${presetCount} presets: correlations are rough, no more than ${components.plain.rank} components can vary, and tests of normality need ${LEAST_FOR_NORMALITY}.`;
  if (presetCount < ids.length)
    return `Only ${presetCount} presets for ${ids.length} parameters: correlations are rough, and no more than ${components.plain.rank} components can vary.`;
  return '';
}
