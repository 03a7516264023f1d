/**
 * One change a person makes with a control, from its beginning to its end: a drag, a row of key presses, a turn of the
 * wheel. The owner undoes it as one step.
 *
 *   onbegin, onchange+, then oncommit (it stays) or oncancel (the owner restores what was there at onbegin)
 */
export interface GestureCallbacks<T> {
  onbegin?: (() => void) | undefined;
  onchange?: ((value: T) => void) | undefined;
  oncommit?: (() => void) | undefined;
  /** The owner puts back what was there at onbegin. */
  oncancel?: (() => void) | undefined;
}

/** After this long without another key press or turn of the wheel, the gesture is over. */
export const IDLE_MS = 400;

/** The gesture that has begun and not ended: there is one hand. */
let current: Gesture<never> | null = null;

export class Gesture<T> {
  readonly #callbacks: () => GestureCallbacks<T>;
  #idle: ReturnType<typeof setTimeout> | undefined;

  /** `callbacks` is asked at every call, so that a component may be handed new ones. */
  constructor(callbacks: () => GestureCallbacks<T>) {
    this.#callbacks = callbacks;
  }

  get isActive(): boolean {
    return (current as unknown) === this;
  }

  /** A new value within a drag; the gesture begins with its first. */
  change(value: T): void {
    clearTimeout(this.#idle);
    if (!this.isActive) {
      settleGesture();
      current = this as unknown as Gesture<never>;
      this.#callbacks().onbegin?.();
    }
    this.#callbacks().onchange?.(value);
  }

  /** A new value from a key or the wheel: joined with those before it until {@link IDLE_MS} pass without one. */
  nudge(value: T): void {
    this.change(value);
    this.#idle = setTimeout(() => this.commit(), IDLE_MS);
  }

  /** A value at once: begin, change, commit. */
  set(value: T): void {
    this.commit();
    this.change(value);
    this.commit();
  }

  /** Ends the gesture; nothing happens when there is none. */
  commit(): void {
    if (!this.#end()) return;
    this.#callbacks().oncommit?.();
  }

  /** Ends the gesture and takes it back; false when there was none. */
  cancel(): boolean {
    if (!this.#end()) return false;
    this.#callbacks().oncancel?.();
    return true;
  }

  #end(): boolean {
    clearTimeout(this.#idle);
    if (!this.isActive) return false;
    current = null;
    return true;
  }
}

/** Commits the gesture that has begun and not ended, if any: before undo, save, or the next gesture. */
export function settleGesture(): void {
  current?.commit();
}
