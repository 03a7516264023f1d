/**
 * What a component, or the way from one setting to another, does in plain words: “longer, darker reverb; brighter voice”.
 *
 * The traits (traits.ts) of the settings at both ends are compared in steps that a listener notices; those that change most
 * are named, the strongest noun first. A component's ends are the mean ± 1.5 standard deviations along its loadings.
 */
import { fromWeights, type ComponentScale, type ComponentSpace } from './components.ts';
import { withinControls } from './sampling.ts';
import { TRAITS, TRAIT_NAMES, traitsOf, type TraitName } from './traits.ts';

const END_DEVIATIONS = 1.5;
/** Changes below this many steps, or this part of the largest, are not worth a word. */
const LEAST_STEPS = 0.7;
const LEAST_PART = 0.4;
const MOST_TRAITS = 4;
const MOST_NOUNS = 2;

/** Words for both directions. */
export interface Label {
  /** What more of it does. */
  readonly more: string;
  /** What less of it does. */
  readonly less: string;
}

const NOTHING: Label = { more: 'hardly any audible change', less: 'hardly any audible change' };

/** Words for going from one raw vector (`less`) to another (`more`). */
export function labelOfChange(from: ArrayLike<number>, to: ArrayLike<number>): Label {
  const before = traitsOf(from);
  const after = traitsOf(to);
  const changes = TRAIT_NAMES.map((name) => ({
    name,
    steps: (after[name] - before[name]) / TRAITS[name].step,
  }));
  const largest = Math.max(...changes.map(({ steps }) => Math.abs(steps)));
  if (largest < LEAST_STEPS) return NOTHING;
  const told = changes
    .filter(({ steps }) => Math.abs(steps) >= Math.max(LEAST_STEPS, LEAST_PART * largest))
    .sort((a, b) => Math.abs(b.steps) - Math.abs(a.steps));
  const nouns = [...new Set(told.map(({ name }) => TRAITS[name].noun))].slice(0, MOST_NOUNS);
  const kept = told.filter(({ name }) => nouns.includes(TRAITS[name].noun)).slice(0, MOST_TRAITS);
  const words = (sign: 1 | -1): string =>
    nouns
      .map((noun) => phrase(noun, kept, sign))
      .filter((text) => text !== '')
      .join('; ');
  return { more: words(1), less: words(-1) };
}

function phrase(noun: string, changes: readonly { name: TraitName; steps: number }[], sign: 1 | -1): string {
  const adjectives = changes
    .filter(({ name }) => TRAITS[name].noun === noun)
    .map(({ name, steps }) => (steps * sign > 0 ? TRAITS[name].more : TRAITS[name].less));
  // “more” and “fewer” count echoes, and stand next to them or before all else.
  const ordered = adjectives.filter((word) => word !== 'more' && word !== 'fewer');
  const count = adjectives.find((word) => word === 'more' || word === 'fewer');
  if (adjectives.length === 0) return '';
  return `${count === undefined ? '' : `${count}${ordered.length > 0 ? ', ' : ' '}`}${ordered.join(', ')}${ordered.length > 0 ? ' ' : ''}${noun}`;
}

/** Words for each of the first `count` components. */
export function componentLabels(space: ComponentSpace, scale: ComponentScale, count: number): Label[] {
  const { rank } = space.componentsIn(scale);
  return Array.from({ length: Math.min(count, rank) }, (_, k) => componentLabel(space, scale, k));
}

/** Words for component k, from 0. */
export function componentLabel(space: ComponentSpace, scale: ComponentScale, k: number): Label {
  return labelOfChange(
    componentEnd(space, scale, k, -END_DEVIATIONS),
    componentEnd(space, scale, k, END_DEVIATIONS),
  );
}

/** The mean setting moved by some standard deviations along component k, as a raw vector within the controls' ranges. */
export function componentEnd(
  space: ComponentSpace,
  scale: ComponentScale,
  k: number,
  deviations: number,
): Float64Array {
  const components = space.componentsIn(scale);
  const weights = new Float64Array(components.dimensions);
  weights[k] = deviations;
  return withinControls(space.raw(fromWeights(components, weights)));
}
