/**
 * The analysis of presets, or of a prior: what is analysed, which figure is looked at and how, and its way out as files.
 * It is computed on a thread of its own while it is looked at; what goes wrong is told as a notice, nothing here rejects.
 */
import type { Analysis } from '#core/prior/analysis.ts';
import {
  componentFigure,
  correlationFigure,
  effectFigure,
  histogramFigure,
  parameterTable,
  varianceFigure,
} from '#core/prior/analysis-figures.ts';
import type { ComponentScale } from '#core/prior/components.ts';
import { csvText, type CsvLine } from '#core/prior/csv.ts';
import { LEAST_PRESETS } from '#core/prior/model.ts';
import { standalone } from '#core/prior/report-figures.ts';
import type { appContract } from '#core/protocol/app.ts';
import type { Host } from '../../host/host.ts';
import {
  hasSamePlaces,
  isSameSet,
  presetSet,
  priorSet,
  type AnalysedSet,
  type NoSet,
  type SetChoice,
} from './analysis-set.ts';
import { pngOf } from './analysis-picture.ts';
import { reportOf, workOf, type Perform } from './analysis-work.ts';
import type { Link } from './link.ts';
import type { Notices } from './notices.svelte.ts';
import type { Presets } from './presets.svelte.ts';
import type { PriorSpace } from './prior-space.svelte.ts';

export const FIGURES = [
  'correlations',
  'effects',
  'variance',
  'components',
  'histograms',
  'normality',
] as const;
export type FigureName = (typeof FIGURES)[number];
/** What a figure can be written as. */
export const FIGURE_FORMATS = ['svg', 'png', 'csv'] as const;
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

const PNG_SCALE = 2;
/** Changes that follow each other this soon, as when the list is searched, are analysed once. */
const START_AFTER_MS = 120;

/** Two dimensions, by place. */
export interface Pair {
  readonly a: number;
  readonly b: number;
}

export class PresetAnalysis {
  /** Whether it is looked at in the place of the map. */
  isShown = $state(false);
  figure = $state<FigureName>('correlations');
  /** What was chosen; null as long as what there is decides. */
  private chosen = $state.raw<SetChoice | null>(null);
  /** Of what was chosen last and could be analysed. */
  result = $state.raw<Analysis | null>(null);
  /** Settings of the presets that the result is of; empty for a prior. */
  raws = $state.raw<readonly Float32Array[]>([]);
  /** 0..1 while an analysis is computed. */
  fraction = $state.raw<number | null>(null);
  /** Whether what was to be analysed could not be; {@link use} tries again. */
  hasFailed = $state(false);
  isExporting = $state(false);

  isClustered = $state(true);
  pair = $state.raw<Pair | null>(null);
  scale = $state<ComponentScale>('plain');
  /** From 0. */
  component = $state(0);
  /** To both sides of the mean. */
  deviations = $state(2);

  /** What {@link use} was given last. */
  private current: AnalysedSet | NoSet | null = null;
  private running: AbortController | null = null;
  private exporting: AbortController | null = null;

  constructor(
    private readonly app: Pick<Link<typeof appContract>, 'call'>,
    private readonly presets: Pick<
      Presets,
      'entries' | 'shown' | 'chosen' | 'raws' | 'areRawsMissing' | 'phase' | 'listName' | 'problem'
    >,
    private readonly space: Pick<PriorSpace, 'model' | 'isLoading'>,
    private readonly notices: Pick<Notices, 'info' | 'failure'>,
    private readonly host: Pick<Host, 'pickToSave' | 'offerDownload'>,
    private readonly perform: Perform,
  ) {}

  // ---- what is analysed

  /** The library where it holds enough, or else the prior, until something is chosen. */
  get choice(): SetChoice {
    return this.chosen ?? (this.presets.entries.length >= LEAST_PRESETS ? 'library' : 'prior');
  }

  choose(choice: SetChoice): void {
    this.chosen = choice;
  }

  /** What the choice stands for now. */
  get set(): AnalysedSet | NoSet {
    const { presets, space, choice } = this;
    if (choice === 'prior') return priorSet(space.model, space.isLoading);
    if (presets.phase === 'failed') return { kind: 'failed', text: presets.problem };
    const state = presets.phase !== 'ready' ? 'reading' : presets.areRawsMissing ? 'failed' : 'ready';
    if (choice === 'library') return presetSet('My presets', presets.entries, presets.raws, state);
    if (choice === 'selected')
      return presetSet('Selected presets', presets.chosen, presets.raws, state, choice);
    return presetSet(presets.listName, presets.shown, presets.raws, state, choice);
  }

  /** Analyses a set, unless that was done or is being done; what was being done is given up. */
  use(set: AnalysedSet | NoSet): void {
    if (this.current && isSameSet(this.current, set)) return;
    this.stop();
    this.current = set;
    this.hasFailed = false;
    if (set.kind === 'presets' || set.kind === 'prior') void this.analyse(set);
    // What is being read comes in a moment.
    else if (set.kind !== 'waiting') this.show(null, []);
  }

