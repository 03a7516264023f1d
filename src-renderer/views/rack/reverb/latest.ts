/**
 * Work that is asked for more often than it can be done: one at a time, and of what was asked for meanwhile only the
 * last. It rests as long as it took, so that it never has more than half of whoever does it.
 */
export class Latest<In, Out> {
  private wanted: { readonly input: In } | null = null;
  private isBusy = false;
  /** Counts how often everything was forgotten. */
  private generation = 0;

  constructor(
    private readonly work: (input: In) => Promise<Out>,
    /** With the result of what is still of interest. */
    private readonly done: (result: Out, input: In) => void,
    private readonly failed: (error: unknown) => void,
  ) {}

  ask(input: In): void {
    this.wanted = { input };
    if (!this.isBusy) void this.run();
  }

  /** What was asked for is of no interest any more; a result on its way is dropped. */
  forget(): void {
    this.wanted = null;
    this.generation++;
  }

  private async run(): Promise<void> {
    this.isBusy = true;
    while (this.wanted) {
      const { input } = this.wanted;
      const { generation } = this;
      this.wanted = null;
      const before = performance.now();
      try {
        const result = await this.work(input);
        if (generation === this.generation) this.done(result, input);
      } catch (error) {
        if (generation === this.generation) this.failed(error);
      }
      const tookMs = performance.now() - before;
      await new Promise((resolve) => setTimeout(resolve, tookMs));
    }
    this.isBusy = false;
  }
}
