/** Timing and printing shared by the benchmarks. */

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Median milliseconds of `run` over `runs` calls, after two that do not count. */
export function medianMs(run: () => void, runs: number): number {
  const times: number[] = [];
  for (let i = 0; i < runs + 2; i++) {
    const start = performance.now();
    run();
    if (i >= 2) times.push(performance.now() - start);
  }
  return median(times);
}

export function heading(text: string): void {
  console.log(`\n${text}`);
}

export function row(name: string, value: string, remark = ''): void {
  console.log(`  ${name.padEnd(44)} ${value.padStart(12)}  ${remark}`);
}
