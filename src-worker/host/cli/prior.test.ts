import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neutralRaw, parametersUnder } from '#core/chain/parameters.ts';
import { Random } from '#core/optimise/random.ts';
import { formatNpy, parseNpy } from '#core/preset/npy.ts';
import { formatPreset, parsePreset } from '#core/preset/preset.ts';
import { describeWithShared, sharedPath } from '../../test-support/shared-data.ts';
import { temporaryFolder, voxfit } from './test-program.ts';

const folder = temporaryFolder();
const file = (name: string): string => join(folder, name);
const ROWS = 30;
const random = new Random(1);
const rows = Float64Array.from({ length: ROWS * 151 }, (_, at) => neutralRaw()[at % 151] + random.signed());
const npy = file('rows.npy');
writeFileSync(npy, formatNpy([ROWS, 151], rows));
const presets = file('presets');
mkdirSync(join(presets, 'more'), { recursive: true });
for (let row = 0; row < ROWS; row++)
  writeFileSync(
    join(presets, row < 10 ? 'more' : '.', `p${row}.json`),
    formatPreset({ raw: rows.slice(row * 151, (row + 1) * 151) }),
  );
writeFileSync(join(presets, 'notes.json'), '{"shopping":["bread"]}');
const liz = join(presets, 'p20.json');
const prior = file('prior.json');

const works = (...argv: string[]): string => {
  const { code, stdout, stderr } = voxfit('prior', ...argv);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
};
const json = (...argv: string[]): Record<string, unknown> =>
  JSON.parse(works(...argv, '--json')) as Record<string, unknown>;
const refuses = (code: number, sentence: RegExp, ...argv: string[]): void => {
  const { code: found, stdout, stderr } = voxfit('prior', ...argv);
  expect(stderr).toMatch(/^voxfit: [^\n]+[.?]\n$/);
  expect(stderr).toMatch(sentence);
  expect({ found, stdout }).toEqual({ found: code, stdout: '' });
};
const sampled = (out: string): Float64Array[] =>
  readdirSync(out)
    .sort()
    .map((name) => parsePreset(readFileSync(join(out, name), 'utf8')).raw);

works('build', npy, '--out', prior, '--name', 'Thirty');

describe('voxfit prior build and info', () => {
  it('learn the same from an array and from a folder of presets, other files aside', () => {
    works('build', presets, '--out', file('folder.json'));
    const [a, b] = [json('info', prior), json('info', file('folder.json'))];
    expect([a['name'], b['name'], a['presets'], b['presets']]).toEqual(['Thirty', 'folder', ROWS, ROWS]);
    (a['mean'] as number[]).forEach((value, i) => {
      expect((b['mean'] as number[])[i]).toBeCloseTo(value, 9);
    });
    expect(a['dimensions']).toBe(130);
    expect(a['shrunk']).toBe(true);
  });

  it('add up several sources, pick rows and values', () => {
    works('build', npy, liz, '--out', file('more.json'));
    expect(json('info', file('more.json'))['presets']).toBe(ROWS + 1);
    const index = Buffer.from(formatNpy([5], new Float64Array(5)));
    // The same bytes as integers.
    index.write('<i8', index.indexOf('<f8'));
    [3, 1, 4, 15, 9].forEach((row, i) => index.writeBigInt64LE(BigInt(row), index.length - 40 + 8 * i));
    writeFileSync(file('index.npy'), index);
    const mask = Buffer.from(formatNpy([151], new Float32Array(151)));
    const header = mask
      .subarray(0, mask.length - 4 * 151)
      .toString('latin1')
      .replace('<f4', '|b1');
    const kept = Buffer.alloc(151);
    for (const i of [0, 14, 150]) kept[i] = 1;
    writeFileSync(file('mask.npy'), Buffer.concat([Buffer.from(header, 'latin1'), kept]));
    works('build', npy, '--rows', file('index.npy'), '--mask', file('mask.npy'), '--out', file('few.json'));
    const expected = [3, 1, 4, 15, 9].reduce((sum, row) => sum + rows[row * 151 + 14] / 5, 0);
    const isFew = (built: string): void => {
      const { presets: count, ids, mean } = json('info', built);
      expect([count, ids]).toEqual([5, ['eq.pk1.gain', 'comp.threshold', 'pan']]);
      expect((mean as number[])[1]).toBeCloseTo(expected, 9);
    };
    isFew(file('few.json'));

    // A folder says both by the published names; scores are of every row.
    const published = file('published');
    mkdirSync(published);
    const layout = { raw_params: npy, train_index: file('index.npy'), feature_mask: file('mask.npy') };
    for (const [name, path] of Object.entries(layout)) cpSync(path, join(published, `${name}.npy`));
    works('build', published, '--out', file('of-folder.json'));
    isFew(file('of-folder.json'));
    expect(JSON.parse(works('score', prior, published, '--json'))).toHaveLength(ROWS);
  });

  it('say what a prior is in words', () => {
    const text = works('info', prior);
    expect(text).toMatch(/^Thirty\n {2}made from 30 presets \(rows\.npy\)/);
    expect(text).toMatch(/small set: correlations are shrunk by \d+ %/);
    expect(text).toMatch(/own shapes with a Gaussian copula +-?\d/);
  });
});

