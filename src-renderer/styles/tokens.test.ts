/// <reference types="node" />
/** Contrast of both looks, by WCAG 2.2: 4.5 for text, 3 for what pictures are drawn with. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8');

function tokensOf(block: string): Record<string, string> {
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]),
  );
}

const dark = tokensOf(css.slice(0, css.indexOf("[data-theme='light']")));
const light = tokensOf(css.slice(css.indexOf("[data-theme='light']")));

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [lighter, darker] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

const GROUNDS = ['ground', 'panel', 'panel-raised'];
const TEXTS = [
  'text',
  'text-quiet',
  'text-faint',
  'accent',
  'warn',
  'bad',
  'good',
  'dry',
  'target',
  'processed',
];
const BANDS = ['band-1', 'band-2', 'band-3', 'band-4', 'band-5', 'band-6'];
const MARKS = [
  ...BANDS,
  'plot-curve',
  'plot-ghost',
  'plot-left',
  'plot-right',
  'plot-spectrum',
  'plot-spectrum-after',
];

describe.each([
  ['dark', dark],
  ['light', light],
])('the %s look', (_, tokens) => {
  const of = (name: string, ground: string): number => contrast(tokens[name]!, tokens[ground]!);

  it.each(GROUNDS.flatMap((ground) => TEXTS.map((text) => [text, ground])))(
    'reads %s on %s',
    (text, ground) => {
      expect(of(text!, ground!)).toBeGreaterThanOrEqual(4.5);
    },
  );

  it('reads what stands on colour', () => {
    for (const band of BANDS) expect(of('on-band', band), band).toBeGreaterThanOrEqual(4.5);
    expect(of('on-accent', 'accent')).toBeGreaterThanOrEqual(4.5);
    expect(of('text', 'accent-quiet')).toBeGreaterThanOrEqual(4.5);
    expect(of('text-faint', 'plot-ground')).toBeGreaterThanOrEqual(4.5);
  });

  it.each(MARKS)('shows %s on the ground of pictures', (mark) => {
    expect(of(mark, 'plot-ground')).toBeGreaterThanOrEqual(3);
  });

  it('shows levels on their ground', () => {
    for (const level of ['meter-low', 'meter-mid', 'meter-high'])
      expect(of(level, 'ground'), level).toBeGreaterThanOrEqual(3);
  });
});

it('gives every colour to both looks', () => {
  expect(Object.keys(light).sort()).toEqual(Object.keys(dark).sort());
});
