import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHAIN_PARAMETERS, PARAMETER_COUNT, neutralRaw } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { FULL_AMOUNTS, MAX_AMOUNT_PERCENT } from '../chain/amount.ts';
import { EFFECTS, EQ_BANDS } from '../protocol/schemas.ts';
import { newDocument, QUALITIES, SLOTS } from './document.ts';
import { formatSession, parseSession, SESSION_VERSION, type SessionFile } from './session-file.ts';

const emptySession = (): SessionFile => ({ ...newDocument('Empty'), sources: { dry: null, target: null } });

/** The file of an empty session with some fields replaced; undefined removes one. */
const textWith = (changes: Record<string, unknown>): string =>
  JSON.stringify({ ...(JSON.parse(formatSession(emptySession())) as object), ...changes });

function problem(text: string): string {
  try {
    parseSession(text, '“song.voxfit”');
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).code).toBe('bad-input');
    return (error as UserError).message;
  }
  throw new Error('The session was accepted.');
}

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const seconds = finite.map(Math.abs);
const percent = fc.double({ noNaN: true, min: 0, max: MAX_AMOUNT_PERCENT });
const setting = fc.array(finite, { minLength: PARAMETER_COUNT, maxLength: PARAMETER_COUNT });
const source = fc.option(
  fc.record({
    path: fc.string({ unit: 'binary' }),
    relative: fc.option(fc.string({ unit: 'binary' })),
    name: fc.string({ unit: 'grapheme' }),
    sizeBytes: fc.nat(),
  }),
);
const terms = fc.record({ mss_lr: finite, mss_ms: finite, mldr_lr: finite, mldr_ms: finite });
const sessions: fc.Arbitrary<SessionFile> = fc.record({
  name: fc.string({ unit: 'grapheme', maxLength: 40 }),
  sources: fc.record({ dry: source, target: source }),
  alignment: fc.record({
    offsetSeconds: fc.option(finite),
    polarity: fc.option(fc.constantFrom(1 as const, -1 as const)),
  }),
  active: fc.constant('A' as const),
  slots: fc.record({ A: setting, B: fc.option(setting), C: fc.option(setting), D: fc.option(setting) }),
  bypassed: fc.subarray([...EFFECTS, ...EQ_BANDS]),
  amounts: fc.record({
    all: percent,
    eq: percent,
    comp: percent,
    delay: percent,
    fdn: percent,
    pan: percent,
  }),
  tempoBpm: fc.option(fc.double({ noNaN: true, min: 30, max: 300 })),
  locked: fc.subarray(CHAIN_PARAMETERS.map(({ id }) => id)),
  loop: fc.record({ isOn: fc.boolean(), startSeconds: seconds, endSeconds: seconds }),
  fit: fc.record({
    quality: fc.constantFrom(...QUALITIES),
    region: fc.constantFrom('all', 'loop'),
    start: fc.constantFrom('measured', 'current'),
  }),
  lastFit: fc.option(
    fc.record({
      initialLoss: finite,
      loss: finite,
      initialTerms: terms,
      terms,
      seconds,
      stopped: fc.string({ maxLength: 40 }),
      curve: fc.array(fc.tuple(finite, finite), { maxLength: 20 }),
      before: setting,
    }),
  ),
});

describe('a session survives its file', () => {
  test('exactly, with every number down to the sign of zero', () => {
    fc.assert(
      fc.property(sessions, (session) => {
        expect(parseSession(formatSession(session))).toEqual(session);
      }),
      { numRuns: 50 },
    );
  });

  test('and is plain JSON with its format, version and rate', () => {
    expect(JSON.parse(formatSession(emptySession()))).toMatchObject({
      format: 'voxfit-session',
      version: SESSION_VERSION,
      sampleRateHz: 44_100,
      sources: { dry: null, target: null },
    });
  });

  test('with fields of others in it, and a byte order mark', () => {
    const session = emptySession();
    expect(parseSession(`\uFEFF${formatSession(session, { note: 'by hand' })}`)).toEqual(session);
  });
});

