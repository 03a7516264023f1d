import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FULL_AMOUNTS } from '../chain/amount.ts';
import { CHAIN_PARAMETERS, neutralRaw, parameterIndex, valuesOf } from '../chain/parameters.ts';
import { compTransferDb } from '../effects/comp/response.ts';
import { delayTaps } from '../effects/delay/response.ts';
import { eqResponseDb } from '../effects/eq/response.ts';
import { decayTimeSeconds, reverbEqResponseDb } from '../effects/fdn/response.ts';
import { fdnImpulseResponses, fdnResponseFft, fdnValues } from '../effects/fdn/training.ts';
import { valueText } from '../format/value-text.ts';
import { physicalToRaw, rawToPhysical } from '../parameter.ts';
import { parsePreset } from '../preset/preset.ts';
import { FIT_SAMPLE_RATE_HZ } from '../units.ts';
import { reverbLevelDb, settingsSheet, type SettingsSheetOptions } from './settings-sheet.ts';

const demo = parsePreset(
  readFileSync(new URL('../../../resources/demo/demo-settings.json', import.meta.url), 'utf8'),
).raw;

const sheet = (given: Partial<SettingsSheetOptions> = {}): string =>
  settingsSheet({
    name: 'Demo',
    raw: demo,
    bypassed: [],
    amounts: FULL_AMOUNTS,
    tempoBpm: null,
    date: '21 November 2026',
    facts: [],
    ...given,
  });

/** Elements and their text, read strictly: every tag closed in order, no stray `<` or `&`. */
function requireWellFormed(page: string): void {
  const open: string[] = [];
  const body = page.replace(/^<!DOCTYPE html>\n/, '');
  let at = 0;
  for (const match of body.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z:-][a-zA-Z0-9:-]*="[^"<]*")*)(\/?)>/gi,
  )) {
    expect(body.slice(at, match.index)).not.toMatch(/<|&(?!(amp|lt|gt|quot|#39);)/);
    at = match.index + match[0].length;
    const [, closing, name, , empty] = match;
    if (closing) expect(open.pop()).toBe(name);
    else if (!empty) open.push(name!);
  }
  expect(body.slice(at).trim()).toBe('');
  expect(open).toEqual([]);
}

interface DrawnCurve {
  readonly xs: number[];
  readonly ys: number[];
}

/** Line through two labelled ticks: from a place in the picture to a value. */
function scaleOf(
  ticks: { place: number; value: number }[],
  isLogarithmic: boolean,
): (place: number) => number {
  const [a, b] = [ticks[0]!, ticks.at(-1)!];
  const map = isLogarithmic ? Math.log : (value: number) => value;
  return (place) => {
    const value = map(a.value) + ((place - a.place) / (b.place - a.place)) * (map(b.value) - map(a.value));
    return isLogarithmic ? Math.exp(value) : value;
  };
}

const numberOf = (label: string): number =>
  label.endsWith('k') ? 1000 * Number(label.slice(0, -1)) : Number(label.replace('−', '-'));

/** Reads a picture as a person with a ruler does: its main curve against the labels of its axes. */
function readCurve(page: string, title: string, isLogarithmic: boolean): DrawnCurve {
  const picture = page.slice(
    page.indexOf(`<title>${title}`),
    page.indexOf('</figure>', page.indexOf(`<title>${title}`)),
  );
  const [, left, top] = /<svg x="([\d.]+)" y="([\d.]+)"/.exec(picture)!.map(Number);
  const ticks = (axis: 'x' | 'y'): { place: number; value: number }[] =>
    [
      ...picture.matchAll(new RegExp(`class="tick-${axis}" x="([\\d.]+)" y="([\\d.]+)"[^>]*>([^<]+)<`, 'g')),
    ].map(([, x, y, label]) => ({
      // A label's baseline lies 3 below the middle of its line.
      place: axis === 'x' ? Number(x) - left! : Number(y) - top! - 3,
      value: numberOf(label!),
    }));
  const [toX, toY] = [scaleOf(ticks('x'), isLogarithmic), scaleOf(ticks('y'), false)];
  const path = /<path class="curve" d="M([^"]+)"/.exec(picture)![1]!;
  const places = path.split(' L').map((pair) => pair.split(' ').map(Number));
  expect(places.flat().every(Number.isFinite)).toBe(true);
  return { xs: places.map(([x]) => toX(x!)), ys: places.map(([, y]) => toY(y!)) };
}

