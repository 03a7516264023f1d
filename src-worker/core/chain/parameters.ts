/**
 * The 151 raw parameters in the order of the published `raw_params.npy`, assembled from each effect's one table.
 * A 152nd raw value, the delay's surrogate damping log η = −softplus(raw), exists only while fitting.
 */
import { compParameters } from '../effects/comp/params.ts';
import { delayParameters, sendParameters } from '../effects/delay/params.ts';
import { eqParameters } from '../effects/eq/params.ts';
import { fdnParameters } from '../effects/fdn/params.ts';
import { panParameters } from '../effects/pan/params.ts';
import { physicalToRaw, type ParameterDefinition } from '../parameter.ts';

export const CHAIN_PARAMETERS: readonly ParameterDefinition[] = [
  ...eqParameters,
  ...compParameters,
  ...sendParameters,
  ...delayParameters,
  ...fdnParameters,
  ...panParameters,
];

export const PARAMETER_COUNT = CHAIN_PARAMETERS.length;

/** Raw start of log η: log η = −0.01. */
export const DEFAULT_LOG_DAMP_RAW = -4.600_166;

const indexById = new Map(CHAIN_PARAMETERS.map((parameter, index) => [parameter.id, index]));

/** Position of a parameter in the raw vector. Throws a RangeError for an unknown id. */
export function parameterIndex(id: string): number {
  const index = indexById.get(id);
  if (index === undefined) throw new RangeError(`No parameter is called “${id}”.`);
  return index;
}

/** Indices whose id is `selector` or lies under it (`eq`, `eq.pk1`, `eq.pk1.gain`); empty if none does. */
export function parametersUnder(selector: string): number[] {
  return CHAIN_PARAMETERS.flatMap(({ id }, index) =>
    id === selector || id.startsWith(`${selector}.`) ? [index] : [],
  );
}

/** Where each effect's values lie; `send` is the delay's send to the reverb. */
const TABLES = {
  eq: eqParameters,
  comp: compParameters,
  send: sendParameters,
  delay: delayParameters,
  fdn: fdnParameters,
  pan: panParameters,
} as const;

/** DSP values of one effect's own table, of a raw vector. */
export function valuesOf(raw: ArrayLike<number>, effect: keyof typeof TABLES): Float64Array {
  const table: readonly ParameterDefinition[] = TABLES[effect];
  const start = parameterIndex(table[0]!.id);
  return Float64Array.from(table, ({ map }, i) => map.toValue(raw[start + i]!));
}

/** DSP values (not physical units) of a raw vector, in the same order. */
export function rawToValues(raw: ArrayLike<number>): Float64Array {
  return Float64Array.from(CHAIN_PARAMETERS, ({ map }, index) => map.toValue(raw[index]!));
}

/** The published neutral start with the reverb silent (C = 0): every parameter at its default. */
export function neutralRaw(): Float64Array {
  return Float64Array.from(CHAIN_PARAMETERS, (parameter) => physicalToRaw(parameter, parameter.default));
}