describe('voxfit prior sample', () => {
  it('writes presets, the same for the same seed', () => {
    works('sample', prior, '--n', '4', '--seed', '7', '--out', file('a'));
    works('sample', prior, '--n', '4', '--seed', '7', '--out', file('b'));
    works('sample', prior, '--n', '4', '--seed', '8', '--out', file('c'));
    const [a, b, c] = ['a', 'b', 'c'].map((name) => sampled(file(name)));
    expect(a).toHaveLength(4);
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
    works('sample', prior, '--n', '4', '--seed', '7', '--npy', '--out', file('d'));
    const { shape, data } = parseNpy(readFileSync(join(file('d'), 'samples.npy')));
    expect(shape).toEqual([4, 151]);
    expect(data.slice(151, 302)).toEqual(a[1]);
  });

  it.each(['gaussian', 'shaped'])('keeps what is locked (%s)', (sampler) => {
    const out = file(`locked-${sampler}`);
    works(
      ...['sample', prior, '--n', '3', '--seed', '1', '--sampler', sampler, '--out', out],
      ...['--lock', `${liz}:eq`, 'comp.threshold'],
    );
    const { raw } = parsePreset(readFileSync(liz, 'utf8'));
    for (const found of sampled(out)) {
      for (const index of [...parametersUnder('eq'), ...parametersUnder('comp.threshold')])
        expect(found[index]).toBe(raw[index]);
      expect(found[150]).not.toBe(raw[150]);
    }
  });

  it('gives the mean at temperature 0', () => {
    works('sample', prior, '--n', '2', '--seed', '1', '--temperature', '0', '--out', file('cold'));
    const [first, second] = sampled(file('cold'));
    expect(first).toEqual(second);
    const { mean } = json('info', prior);
    expect(first[150]).toBeCloseTo((mean as number[]).at(-1)!, 12);
  });

  it('says what is wrong', () => {
    const call = (...more: string[]): string[] => ['sample', prior, '--out', file('none'), ...more];
    refuses(2, /--n is missing/, ...call('--seed', '1'));
    refuses(2, /--seed is missing/, ...call('--n', '1'));
    refuses(2, /--n needs a whole number from 1/, ...call('--n', '0', '--seed', '1'));
    refuses(2, /--temperature needs/, ...call('--n', '1', '--seed', '1', '--temperature', '-1'));
    refuses(2, /names no preset/, ...call('--n', '1', '--seed', '1', '--lock', 'eq'));
    refuses(2, /“eqq”.*Did you mean eq/, ...call('--n', '1', '--seed', '1', '--lock', `${liz}:eqq`));
    refuses(
      3,
      /none\.json.*no such file/,
      ...call('--n', '1', '--seed', '1', '--lock', `${file('none.json')}:eq`),
    );
    refuses(3, /it is a file/, 'sample', prior, '--n', '1', '--seed', '1', '--out', npy);
  });
});

