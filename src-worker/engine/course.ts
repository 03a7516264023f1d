/** How far a fit is, by its steps or by its time. */

/** Time that a fit takes. */
export class Stopwatch {
  private started = performance.now();

  constructor(secondsSoFar = 0) {
    this.started -= 1000 * secondsSoFar;
  }

  get seconds(): number {
    return (performance.now() - this.started) / 1000;
  }

  /** Awaits something whose time does not count. */
  async without<T>(other: Promise<T>): Promise<T> {
    const before = performance.now();
    try {
      return await other;
    } finally {
      this.started += performance.now() - before;
    }
  }
}

export interface CourseLimits {
  readonly steps?: number;
  readonly budgetSeconds?: number;
}

/**
 * From 0 to 1: by the steps and the time given, whichever is further; by the usual number of steps where nothing is given.
 * When another number becomes the usual one on the way, the rest of the way has that part of it; what is done stays done.
 */
export class Course {
  /** Steps done. */
  step = 0;
  private since = { step: 0, fraction: 0 };

  constructor(
    private readonly limits: CourseLimits,
    private readonly stopwatch: Stopwatch,
    private usualSteps: number,
  ) {}

  get fraction(): number {
    const { budgetSeconds } = this.limits;
    return Math.max(
      this.fractionOfSteps,
      budgetSeconds === undefined ? 0 : this.stopwatch.seconds / budgetSeconds,
    );
  }

  get fractionOfSteps(): number {
    const { steps, budgetSeconds } = this.limits;
    if (steps !== undefined) return this.step / steps;
    if (budgetSeconds !== undefined) return 0;
    const { step, fraction } = this.since;
    const rest = Math.max(1, Math.round((1 - fraction) * this.usualSteps));
    // A quotient that is exactly 1 at the end.
    return fraction + (1 - fraction) * ((this.step - step) / rest);
  }

  /** From now on so many steps are the usual number. */
  expect(usualSteps: number): void {
    if (usualSteps === this.usualSteps) return;
    this.since = { step: this.step, fraction: this.fractionOfSteps };
    this.usualSteps = usualSteps;
  }

  /** Goes on from where another one was. */
  goOn(step: number, fractionOfSteps: number): void {
    this.step = step;
    this.since = { step, fraction: fractionOfSteps };
  }
}
