/** Axes of pictures: where a value lies between 0 and 1, and back, and where lines are drawn. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  /** 0 at min, 1 at max; beyond them too. */
  toUnit(value: number): number;
  toValue(unit: number): number;
}

export interface Tick {
  readonly value: number;
  /** Absent for a line without a label. */
  readonly label?: string;
}

export function linearAxis(min: number, max: number): Axis {
  return {
    min,
    max,
    toUnit: (value) => (value - min) / (max - min),
    toValue: (unit) => min + unit * (max - min),
  };
}

/** For values above 0. */
export function logAxis(min: number, max: number): Axis {
  const span = Math.log(max / min);
  return {
    min,
    max,
    toUnit: (value) => Math.log(value / min) / span,
    toValue: (unit) => min * Math.exp(unit * span),
  };
}

/** What people hear. */
export const FREQUENCY_AXIS = logAxis(20, 20_000);

const LABELLED_HZ = [20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000];

/** Lines at 20, 30 … 90, 100, 200 … Hz with labels at 1, 2 and 5. */
export const FREQUENCY_TICKS: readonly Tick[] = [10, 100, 1000, 10_000].flatMap((decade) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9]
    .map((digit) => digit * decade)
    .filter((hz) => hz >= FREQUENCY_AXIS.min && hz <= FREQUENCY_AXIS.max)
    .map((hz) =>
      LABELLED_HZ.includes(hz) ? { value: hz, label: hz < 1000 ? `${hz}` : `${hz / 1000}k` } : { value: hz },
    ),
);

/** Lines every `step` from the first multiple in the axis on, each with its number. */
export function evenTicks(axis: Axis, step: number, text: (value: number) => string): readonly Tick[] {
  const first = Math.ceil(axis.min / step - 1e-9);
  const last = Math.floor(axis.max / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const value = (first + i) * step;
    return { value, label: text(value) };
  });
}

const NOTES = ['C', 'C♯', 'D', 'D♯', 'E', 'F', 'F♯', 'G', 'G♯', 'A', 'A♯', 'B'] as const;

/** The nearest note of equal temperament and the cents above it: `A4`, `C♯3 +12`. */
export function noteName(hz: number): string {
  const semitones = 69 + 12 * Math.log2(hz / 440);
  const nearest = Math.round(semitones);
  const cents = Math.round(100 * (semitones - nearest));
  const name = `${NOTES[((nearest % 12) + 12) % 12]!}${Math.floor(nearest / 12) - 1}`;
  return cents === 0 ? name : `${name} ${cents > 0 ? '+' : '−'}${Math.abs(cents)}`;
}
