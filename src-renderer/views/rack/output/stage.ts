/**
 * Where a pan position lies on the stage, and how loud it is on both sides. With p = (pan + 100) / 200:
 *
 *   left = √2 cos(πp/2), right = √2 sin(πp/2)      0 dB on both sides in the middle
 */
import { gainToDb } from '#core/units.ts';

/** Of the stage's width that the extremes keep from its edges. */
const EDGE = 0.07;
const MAX_PAN = 100;

/** 0 (left edge) to 1 of the stage's width. */
export function stageX(pan: number): number {
  const bounded = Math.min(Math.max(pan, -MAX_PAN), MAX_PAN);
  return 0.5 + (bounded / (2 * MAX_PAN)) * (1 - 2 * EDGE);
}

/** By how much a pan changes when it is moved right by a part of the stage's width. */
export function panMoved(byWidth: number): number {
  return (2 * MAX_PAN * byWidth) / (1 - 2 * EDGE);
}

/** Levels of both sides in dB; −Infinity for the side that is left. */
export function panLevelsDb(pan: number): { readonly leftDb: number; readonly rightDb: number } {
  const angle = ((pan + MAX_PAN) / (2 * MAX_PAN)) * (Math.PI / 2);
  const level = (gain: number): number => (gain < 1e-9 ? -Infinity : gainToDb(Math.SQRT2 * gain));
  return { leftDb: level(Math.cos(angle)), rightDb: level(Math.sin(angle)) };
}
