/**
 * The space that a prior spans, with the session's setting in it: where it lies, how usual it is, and the ways to move it.
 * Every gesture edits the setting as a knob does: heard at once, one undo step, locked parameters left alone.
 */
import { CHAIN_PARAMETERS, parameterIndex, parametersUnder } from '#core/chain/parameters.ts';
import { explainedShares, weightsOf, type Components, type ComponentScale } from '#core/prior/components.ts';
import { componentLabels, labelOfChange, type Label } from '#core/prior/labels.ts';
import type { PriorModel } from '#core/prior/model.ts';
import { parsePrior } from '#core/prior/prior-file.ts';
import { samplePrior } from '#core/prior/sampling.ts';
import type { appContract } from '#core/protocol/app.ts';
import type { Link } from './link.ts';
import { endOf, followed, SIDES, type MorphEnd, type MorphSide, type MorphSource } from './morph-ends.ts';
import { namesOf } from './preset-entries.ts';
import type { Notices } from './notices.svelte.ts';
import {
  between,
  isSame,
  movedTo,
  nearest,
  partOfWay,
  settled,
  typicalityText,
  valuesAt,
  weightsAlong,
  type Neighbour,
  type Weight,
} from './prior-space-moves.ts';
import type { Presets } from './presets.svelte.ts';
import type { Session } from './session.svelte.ts';

/** Components with a slider each. */
export const SLIDER_COUNT = 8;
/** Components that can be an axis of the map. */
const AXIS_COUNT = 12;
/** Presets whose weights are computed without a pause. */
const WEIGHTS_AT_ONCE = 400;
const UNUSUAL_COUNT = 3;

export interface PriorEntry {
  readonly id: string;
  readonly name: string;
  readonly presetCount: number;
  readonly isShipped: boolean;
}

export interface ComponentView {
  /** From 0. */
  readonly index: number;
  readonly label: Label;
  /** Of all variance, 0..1. */
  readonly share: number;
}

/** What was last written by a move, and what the next one goes on from as long as the setting is still that. */
interface Written {
  readonly raw: Float64Array;
  /** The setting with all of its rest. */
  readonly full: Float64Array;
  readonly restPercent: number;
}

export class PriorSpace {
  priors = $state.raw<readonly PriorEntry[]>([]);
  /** The prior that is shown; null until one is loaded. */
  chosen = $state.raw<string | null>(null);
  model = $state.raw<PriorModel | null>(null);
  isLoading = $state(false);
  scale = $state<ComponentScale>('plain');
  axes = $state.raw<readonly [x: number, y: number]>([0, 1]);
  temperature = $state(1);
  /** The ends as they were last; {@link ends} follows what they come from. */
  private lastEnds = $state.raw<Readonly<Record<MorphSide, MorphEnd | null>>>({ a: null, b: null });
  private written = $state.raw<Written | null>(null);
  /** Weights that the hand asks for while it moves; what comes out may be held back by locks and ranges. */
  private aims = $state.raw<readonly Weight[]>([]);
  private morphAim = $state.raw<number | null>(null);
  /** Where a gesture began. */
  private start: { base: Float64Array; weights: Float64Array; written: Written | null } | null = null;
  private lastUse = 0;
  private weightCache = new WeakMap<ArrayLike<number>, { of: Components; weights: Float64Array }>();

  constructor(
    private readonly app: Link<typeof appContract>,
    private readonly session: Session,
    private readonly presets: Presets,
    private readonly notices: Notices,
  ) {
    // A slot stays, as an end, what it was when it became the one that is edited.
    session.onChange(() => {
      const { a, b } = this.ends;
      if (a !== this.lastEnds.a || b !== this.lastEnds.b) this.lastEnds = { a, b };
    });
    presets.onRename((before, id) => {
      for (const side of SIDES) {
        const source = this.lastEnds[side]?.source;
        if (source?.kind === 'preset' && source.id === before) this.chooseEnd(side, { kind: 'preset', id });
      }
    });
  }

