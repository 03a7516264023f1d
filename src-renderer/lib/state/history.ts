/**
 * Undo and redo over a value that is never changed in place. A gesture (a drag, a run of wheel turns) shows its values as
 * it goes and becomes one step when it is committed, none when it is cancelled.
 */
export interface Step<T> {
  readonly label: string;
  readonly value: T;
}

const LIMIT = 500;

export class History<T> {
  private past: Step<T>[] = [];
  private future: Step<T>[] = [];
  private gesture: Step<T> | undefined;

  constructor(private current: T) {}

  get value(): T {
    return this.current;
  }

  get isInGesture(): boolean {
    return this.gesture !== undefined;
  }

  /** What undo would take back; undefined if nothing. */
  get undoLabel(): string | undefined {
    return this.past.at(-1)?.label;
  }

  get redoLabel(): string | undefined {
    return this.future.at(-1)?.label;
  }

  /** One step; a gesture in hand is committed first. Nothing if the value is the same. */
  edit(label: string, value: T): void {
    this.commit();
    if (value === this.current) return;
    this.remember({ label, value: this.current });
    this.current = value;
  }

  begin(label: string): void {
    this.commit();
    this.gesture = { label, value: this.current };
  }

  /** A new value inside a gesture, or of no consequence for undo outside one. */
  show(value: T): void {
    this.current = value;
  }

  commit(): void {
    const { gesture } = this;
    this.gesture = undefined;
    if (gesture && gesture.value !== this.current) this.remember(gesture);
  }

  cancel(): void {
    if (this.gesture) this.current = this.gesture.value;
    this.gesture = undefined;
  }

  undo(): void {
    this.commit();
    const step = this.past.pop();
    if (!step) return;
    this.future.push({ label: step.label, value: this.current });
    this.current = step.value;
  }

  redo(): void {
    this.commit();
    const step = this.future.pop();
    if (!step) return;
    this.past.push({ label: step.label, value: this.current });
    this.current = step.value;
  }

  private remember(step: Step<T>): void {
    this.past.push(step);
    if (this.past.length > LIMIT) this.past.shift();
    this.future = [];
  }
}
