import { describe, expect, it } from 'vitest';
import {
  allOf,
  among,
  extended,
  movedOn,
  NO_SELECTION,
  only,
  renamed,
  toggled,
  type Selection,
} from './preset-selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const idsOf = ({ ids }: Selection): string => [...ids].sort().join('');

describe('a selection', () => {
  it('of one is taken away and added to with the modifier', () => {
    const two = toggled(only('b'), 'd');
    expect(idsOf(two)).toBe('bd');
    expect(two.active).toBe('d');
    expect(idsOf(toggled(two, 'b'))).toBe('d');
    // The keyboard stays at what was taken away last.
    expect(toggled(only('b'), 'b')).toEqual({ ids: new Set(), active: 'b', anchor: 'b' });
  });

  it('extends from its anchor both ways, and the anchor stays', () => {
    const down = extended(only('c'), 'e', order);
    expect(idsOf(down)).toBe('cde');
    const up = extended(down, 'a', order);
    expect(idsOf(up)).toBe('abc');
    expect(up).toMatchObject({ active: 'a', anchor: 'c' });
    expect(idsOf(extended(movedOn(up, 'd'), 'e', order))).toBe('de');
  });

  it('extends from nothing, or from what is not listed any more, to the one', () => {
    expect(extended(NO_SELECTION, 'd', order)).toEqual(only('d'));
    expect(extended(only('x'), 'd', order)).toEqual(only('d'));
  });

  it('of all keeps the keyboard where it is', () => {
    expect(idsOf(allOf(order, only('c')))).toBe('abcde');
    expect(allOf(order, only('c')).active).toBe('c');
    expect(allOf(order, only('x')).active).toBe('a');
    expect(allOf([]).active).toBeNull();
  });

  it('forgets what is gone and follows what is renamed', () => {
    const three = allOf(['b', 'c', 'd']);
    expect(among(three, new Set(order))).toBe(three);
    expect(among(three, new Set(['c', 'e']))).toEqual({ ids: new Set(['c']), active: null, anchor: null });
    const now = renamed(three, new Map([['b', 'z']]));
    expect(idsOf(now)).toBe('cdz');
    expect(now).toMatchObject({ active: 'z', anchor: 'z' });
  });

  it('is never changed in place', () => {
    const one = only('a');
    toggled(one, 'b');
    extended(one, 'c', order);
    renamed(one, new Map([['a', 'y']]));
    expect(idsOf(one)).toBe('a');
  });
});
