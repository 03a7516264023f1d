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

/** The smallest of 1, 2 and 5 times a power of ten that is at least `value`, which is above 0. */
export function roundUp(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * decade).find((round) => round >= value * (1 - 1e-9))!;
}
