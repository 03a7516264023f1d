import { describe, expect, it } from 'vitest';
import { CHAIN_PARAMETERS } from '#core/chain/parameters.ts';
import { endOf, followed, type MorphEnd, type MorphSource, type MorphSources } from './morph-ends.ts';

const setting = (value: number): number[] => CHAIN_PARAMETERS.map(() => value);
const now: MorphSources = {
  mean: Float64Array.from(setting(0)),
  document: { active: 'A', slots: { A: setting(1), B: setting(2), C: null, D: null } },
  presetNames: new Map([['warm.json', 'Warm']]),
  presetRaws: new Map([['warm.json', Float32Array.from(setting(3))]]),
};
const later = (change: Partial<MorphSources>): MorphSources => ({ ...now, ...change });
const slots = (change: Partial<MorphSources['document']['slots']>, active: 'A' | 'B' = 'A') =>
  later({ document: { active, slots: { ...now.document.slots, ...change } } });

function chosen(source: MorphSource): MorphEnd {
  const end = endOf(source, now);
  expect(end).not.toBeNull();
  return end!;
}

describe('an end of a morph', () => {
  it('is the setting of its source, with its name', () => {
    expect(chosen({ kind: 'slot', slot: 'B' })).toMatchObject({ name: 'Slot B', isLeft: false });
    expect(chosen({ kind: 'preset', id: 'warm.json' })).toMatchObject({ name: 'Warm' });
    expect([...chosen({ kind: 'preset', id: 'warm.json' }).raw]).toEqual(setting(3));
    expect(endOf({ kind: 'slot', slot: 'C' }, now)).toBeNull();
    expect(endOf({ kind: 'preset', id: 'gone.json' }, now)).toBeNull();
  });

  it('follows its slot, but not while that is being edited', () => {
    const end = chosen({ kind: 'slot', slot: 'B' });
    expect(followed(end, now)).toBe(end);
    expect([...followed(end, slots({ B: setting(5) }))!.raw]).toEqual(setting(5));
    // The morph itself writes to the active one.
    expect(followed(end, slots({}, 'B'))).toBe(end);
    const left = followed(end, slots({ B: setting(5) }, 'B'))!;
    expect([...left.raw]).toEqual(setting(2));
    expect(left.isLeft).toBe(true);
    expect(followed(left, slots({ B: setting(6) }, 'B'))).toBe(left);
    // Back where it was, and then to another slot.
    expect(followed(left, slots({}, 'B'))).toMatchObject({ isLeft: false });
    const again = followed(left, slots({ B: setting(5) }))!;
    expect([...again.raw]).toEqual(setting(5));
    expect(again.isLeft).toBe(false);
    expect(followed(end, slots({ B: null }))).toBeNull();
  });

  it('follows its preset, and stays as it was when that is gone', () => {
    const end = chosen({ kind: 'preset', id: 'warm.json' });
    expect(followed(end, later({ presetNames: new Map([['warm.json', 'Warmer']]) }))!.name).toBe('Warmer');
    const changed = new Map([['warm.json', Float32Array.from(setting(4))]]);
    expect([...followed(end, later({ presetRaws: changed }))!.raw]).toEqual(setting(4));
    const left = followed(end, later({ presetRaws: new Map() }))!;
    expect(left).toMatchObject({ name: 'Warm', isLeft: true });
    expect([...left.raw]).toEqual(setting(3));
    // Brought back from the trash.
    expect(followed(left, now)!.isLeft).toBe(false);
  });

  it('that was kept stays, and the middle is that of the prior', () => {
    const kept = chosen({ kind: 'kept', name: 'Kept', raw: Float64Array.from(setting(7)) });
    expect(followed(kept, slots({ A: setting(9), B: setting(9) }))).toBe(kept);
    const other = Float64Array.from(setting(0.5));
    expect(followed(chosen({ kind: 'mean' }), later({ mean: other }))!.raw).toEqual(other);
  });
});