  readonly components = $derived(this.model?.componentsIn(this.scale) ?? null);
  /** Those that can be axes, with words and shares; the first SLIDER_COUNT have sliders. */
  readonly views: readonly ComponentView[] = $derived.by(() => {
    if (!this.model || !this.components) return [];
    const shares = explainedShares(this.components);
    return componentLabels(this.model, this.scale, AXIS_COUNT).map((label, index) => ({
      index,
      label,
      share: shares[index],
    }));
  });
  /** Of the setting, in standard deviations, as it is. */
  readonly weights: Float64Array = $derived.by(() =>
    this.model && this.components
      ? weightsOf(this.components, this.model.informative(this.session.raw))
      : new Float64Array(0),
  );
  /** The middle of the prior, as a setting. */
  readonly mean = $derived(this.model ? this.model.raw(this.model.mean) : null);
  /** How usual the setting is; null without a prior. */
  readonly typicality = $derived.by(() => {
    if (!this.model) return null;
    const { raw } = this.session;
    const { heldOutPercentile, percentile } = this.model.score(raw);
    const far = heldOutPercentile ?? percentile;
    return {
      /** Share of presets, in per cent, that lie nearer to the middle. */
      percentile: far,
      text: typicalityText(far),
      unusual: this.model.unusual(raw, UNUSUAL_COUNT).map(({ id, deviation }) => ({
        id,
        label: CHAIN_PARAMETERS[parameterIndex(id)].label,
        deviation,
      })),
    };
  });
  private readonly lockedPlaces = $derived.by(() => [...this.session.locked].flatMap(parametersUnder));
  /** What was last written, as long as nothing else has changed the setting. */
  private readonly current = $derived.by(() =>
    this.written && isSame(this.written.raw, this.session.raw) ? this.written : null,
  );
  /** How much is heard of what the shown components do not hold. */
  readonly restPercent = $derived(this.current?.restPercent ?? 100);
  private readonly presetNames = $derived.by(() => namesOf(this.presets.entries));
  private readonly sources = $derived.by(() => ({
    mean: this.mean,
    document: this.session.document,
    presetNames: this.presetNames,
    presetRaws: this.presets.raws,
  }));
  readonly ends: Readonly<Record<MorphSide, MorphEnd | null>> = $derived.by(() => {
    const { a, b } = this.lastEnds;
    return { a: a && followed(a, this.sources), b: b && followed(b, this.sources) };
  });
  /** Where the setting lies between both ends, 0..100; null until both are chosen. */
  readonly morphPercent = $derived.by(() => {
    const { a, b } = this.ends;
    if (!a || !b) return null;
    return this.morphAim ?? 100 * partOfWay(a.raw, b.raw, this.session.raw);
  });

  /** The weight that a slider or the map shows: what the hand asks for, or what is. */
  weight(k: number): number {
    return weightIn(this.aims, k) ?? this.weights[k] ?? 0;
  }

  // ---- the prior

  /** Lists the priors and loads one, where none is loaded yet. */
  async open(): Promise<void> {
    await this.refresh();
    const first = this.priors.find(({ isShipped }) => isShipped) ?? this.priors[0];
    if (!this.model && first && !this.isLoading) await this.use(first.id);
  }

  async refresh(): Promise<void> {
    try {
      this.priors = (await this.app.call('priors.list', {})).priors;
    } catch (error) {
      this.notices.failure(error);
    }
  }

  /** Loads a prior and shows it; of several, the one that was asked for last. */
  async use(id: string): Promise<void> {
    const asked = ++this.lastUse;
    this.isLoading = true;
    try {
      if (!this.priors.some((prior) => prior.id === id)) await this.refresh();
      const { text } = await this.app.call('priors.read', { id });
      if (asked !== this.lastUse) return;
      const model = parsePrior(text);
      // What a gesture goes on from are weights of the old components.
      if (this.start) this.commit();
      this.model = model;
      this.chosen = id;
      this.axes = [0, Math.min(1, this.model.componentsIn(this.scale).rank - 1)];
      this.written = null;
    } catch (error) {
      if (asked === this.lastUse) this.notices.failure(error);
    } finally {
      if (asked === this.lastUse) this.isLoading = false;
    }
  }

  chooseScale(scale: ComponentScale): void {
    this.scale = scale;
    this.written = null;
  }

  /** A component for one axis; the other one gives way if it has it. */
  chooseAxis(which: 0 | 1, k: number): void {
    const [x, y] = this.axes;
    if (which === 0) this.axes = [k, k === y ? x : y];
    else this.axes = [k === x ? y : x, k];
    this.written = null;
  }

  // ---- moves, each within begin and commit or cancel

  begin(label: string): void {
    this.session.beginSetting(label);
    this.start = {
      base: this.session.raw.slice(),
      weights: this.weights.slice(),
      written: this.current,
    };
  }

  /** New weights by component; the others that are shown stay as they were at the beginning. */
  move(weights: readonly Weight[]): void {
    if (!this.start) return;
    this.aims = weights;
    this.place(weights, this.start.written?.restPercent ?? 100);
  }

  showRest(percent: number): void {
    this.place([], percent);
  }

