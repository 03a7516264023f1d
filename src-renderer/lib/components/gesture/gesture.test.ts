import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Gesture, IDLE_MS, settleGesture } from './gesture.ts';

function recorded(log: string[], name = ''): Gesture<number> {
  return new Gesture<number>(() => ({
    onbegin: () => log.push(`${name}begin`),
    onchange: (value) => log.push(`${name}${value}`),
    oncommit: () => log.push(`${name}commit`),
    oncancel: () => log.push(`${name}cancel`),
  }));
}

describe('a gesture', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    settleGesture();
    vi.useRealTimers();
  });

  it('makes one step of a drag', () => {
    const log: string[] = [];
    const gesture = recorded(log);
    gesture.change(1);
    gesture.change(2);
    vi.advanceTimersByTime(10 * IDLE_MS);
    gesture.commit();
    gesture.commit();
    expect(log).toEqual(['begin', '1', '2', 'commit']);
  });

  it('joins keys that come quickly, and ends when they stop', () => {
    const log: string[] = [];
    const gesture = recorded(log);
    gesture.nudge(1);
    vi.advanceTimersByTime(IDLE_MS - 1);
    gesture.nudge(2);
    vi.advanceTimersByTime(IDLE_MS - 1);
    expect(log).toEqual(['begin', '1', '2']);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(['begin', '1', '2', 'commit']);
    gesture.nudge(3);
    expect(log.slice(4)).toEqual(['begin', '3']);
  });

  it('does not end a drag by the keys before it', () => {
    const log: string[] = [];
    const gesture = recorded(log);
    gesture.nudge(1);
    gesture.change(2);
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect(log).toEqual(['begin', '1', '2']);
  });

  it('takes back what had begun, and only that', () => {
    const log: string[] = [];
    const gesture = recorded(log);
    expect(gesture.cancel()).toBe(false);
    gesture.nudge(1);
    expect(gesture.cancel()).toBe(true);
    vi.advanceTimersByTime(2 * IDLE_MS);
    expect(log).toEqual(['begin', '1', 'cancel']);
  });

  it('ends before another begins, and when asked to settle', () => {
    const log: string[] = [];
    recorded(log, 'a').nudge(1);
    recorded(log, 'b').set(2);
    recorded(log, 'c').nudge(3);
    settleGesture();
    settleGesture();
    expect(log).toEqual(['abegin', 'a1', 'acommit', 'bbegin', 'b2', 'bcommit', 'cbegin', 'c3', 'ccommit']);
  });
});