  /** Nobody looks any more: what is being computed is given up. */
  rest(): void {
    if (this.running) this.current = null;
    this.stop();
  }

  private stop(): void {
    this.running?.abort();
    this.running = null;
    this.fraction = null;
  }

  private async analyse(set: AnalysedSet): Promise<void> {
    const running = new AbortController();
    const { signal } = running;
    this.running = running;
    this.fraction = 0;
    try {
      await new Promise((resolve) => setTimeout(resolve, START_AFTER_MS));
      signal.throwIfAborted();
      const word = await this.perform(workOf(set), {
        signal,
        onProgress: (fraction) => {
          if (!signal.aborted) this.fraction = fraction;
        },
      });
      if (word.kind !== 'analysis') throw new Error(word.kind === 'problem' ? word.message : word.kind);
      this.show(word.analysis, set.kind === 'presets' ? set.raws : []);
    } catch (error) {
      if (signal.aborted) return;
      this.current = null;
      this.hasFailed = true;
      this.show(null, []);
      this.notices.failure(error);
    } finally {
      if (this.running === running) {
        this.running = null;
        this.fraction = null;
      }
    }
  }

  private show(analysis: Analysis | null, raws: readonly Float32Array[]): void {
    if (!analysis || !this.result || !hasSamePlaces(analysis, this.result)) this.pair = null;
    this.result = analysis;
    this.raws = raws;
    const rank = analysis?.components[this.scale].rank ?? 0;
    this.component = Math.max(0, Math.min(this.component, rank - 1));
  }

  // ---- looking

  chooseScale(scale: ComponentScale): void {
    this.scale = scale;
    const rank = this.result?.components[scale].rank ?? 0;
    this.component = Math.max(0, Math.min(this.component, rank - 1));
  }

  /** Raw values of a dimension of the result, one a preset. */
  valuesOf(dimension: number): Float64Array {
    const index = this.result?.dimensions[dimension];
    return Float64Array.from(index === undefined ? [] : this.raws, (raw) => raw[index!]!);
  }

  // ---- out

  /** Whether the figure that is looked at is a picture as well as a table. */
  get hasPicture(): boolean {
    return this.figure !== 'normality';
  }

  /** The figure that is looked at as files: name without ending, picture (null for a table alone), table. */
  private outgoing(analysis: Analysis): {
    readonly name: string;
    readonly svg: string | null;
    readonly table: readonly CsvLine[];
  } {
    switch (this.figure) {
      case 'correlations':
        return correlationFigure(analysis, this.isClustered);
      case 'effects':
        return effectFigure(analysis);
      case 'variance':
        return varianceFigure(analysis);
      case 'components':
        return componentFigure(analysis, this.scale, this.component, this.deviations);
      case 'histograms':
        return histogramFigure(analysis);
      case 'normality':
        return { name: 'parameters', svg: null, table: parameterTable(analysis) };
      default:
        throw new RangeError(`There is no figure called “${String(this.figure satisfies never)}”.`);
    }
  }

  /** Writes the figure that is looked at to a file that the user chooses. */
  async exportFigure(format: FigureFormat): Promise<void> {
    const { result } = this;
    if (!result) return;
    const { name, svg, table } = this.outgoing(result);
    await this.write(format, `${result.name} ${name}`, async () => {
      if (format === 'csv' || svg === null) return new TextEncoder().encode(csvText(table));
      return format === 'svg' ? new TextEncoder().encode(standalone(svg)) : pngOf(standalone(svg), PNG_SCALE);
    });
  }

  /** Writes the whole report, its figures and tables, as one archive that the user places. */
  async exportEverything(): Promise<void> {
    const { result } = this;
    if (!result) return;
    await this.write('zip', `${result.name} analysis`, async (signal) => {
      const word = await this.perform(reportOf(result), { signal, onProgress: () => undefined });
      if (word.kind !== 'archive') throw new Error(word.kind === 'problem' ? word.message : word.kind);
      return word.bytes;
    });
  }

  /** Nothing is written of what is being made. */
  cancelExport(): void {
    this.exporting?.abort();
  }

  private async write(
    kind: FigureFormat | 'zip',
    stem: string,
    make: (signal: AbortSignal) => Promise<Uint8Array>,
  ): Promise<void> {
    if (this.isExporting) return;
    this.isExporting = true;
    const exporting = new AbortController();
    const { signal } = exporting;
    this.exporting = exporting;
    try {
      const file = await this.host.pickToSave(kind, `${stem}.${kind}`);
      if (!file) return;
      const bytes = await make(signal);
      signal.throwIfAborted();
      await this.app.call('analysis.write', { file: file.id, bytes });
      this.notices.info(`Wrote “${file.name}”.`);
      this.host.offerDownload?.(file);
    } catch (error) {
      if (!signal.aborted) this.notices.failure(error);
    } finally {
      this.exporting = null;
      this.isExporting = false;
    }
  }
}
