/**
 * The text of a `.voxfit` file: a session as versioned JSON.
 *
 *   format, version   'voxfit-session', 2
 *   sampleRateHz      the rate that the settings' raw values belong to: always 44,100
 *   sources           per role: where the file is, absolute and seen from the session's folder; null without one
 *   the rest          the document's body as it is; numbers are exact
 *
 * Fields that this version does not know are ignored.
 */
import { z } from 'zod';
import { FULL_AMOUNTS } from '../chain/amount.ts';
import { CHAIN_PARAMETERS, PARAMETER_COUNT } from '../chain/parameters.ts';
import { UserError } from '../errors.ts';
import { FIT_SAMPLE_RATE_HZ } from '../units.ts';
import { documentBodySchema } from './document.ts';

export const SESSION_FORMAT = 'voxfit-session';

type JsonObject = Readonly<Record<string, unknown>>;

/** Step n (from 0) makes a session of version n + 2 of one of version n + 1. */
const UPGRADES: readonly ((session: JsonObject) => JsonObject)[] = [
  // Every setting was heard as it is, and nothing knew of a tempo.
  (session) => ({ ...session, amounts: FULL_AMOUNTS, tempoBpm: null }),
];

export const SESSION_VERSION = UPGRADES.length + 1;

const storedSourceSchema = z.object({
  /** Absolute, in the notation of the system that saved it. */
  path: z.string(),
  /** From the session's folder, with `/`; null where there is no such way (another drive, never saved). */
  relative: z.string().nullable(),
  name: z.string(),
  sizeBytes: z.number().nonnegative(),
});
/** Where a session's source was when the session was saved. */
export type StoredSource = z.infer<typeof storedSourceSchema>;

const sessionFileSchema = documentBodySchema.extend({
  sources: z.object({ dry: storedSourceSchema.nullable(), target: storedSourceSchema.nullable() }),
});

/** A session as its file holds it: a document whose sources are places, not granted files. */
export type SessionFile = z.infer<typeof sessionFileSchema>;

/** JSON with objects indented and arrays on one line; unlike JSON.stringify it keeps the sign of −0. */
function exactJson(value: unknown, indent = ''): string {
  if (Array.isArray(value)) return `[${value.map((item) => exactJson(item, indent)).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const inner = `${indent}  `;
    const lines = Object.entries(value).map(
      ([key, item]) => `${inner}${JSON.stringify(key)}: ${exactJson(item, inner)}`,
    );
    return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
  }
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

/** The text of a session's file. `extra` adds fields that {@link parseSession} ignores. */
export function formatSession(session: SessionFile, extra: JsonObject = {}): string {
  return `${exactJson({
    format: SESSION_FORMAT,
    version: SESSION_VERSION,
    sampleRateHz: FIT_SAMPLE_RATE_HZ,
    ...extra,
    ...session,
  })}\n`;
}

/** One clause for the first thing that is wrong. */
function describeIssue(error: z.ZodError, session: JsonObject): string {
  const { path, message } = error.issues[0];
  let found: unknown = session;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | undefined)?.[key];
  const where = `“${path.map(String).join('.')}”`;
  if (found === undefined) return `${where} is missing`;
  if (Array.isArray(found) && path[0] === 'slots')
    return `${where} must hold ${PARAMETER_COUNT} numbers, but holds ${found.length}`;
  return `${where} is not what it should be (${message})`;
}

/**
 * The session in a file's text. `source` is what messages call the file. Locks on parameters that do not exist are
 * dropped, and slot A becomes the active one where the active slot is empty.
 * Throws UserError('bad-input') for anything that is not a whole session of a version this code knows.
 */
export function parseSession(text: string, source = 'The session'): SessionFile {
  const fail = (clause: string): never => {
    throw new UserError('bad-input', `${source} ${clause}.`);
  };
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return fail('is empty or damaged, or not a Voxfit session at all; choose another file');
  }
  if (typeof json !== 'object' || json === null || (json as { format?: unknown }).format !== SESSION_FORMAT)
    return fail('is not a Voxfit session; choose a file that Voxfit saved');
  let session = json as JsonObject;
  const { version } = session;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    return fail('is a broken session: it does not say its version');
  if (version > SESSION_VERSION)
    return fail(
      `was made by a newer Voxfit (session version ${version}; this one reads up to ${SESSION_VERSION}); update Voxfit to open it`,
    );
  const { sampleRateHz } = session;
  if (sampleRateHz !== FIT_SAMPLE_RATE_HZ)
    return fail(
      `is a broken session: its “sampleRateHz” is ${String(sampleRateHz)}, but settings belong to ${FIT_SAMPLE_RATE_HZ} Hz`,
    );
  for (const upgrade of UPGRADES.slice(version - 1)) session = upgrade(session);

  const parsed = sessionFileSchema.safeParse(session);
  if (!parsed.success) return fail(`is a broken session: ${describeIssue(parsed.error, session)}`);
  const { locked, active, ...rest } = parsed.data;
  const known = new Set(CHAIN_PARAMETERS.map(({ id }) => id));
  return {
    ...rest,
    locked: locked.filter((id) => known.has(id)),
    active: rest.slots[active] ? active : 'A',
  };
}