describe('the settings sheet', () => {
  it('holds every value of the chain as an engineer reads it', () => {
    const page = sheet();
    const shown = new Map(
      [...page.matchAll(/<td data-parameter="([^"]+)">([^<]+)<\/td>/g)].map(([, id, text]) => [id, text]),
    );
    CHAIN_PARAMETERS.forEach((parameter, index) => {
      const [, row, column] = /^fdn\.mixing\.(\d)\.(\d)$/.exec(parameter.id) ?? [];
      // The lower half of the mixing matrix has no effect.
      if (row !== undefined && Number(column) <= Number(row)) expect(shown.has(parameter.id)).toBe(false);
      else
        expect(shown.get(parameter.id), parameter.id).toBe(
          valueText(parameter, rawToPhysical(parameter, demo[index]!)),
        );
    });
    for (const text of [
      'Attack',
      'Feedback',
      '−18 LUFS',
      '1.53 oct',
      'time constant (63 %) 5.46 ms',
      '22.6 ms',
    ])
      expect(page).toContain(text);
  });

  it('is a small page of its own: well-formed, no scripts, nothing from elsewhere', () => {
    const page = sheet({ tempoBpm: 112, bypassed: ['eq.lp', 'comp'] });
    requireWellFormed(page);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son[a-z]+=|\sstyle=|javascript:/i);
    expect(page.match(/(href|src)=/g)).toBeNull();
    expect(page).toContain("default-src 'none'");
    expect(page.length).toBeLessThan(200_000);
  });

  it('takes any name and fact as text', () => {
    const page = sheet({
      name: `<script>alert("1")</script> & 'Söng' \u0007\ud800 🎤`,
      facts: [{ label: '<b>', text: '"><img src=x onerror=alert(1)>' }],
    });
    requireWellFormed(page);
    expect(page).not.toMatch(/<script|<img|<b>/);
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;Söng&#39;  🎤</h1>');
    expect(page).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;');
  });

  it.each([
    ['neutral', neutralRaw()],
    ['lowest', CHAIN_PARAMETERS.map(({ min }, i) => physicalToRaw(CHAIN_PARAMETERS[i]!, min))],
    ['highest', CHAIN_PARAMETERS.map(({ max }, i) => physicalToRaw(CHAIN_PARAMETERS[i]!, max))],
    ['saturated', CHAIN_PARAMETERS.map(() => 60)],
    ['saturated below', CHAIN_PARAMETERS.map(() => -60)],
  ])('can be made of the %s setting', (_, raw) => {
    const page = sheet({ raw: Float64Array.from(raw), tempoBpm: 100 });
    requireWellFormed(page);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
    expect(page.length).toBeLessThan(1_000_000);
  });

  it('refuses what is no setting', () => {
    expect(() => sheet({ raw: new Float64Array(150) })).toThrow(RangeError);
    expect(() => sheet({ raw: neutralRaw().fill(NaN, 3, 4) })).toThrow(RangeError);
  });
});

