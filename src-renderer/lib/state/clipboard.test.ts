import { describe, expect, it } from 'vitest';
import { neutralRaw, parameterIndex, parametersUnder } from '#core/chain/parameters.ts';
import { EFFECTS } from '#core/protocol/schemas.ts';
import { effectText, fittingSettings, parseEffectText } from './clipboard.ts';

describe('the text of an effect', () => {
  it('brings every value back exactly, for every effect', () => {
    const raw = neutralRaw().map((value, i) => value + Math.sin(i) / 3);
    for (const effect of EFFECTS) {
      const settings = parseEffectText(effectText(effect, raw));
      expect(settings?.effect).toBe(effect);
      expect(settings!.entries.map(([index]) => index)).toEqual(parametersUnder(effect));
      for (const [index, value] of settings!.entries) expect(value).toBe(raw[index]);
    }
  });

  it('takes the delay’s send along', () => {
    const { entries } = parseEffectText(effectText('delay', neutralRaw()))!;
    expect(entries.map(([index]) => index)).toContain(parameterIndex('delay.send'));
  });

  const changed = (change: (json: { [key: string]: unknown; raw: Record<string, unknown> }) => void) => {
    const json = JSON.parse(effectText('eq', neutralRaw()));
    change(json);
    return JSON.stringify(json);
  };

  it.each([
    ['no text', ''],
    ['prose', 'EQ: 3 dB at 2 kHz'],
    ['other JSON', '{"a":1}'],
    ['null', 'null'],
    ['another format', changed((json) => (json['format'] = 'voxfit-session'))],
    ['a later version', changed((json) => (json['version'] = 2))],
    ['an unknown effect', changed((json) => (json['effect'] = 'chorus'))],
    ['a value that is none', changed(({ raw }) => (raw['eq.pk1.gain'] = '3 dB'))],
    ['no number', changed(({ raw }) => (raw['eq.pk1.gain'] = null))],
    ['a missing value', changed(({ raw }) => delete raw['eq.pk1.gain'])],
    ['a value too many', changed(({ raw }) => (raw['comp.ratio'] = 1))],
    ['another effect’s values', changed((json) => (json['effect'] = 'comp'))],
    ['something endless', ' '.repeat(200_000)],
  ])('%s is nothing', (_, text) => {
    expect(parseEffectText(text)).toBeNull();
  });

  it('says in one sentence what does not fit', () => {
    const text = effectText('comp', neutralRaw());
    expect(fittingSettings(text, 'comp')).toMatchObject({ effect: 'comp' });
    expect(fittingSettings(text, 'eq')).toBe('The clipboard holds settings of the dynamics, not of the EQ.');
    expect(fittingSettings('hello', 'fdn')).toBe(
      'The clipboard holds no settings of an effect; copy those of the reverb first.',
    );
    expect(fittingSettings(null, 'eq')).toContain('no settings');
  });
});
