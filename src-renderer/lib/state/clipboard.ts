/**
 * An effect's settings as text, so that they travel through the system's clipboard: to another session, another Voxfit,
 * a chat. Raw values by parameter id, as JSON.
 */
import { z } from 'zod';
import { CHAIN_PARAMETERS, parameterIndex, parametersUnder } from '#core/chain/parameters.ts';
import { effectSchema, type EffectId } from '#core/protocol/schemas.ts';
import { EFFECT_NAMES } from './effect-names.ts';

const FORMAT = 'voxfit-effect';
/** Longer text is none of ours. */
const LONGEST_TEXT = 100_000;

const textSchema = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  effect: effectSchema,
  raw: z.record(z.string(), z.number()),
});

export interface EffectSettings {
  readonly effect: EffectId;
  /** Places in the raw vector and what goes there; all of the effect's. */
  readonly entries: readonly (readonly [index: number, raw: number])[];
}

/** @param raw the whole setting */
export function effectText(effect: EffectId, raw: ArrayLike<number>): string {
  const values = Object.fromEntries(
    parametersUnder(effect).map((index) => [CHAIN_PARAMETERS[index]!.id, raw[index]!]),
  );
  return JSON.stringify({ format: FORMAT, version: 1, effect, raw: values }, null, 1);
}

/** What {@link effectText} wrote; null for any other text, and for settings that are not complete. */
export function parseEffectText(text: string): EffectSettings | null {
  if (text.length > LONGEST_TEXT) return null;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = textSchema.safeParse(json);
  if (!parsed.success) return null;
  const { effect, raw } = parsed.data;
  const ids = parametersUnder(effect).map((index) => CHAIN_PARAMETERS[index]!.id);
  if (Object.keys(raw).length !== ids.length || !ids.every((id) => Object.hasOwn(raw, id))) return null;
  return { effect, entries: ids.map((id) => [parameterIndex(id), raw[id]!] as const) };
}

/** What the clipboard's text is for an effect: its settings, or one sentence on why not. */
export function fittingSettings(text: string | null, effect: EffectId): EffectSettings | string {
  const settings = text === null ? null : parseEffectText(text);
  if (!settings)
    return `The clipboard holds no settings of an effect; copy those of ${inText(effect)} first.`;
  if (settings.effect === effect) return settings;
  return `The clipboard holds settings of ${inText(settings.effect)}, not of ${inText(effect)}.`;
}

/** An effect's name inside a sentence. */
export function inText(effect: EffectId): string {
  const name = EFFECT_NAMES[effect];
  return `the ${name === name.toUpperCase() ? name : name.toLowerCase()}`;
}