describe('its pictures', () => {
  const page = sheet({ bypassed: ['eq.hs'] });

  it('draw the EQ as it sounds, without bypassed bands, within 0.1 dB', () => {
    const { xs, ys } = readCurve(page, 'Response of the EQ over', true);
    const expected = eqResponseDb(valuesOf(demo, 'eq'), ['eq.hs'], xs, FIT_SAMPLE_RATE_HZ);
    expect(xs[0]).toBeCloseTo(20, 6);
    expect(xs.at(-1)! / 20_000).toBeCloseTo(1, 6);
    ys.forEach((y, i) => expect(Math.abs(y - expected[i]!), `${xs[i]} Hz`).toBeLessThan(0.1));
  });

  it('draw the EQ of the reverb within 0.1 dB', () => {
    const { xs, ys } = readCurve(page, 'Response of the EQ of the reverb', true);
    const expected = reverbEqResponseDb(valuesOf(demo, 'fdn'), xs, FIT_SAMPLE_RATE_HZ);
    ys.forEach((y, i) => expect(Math.abs(y - expected[i]!), `${xs[i]} Hz`).toBeLessThan(0.1));
  });

  it('draw the decay within 1 %', () => {
    const { xs, ys } = readCurve(page, 'Decay time', true);
    const expected = decayTimeSeconds(valuesOf(demo, 'fdn'), xs, FIT_SAMPLE_RATE_HZ);
    ys.forEach((y, i) => expect(Math.abs(y / expected[i]! - 1), `${xs[i]} Hz`).toBeLessThan(0.01));
  });

  it('draw the transfer curve within 0.1 dB where it lies in the picture', () => {
    const comp = valuesOf(demo, 'comp');
    const { xs, ys } = readCurve(page, 'Level out', false);
    const expected = xs.map((x) => compTransferDb(comp, x));
    const inside = xs.flatMap((_, i) => (expected[i]! >= -80 ? [i] : []));
    expect(inside.length).toBeGreaterThan(100);
    for (const i of inside) expect(Math.abs(ys[i]! - expected[i]!), `${xs[i]} dB`).toBeLessThan(0.1);
  });

  it('list the repeats, with beats where the tempo is known', () => {
    const taps = delayTaps(valuesOf(demo, 'delay'), {
      sampleRateHz: FIT_SAMPLE_RATE_HZ,
      floorDb: -60,
      longestSeconds: 8,
    });
    const rows = (given: string): string[] =>
      given.split('<th scope="row">1</th>')[1]!.split('</tbody>')[0]!.split('<tr>');
    expect(rows(page)).toHaveLength(taps.length);
    expect(page).not.toContain('Beats');
    const [first] = rows(sheet({ tempoBpm: 112 }));
    expect(first).toContain('<td>536 ms</td><td>1.00</td><td>−11.3 dB</td>');
    expect(sheet({ tempoBpm: 112 })).toContain('1/4 at 112.0 BPM');
  });
});

describe('what it says about the whole', () => {
  it('names what is bypassed and what the amounts did, and only then', () => {
    expect(sheet()).not.toMatch(/Bypassed|Amounts/);
    const page = sheet({
      bypassed: ['fdn', 'eq.pk1'],
      amounts: { ...FULL_AMOUNTS, all: 80, eq: 120 },
    });
    expect(page).toContain('<dt>Bypassed</dt><dd>Reverb, EQ peak 1</dd>');
    expect(page).toContain('whole chain 80 %, EQ 120 %');
    expect(page.match(/nothing of them is heard/g)).toHaveLength(1);
  });

  it('measures the reverb as its response does', () => {
    const responses = fdnImpulseResponses(fdnValues(valuesOf(demo, 'fdn')));
    const { bins, forward } = fdnResponseFft();
    let power = 0;
    let weights = 0;
    responses.forEach(([fromLeft, fromRight], output) => {
      const [re, im] = [new Float64Array(bins), new Float64Array(bins)];
      forward(
        fromLeft!.map((x, n) => x + fromRight![n]!),
        re,
        im,
      );
      for (let bin = 1200; bin <= 120_000; bin++) {
        power += (re[bin]! ** 2 + im[bin]! ** 2) / 2 / bin;
        if (output === 0) weights += 1 / bin;
      }
    });
    expect(Math.abs(reverbLevelDb(demo) - 10 * Math.log10(power / weights))).toBeLessThan(0.3);
    const louder = demo.slice();
    for (let i = parameterIndex('fdn.output.left.0'); i <= parameterIndex('fdn.output.right.5'); i++)
      louder[i]! *= 2;
    expect(reverbLevelDb(louder) - reverbLevelDb(demo)).toBeCloseTo(20 * Math.log10(2), 6);
    expect(reverbLevelDb(neutralRaw())).toBe(-Infinity);
  });
});