  private place(weights: readonly Weight[], restPercent: number): void {
    const { start, model, components } = this;
    if (!start || !model || !components) return;
    const shown = [...Array(SLIDER_COUNT).keys(), ...this.axes];
    const full = start.written?.full ?? start.base;
    const all = shown.map((k) => [k, weightIn(weights, k) ?? start.weights[k] ?? 0] as const);
    this.write(movedTo(model, components, full, all, restPercent / 100), full, restPercent);
  }

  /** To a point between both ends. */
  morph(percent: number): void {
    const { a, b } = this.ends;
    if (!a || !b || !this.start) return;
    this.morphAim = percent;
    const raw = between(a.raw, b.raw, percent / 100);
    this.write(raw, raw, 100);
  }

  private write(moved: Float64Array, full: Float64Array, restPercent: number): void {
    if (!this.start) return;
    const raw = settled(moved, this.start.base, this.lockedPlaces);
    this.written = { raw, full, restPercent };
    this.session.showSetting(raw);
  }

  commit(): void {
    this.session.commit();
    this.rest();
  }

  cancel(): void {
    this.session.cancel();
    this.written = this.start?.written ?? null;
    this.rest();
  }

  private rest(): void {
    this.aims = [];
    this.morphAim = null;
    this.start = null;
  }

  // ---- at once

  /** Another setting that fits the prior and what is locked, as one undo step. */
  sample(): void {
    const { model, session } = this;
    if (!model) return;
    const [seed] = crypto.getRandomValues(new Uint32Array(1));
    const locked = valuesAt(session.raw, this.lockedPlaces);
    if (locked.size === CHAIN_PARAMETERS.length) {
      this.notices.info('Every parameter is locked, so there is nothing to sample.');
      return;
    }
    const [raw] = samplePrior(model, 1, {
      seed,
      temperature: this.temperature,
      sampler: model.prefersShaped ? 'shaped' : 'gaussian',
      locked,
    });
    this.session.setSetting('Sample', raw);
  }

  // ---- the ends of a morph

  /** Nothing happens where the source holds no setting. */
  chooseEnd(side: MorphSide, source: MorphSource): void {
    const end = endOf(source, this.sources);
    if (end) this.lastEnds = { ...this.ends, [side]: end };
  }

  /** The setting as it is now becomes an end, and stays that. */
  keepEnd(side: MorphSide): void {
    this.chooseEnd(side, { kind: 'kept', name: 'Kept setting', raw: this.session.raw.slice() });
  }

  /** The setting that a drag to a place on the map would give becomes an end. */
  keepPlace(side: MorphSide, [x, y]: readonly [x: number, y: number], name: string): void {
    const { model, components, axes, session } = this;
    if (!model || !components) return;
    const weights: readonly Weight[] = [
      [axes[0], x],
      [axes[1], y],
    ];
    const raw = settled(movedTo(model, components, session.raw, weights, 1), session.raw, this.lockedPlaces);
    this.chooseEnd(side, { kind: 'kept', name, raw });
  }

  swapEnds(): void {
    const { a, b } = this.ends;
    this.lastEnds = { a: b, b: a };
  }

  // ---- other settings

  /** Weights of a setting along both axes. */
  onMap(raw: ArrayLike<number>): readonly [x: number, y: number] {
    if (!this.model || !this.components) return [0, 0];
    const [x, y] = weightsAlong(this.model, this.components, raw, this.axes);
    return [x, y];
  }

  /** What is special about a setting, in words. */
  special(raw: ArrayLike<number>): string {
    return this.mean ? labelOfChange(this.mean, raw).more : '';
  }

  /** The settings nearest to the session's; pauses now and then, and gives up once `isWanted` says no. */
  async nearest(
    raws: ReadonlyMap<string, ArrayLike<number>>,
    count: number,
    isWanted: () => boolean,
  ): Promise<readonly Neighbour[] | null> {
    const { model, components } = this;
    if (!model || !components) return [];
    const all: [string, Float64Array][] = [];
    let computed = 0;
    for (const [id, raw] of raws) {
      let known = this.weightCache.get(raw);
      if (known?.of !== components) {
        known = { of: components, weights: weightsOf(components, model.informative(raw)) };
        this.weightCache.set(raw, known);
        if (++computed % WEIGHTS_AT_ONCE === 0) {
          await new Promise((resolve) => setTimeout(resolve));
          if (!isWanted()) return null;
        }
      }
      all.push([id, known.weights]);
    }
    return nearest(this.weights, all, count);
  }
}

const weightIn = (weights: readonly Weight[], component: number): number | undefined =>
  weights.find(([k]) => k === component)?.[1];
