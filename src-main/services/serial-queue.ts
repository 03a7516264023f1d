/** Runs tasks one after the other, in the order they came; a task that fails does not hold up the next. */
export class SerialQueue {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything that came so far has been done. */
  async settled(): Promise<void> {
    await this.last;
  }
}
