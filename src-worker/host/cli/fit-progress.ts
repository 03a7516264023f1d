/** What a user sees of a fit while it runs: a display on a terminal, JSON lines, or a plain line now and then. */
import type { PresetDocument } from '#core/preset/preset.ts';
import type { FitProgress } from '#engine/fit.ts';
import type { CurvePoint } from './fit-report.ts';
import { ProgressDisplay, type LossView } from './progress-display.ts';
import { fourTerms } from './terms.ts';
import { warn } from './warnings.ts';

const PROGRESS_INTERVAL_MS = 250;
const PRESET_INTERVAL_MS = 1000;
const PLAIN_PROGRESS_INTERVAL_MS = 10_000;

/** One line on stdout. */
export function writeJsonLine(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Shows progress in the form the user asked for, and collects its curve for the report. */
export class ProgressReporter {
  readonly curve: CurvePoint[] = [];
  #first: LossView | undefined;
  #lastShown = -Infinity;
  #lastPreset = -Infinity;
  #lastRaw: Float64Array | undefined;
  readonly #display: ProgressDisplay | undefined;

  constructor(
    private readonly json: boolean,
    /** The preset of raw values as it is embedded in events. */
    private readonly documentOf: (raw: Float64Array) => PresetDocument,
  ) {
    const isTerminal = process.stderr.isTTY && process.env['TERM'] !== 'dumb';
    this.#display = !json && isTerminal ? new ProgressDisplay(process.stderr) : undefined;
  }

  /** Losses of the start; undefined before the first progress. */
  get first(): LossView | undefined {
    return this.#first;
  }

  onProgress(progress: FitProgress): void {
    const { step, evaluations, elapsed, loss } = progress;
    const terms = fourTerms(progress.terms);
    this.#first ??= { loss, terms };
    this.curve.push({ elapsed, step, evaluations, loss, terms });
    const now = performance.now();
    const interval = this.json || this.#display ? PROGRESS_INTERVAL_MS : PLAIN_PROGRESS_INTERVAL_MS;
    if (now - this.#lastShown < interval) return;
    this.#lastShown = now;
    if (this.json) this.#writeEvent(progress, now);
    else if (this.#display)
      this.#display.draw({
        fraction: progress.fraction,
        elapsedSeconds: elapsed,
        first: this.#first,
        loss,
        terms,
      });
    else
      process.stderr.write(
        `${Math.floor(100 * progress.fraction)} %, ${elapsed.toFixed(0)} s, loss ${loss.toFixed(3)}\n`,
      );
  }

  #writeEvent(
    { step, evaluations, elapsed, loss, terms, raw, phase, fraction, use }: FitProgress,
    now: number,
  ): void {
    const isNews = !this.#lastRaw || raw.some((value, i) => value !== this.#lastRaw![i]);
    const withPreset = isNews && now - this.#lastPreset >= PRESET_INTERVAL_MS;
    if (withPreset) {
      this.#lastPreset = now;
      this.#lastRaw = raw.slice();
    }
    writeJsonLine({
      event: 'progress',
      step,
      evaluations,
      elapsed,
      loss,
      terms: fourTerms(terms),
      phase,
      fraction,
      backend: use.backend,
      ...(withPreset ? { preset: this.documentOf(raw) } : {}),
    });
  }

  /** A line for people, above whatever is drawn next. */
  notice(line: string): void {
    this.#display?.clear();
    if (!this.json) process.stderr.write(`${line}\n`);
  }

  /** What a user should know although the fit goes on, above whatever is drawn next. */
  warn(sentence: string): void {
    this.#display?.clear();
    warn(sentence);
    if (this.json) writeJsonLine({ event: 'warning', message: sentence });
  }

  end(): void {
    this.#display?.clear();
  }
}