describe('voxfit prior score', () => {
  it('scores presets and arrays, in order', () => {
    const scores = JSON.parse(works('score', prior, liz, npy, '--json')) as Record<string, unknown>[];
    expect(scores).toHaveLength(ROWS + 1);
    expect(scores[0]['preset']).toBe(liz);
    expect(scores[21]['log_density']).toBeCloseTo(scores[0]['log_density'] as number, 6);
    for (const { percentile, held_out_percentile: held } of scores) {
      expect(percentile).toBeGreaterThanOrEqual(0);
      expect(percentile).toBeLessThanOrEqual(100);
      expect(held).toBeLessThanOrEqual(100);
    }
    expect(works('score', prior, liz)).toMatch(/log-density -?[\d.]+ nats[^]*most unusual: /);
  });
});

describe('voxfit prior check', () => {
  it('plays samples', () => {
    expect(json('check', prior, '--n', '5')).toMatchObject({ samples: 5, broken: 0 });
  });
});

describe('voxfit prior report', () => {
  it('writes a page, tables and figures', () => {
    works('report', npy, '--out', file('report'), '--compare', presets);
    const names = readdirSync(file('report'));
    for (const name of ['report.html', 'spearman.csv', 'spearman-clustered.svg', 'components-plain.csv'])
      expect(names).toContain(name);
    expect(readFileSync(join(file('report'), 'report.html'), 'utf8')).toContain('<h1>rows</h1>');
  });
});

describe('what no prior can be made of', () => {
  it('is refused in one sentence', () => {
    const out = file('no.json');
    refuses(2, /--out is missing/, 'build', npy);
    refuses(2, /<npy\|folder> is missing/, 'build', '--out', out);
    refuses(2, /would overwrite the input/, 'build', npy, '--out', npy);
    refuses(2, /--rows picks the rows of one \.npy array/, 'build', presets, '--rows', npy, '--out', out);
    refuses(3, /row numbers are a list of integers/, 'build', npy, '--rows', npy, '--out', out);
    refuses(3, /a mask is a list of booleans/, 'build', npy, '--mask', npy, '--out', out);
    refuses(3, /there is 1\./, 'build', liz, '--out', out);
    const same = file('same');
    mkdirSync(same);
    for (const name of ['a', 'b', 'c', 'd']) cpSync(liz, join(same, `${name}.json`));
    refuses(3, /All presets are the same/, 'build', same, '--out', out);
    refuses(3, /no presets in the folder/, 'build', join(folder, 'empty'), '--out', out);
    refuses(3, /there is no such file/, 'build', file('none.npy'), '--out', out);
    refuses(3, /not a Voxfit prior/, 'info', liz);
    refuses(2, /“learn” is not one of build, info/, 'learn');
    const broken = file('broken');
    cpSync(presets, broken, { recursive: true });
    writeFileSync(join(broken, 'p11.json'), readFileSync(liz, 'utf8').slice(0, 4000));
    refuses(3, /p11\.json” is not valid JSON/, 'build', broken, '--out', out);
    expect(readdirSync(folder)).not.toContain('no.json');
  });
  mkdirSync(join(folder, 'empty'));
});

describeWithShared('the published presets', () => {
  it('give the published numbers', () => {
    const published = (name: string): string => sharedPath(`diffvox-presets/${name}`);
    const internal = file('internal.json');
    works(
      ...['build', published('internal/raw_params.npy'), '--rows', published('internal/train_index.npy')],
      ...['--mask', published('internal/feature_mask.npy'), '--out', internal],
    );
    const { components, presets: count } = json('info', internal) as {
      presets: number;
      components: { plain: { needed_for_99_percent_of_components: number } };
    };
    expect([count, components.plain.needed_for_99_percent_of_components]).toEqual([365, 59.23]);
    works('build', published('medleydb'), '--out', file('medley.json'));
    expect(json('info', file('medley.json'))).toMatchObject({
      presets: 70,
      components: { plain: { needed_for_99_percent_of_components: 65.22 } },
    });
  });
});
