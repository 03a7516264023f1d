import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parsePrior } from '#core/prior/prior-file.ts';
import { newUser, problemOf, startProgram } from '../test-window.ts';

const shippedText = readFileSync(
  fileURLToPath(new URL('../../../resources/prior/voxfit-prior.json', import.meta.url)),
  'utf8',
);
const shipped = { id: 'shipped', name: 'Professional vocals', presetCount: 365, isShipped: true };

test('the shipped prior is always there, as it is', async () => {
  const { window } = await startProgram(newUser());
  expect((await window.call('priors.list', {})).priors).toEqual([shipped]);
  expect((await window.call('priors.read', { id: 'shipped' })).text).toBe(shippedText);
});

test('priors that were trained are kept under their names, and numbered', async () => {
  const user = newUser();
  const { window } = await startProgram(user);
  const ids: string[] = [];
  for (const name of ['My voice', 'my voice', 'Professional vocals', 'a/b'])
    ids.push((await window.call('priors.add', { name, text: shippedText })).id);
  expect(ids).toEqual(['My voice.json', 'my voice (2).json', 'Professional vocals (2).json', 'a b.json']);
  const again = (await startProgram(user)).window;
  const { priors } = await again.call('priors.list', {});
  expect(priors.map(({ name }) => name)).toEqual([
    'Professional vocals',
    'a/b',
    'My voice',
    'my voice (2)',
    'Professional vocals (2)',
  ]);
  expect(priors.map(({ isShipped }) => isShipped)).toEqual([true, false, false, false, false]);
  const { text } = await again.call('priors.read', { id: 'my voice (2).json' });
  const [kept, original] = [parsePrior(text), parsePrior(shippedText)];
  expect(kept.provenance).toEqual({ ...original.provenance, name: 'my voice (2)' });
  expect(kept.covariance).toEqual(original.covariance);
});

test('what is no prior is left out, refused in a sentence, and never kept', async () => {
  const user = newUser();
  const { window } = await startProgram(user);
  const folder = join(user.libraryFolder, 'Priors');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'half.json'), shippedText.slice(0, 9000));
  writeFileSync(join(user.libraryFolder, 'outside.json'), shippedText);
  expect((await window.call('priors.list', {})).priors).toEqual([shipped]);
  const add = window.call('priors.add', { name: 'x', text: '{}' });
  expect(await problemOf(add)).toMatch(/is JSON, but not a Voxfit prior/);
  expect(readdirSync(folder)).toEqual(['half.json']);
  expect(await problemOf(window.call('priors.read', { id: 'half.json' }))).toMatch(/is not valid JSON/);
  expect(await problemOf(window.call('priors.read', { id: 'gone.json' }))).toMatch(
    /no longer in the library/,
  );
  for (const id of ['../outside.json', '..\\outside.json', '.json', 'x', 'shipped/../outside.json'])
    expect(await problemOf(window.call('priors.read', { id }))).toMatch(/is not the name of a prior/);
});