describe('a session of an older Voxfit opens', () => {
  test('of version 1, heard as it was: at full amounts', () => {
    const A = Array.from(neutralRaw());
    const body = {
      name: 'From before',
      sources: {
        dry: { path: '/takes/dry.wav', relative: '../takes/dry.wav', name: 'dry.wav', sizeBytes: 1234 },
        target: null,
      },
      alignment: { offsetSeconds: 0.25, polarity: -1 },
      active: 'A',
      slots: { A, B: null, C: null, D: null },
      bypassed: ['delay'],
      locked: [],
      loop: { isOn: false, startSeconds: 0, endSeconds: 0 },
      fit: { quality: 'balanced', region: 'all', start: 'measured' },
      lastFit: null,
    };
    expect(
      parseSession(JSON.stringify({ format: 'voxfit-session', version: 1, sampleRateHz: 44_100, ...body })),
    ).toEqual({
      ...body,
      amounts: FULL_AMOUNTS,
      tempoBpm: null,
    });
  });
});

describe('what does not fit any more is left out', () => {
  test('locks on parameters that do not exist', () => {
    const { id } = CHAIN_PARAMETERS[3];
    expect(parseSession(textWith({ locked: ['eq.pk9.gain', id] })).locked).toEqual([id]);
  });

  test.each(SLOTS.slice(1))('an active slot %s that is empty', (slot) => {
    expect(parseSession(textWith({ active: slot })).active).toBe('A');
  });

  test('but not an active slot that is filled', () => {
    const { slots } = emptySession();
    expect(parseSession(textWith({ active: 'C', slots: { ...slots, C: slots.A } })).active).toBe('C');
  });
});

describe('says what is wrong', () => {
  test.each([
    ['nothing', ''],
    ['text', 'Dear diary'],
    ['a session cut short', formatSession(emptySession()).slice(0, -40)],
  ])('%s', (_, text) => {
    expect(problem(text)).toBe(
      '“song.voxfit” is empty or damaged, or not a Voxfit session at all; choose another file.',
    );
  });

  test.each([
    ['a preset', '{"format": "voxfit-preset", "version": 1}'],
    ['a list', '[1, 2]'],
    ['null', 'null'],
    ['a number', '7'],
  ])('%s', (_, text) => {
    expect(problem(text)).toBe('“song.voxfit” is not a Voxfit session; choose a file that Voxfit saved.');
  });

  test('a session of a newer Voxfit, whatever else is in it', () => {
    expect(problem(JSON.stringify({ format: 'voxfit-session', version: SESSION_VERSION + 1 }))).toBe(
      `“song.voxfit” was made by a newer Voxfit (session version ${SESSION_VERSION + 1}; this one reads up to ${SESSION_VERSION}); update Voxfit to open it.`,
    );
  });

  test.each([undefined, null, 0, -1, 0.5, '1'])('the version %s', (version) => {
    expect(problem(textWith({ version }))).toMatch(/does not say its version\.$/);
  });

  test.each([
    [{ sampleRateHz: 48_000 }, /its “sampleRateHz” is 48000, but settings belong to 44100 Hz/],
    [{ slots: undefined }, /broken session: “slots” is missing\.$/],
    [{ slots: { A: [1, 2, 3], B: null, C: null, D: null } }, /“slots\.A” must hold 151 numbers, but holds 3/],
    [{ sources: { dry: null } }, /“sources\.target” is missing/],
    [{ sources: { dry: { path: 3 }, target: null } }, /“sources\.dry\.path” is not what it should be/],
    [{ active: 'E' }, /“active” is not what it should be/],
    [{ loop: { isOn: true, startSeconds: -1, endSeconds: 2 } }, /“loop\.startSeconds” is not what/],
    [{ bypassed: ['chorus'] }, /“bypassed\.0” is not what it should be/],
    [{ bypassed: ['eq.pk9'] }, /“bypassed\.0” is not what it should be/],
    [{ amounts: undefined }, /“amounts” is missing/],
    [{ amounts: { ...FULL_AMOUNTS, eq: 151 } }, /“amounts\.eq” is not what it should be/],
    [{ tempoBpm: 0 }, /“tempoBpm” is not what it should be/],
    [{ name: 'x'.repeat(201) }, /“name” is not what it should be/],
  ])('%j', (changes, sentence) => {
    expect(problem(textWith(changes))).toMatch(sentence);
  });
});
