import { describe, expect, it } from 'vitest';
import { METER_FIELDS, MeterField } from '#core/protocol/audio-frames.ts';
import { DynamicsTrace, TRACE_SECONDS, TraceField } from './dynamics-trace.ts';

function frame(gainReductionDb: number, isPlaying = true): Float32Array {
  const fields = new Float32Array(METER_FIELDS);
  fields[MeterField.isPlaying] = isPlaying ? 1 : 0;
  fields[MeterField.compressorInputDb] = -20;
  fields[MeterField.gainReductionDb] = gainReductionDb;
  return fields;
}

/** Feeds a level of gain reduction sixty times a second; answers the time it ended. */
function play(trace: DynamicsTrace, seconds: number, gainReductionDb: number, startMs: number): number {
  const frames = Math.round(60 * seconds);
  for (let i = 1; i <= frames; i++) trace.feed(frame(gainReductionDb), startMs + (1000 * i) / 60);
  return startMs + 1000 * seconds;
}

describe('the trace of the compressor', () => {
  it('holds the most gain reduction of the last two seconds played', () => {
    const trace = new DynamicsTrace();
    expect(trace.holdDb).toBe(0);
    let now = play(trace, 0.5, -9, 0);
    now = play(trace, 1.8, -2, now);
    expect(trace.holdDb).toBe(-9);
    // A pause takes nothing away.
    trace.feed(frame(0, false), now + 10);
    now = play(trace, 0.05, -2, now + 60_000);
    expect(trace.holdDb).toBe(-9);
    play(trace, 0.3, -2, now);
    expect(trace.holdDb).toBe(-2);
  });

  it('begins a new hold when it is told to', () => {
    const trace = new DynamicsTrace();
    const now = play(trace, 0.5, -9, 0);
    trace.resetHold();
    expect(trace.holdDb).toBe(0);
    play(trace, 0.1, -3, now);
    expect(trace.holdDb).toBe(-3);
  });

  it('keeps six seconds however long it plays', () => {
    const trace = new DynamicsTrace();
    play(trace, 60, -1, 0);
    const { rows } = trace;
    const last = rows.length - 1;
    expect(rows.time(last) - rows.time(0)).toBeCloseTo(TRACE_SECONDS, 1);
    expect(rows.value(last, TraceField.inputDb)).toBe(-20);
  });
});
