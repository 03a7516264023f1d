/** The progress of a fit on a terminal: three lines, redrawn in place, readable at 80 columns. */

export interface LossView {
  readonly loss: number;
  readonly terms: {
    readonly mss_lr: number;
    readonly mss_ms: number;
    readonly mldr_lr: number;
    readonly mldr_ms: number;
  };
}

export interface ProgressView extends LossView {
  /** 0..1 */
  readonly fraction: number;
  readonly elapsedSeconds: number;
  readonly first: LossView;
}

const NARROWEST_WITH_BAR = 50;
const WIDEST_BAR = 32;

const change = (before: number, now: number): string => `${before.toFixed(3)} → ${now.toFixed(3)}`;

/** “12 s”, “3 min 05 s”. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** The four terms before and now, two lines. */
export function formatTerms(first: LossView, now: LossView): [string, string] {
  return [
    `  MSS   l/r ${change(first.terms.mss_lr, now.terms.mss_lr)}   m/s ${change(first.terms.mss_ms, now.terms.mss_ms)}`,
    `  MLDR  l/r ${change(first.terms.mldr_lr, now.terms.mldr_lr)}   m/s ${change(first.terms.mldr_ms, now.terms.mldr_ms)}`,
  ];
}

/** The three lines, each no wider than `columns`. */
export function progressLines(view: ProgressView, columns: number): string[] {
  const fraction = Math.min(1, Math.max(0, view.fraction));
  const percent = `${String(Math.floor(100 * fraction)).padStart(3)} %`;
  const left =
    fraction > 0.02
      ? `${formatSeconds((view.elapsedSeconds / fraction) * (1 - fraction))} left`
      : formatSeconds(view.elapsedSeconds);
  const text = `${percent}  ${left.padEnd(14)}  loss ${change(view.first.loss, view.loss)}`;
  const room = Math.min(WIDEST_BAR, columns - text.length - 4);
  const filled = Math.round(fraction * room);
  const bar =
    columns >= NARROWEST_WITH_BAR && room >= 4 ? `[${'#'.repeat(filled)}${'-'.repeat(room - filled)}] ` : '';
  return [`${bar}${text}`, ...formatTerms(view.first, view)].map((line) => line.slice(0, columns - 1));
}

/** Draws on a terminal, replacing what it drew before. */
export class ProgressDisplay {
  #drawn = 0;

  constructor(private readonly terminal: NodeJS.WriteStream) {}

  draw(view: ProgressView): void {
    const lines = progressLines(view, this.terminal.columns || 80);
    this.terminal.write(`${this.#home()}${lines.map((line) => `\x1b[2K${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }

  /** Removes the display. */
  clear(): void {
    this.terminal.write(`${this.#home()}\x1b[0J`);
    this.#drawn = 0;
  }

  #home(): string {
    return this.#drawn > 0 ? `\x1b[${this.#drawn}A\r` : '';
  }
}
