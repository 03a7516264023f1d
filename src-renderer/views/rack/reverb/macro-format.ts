/** How the reverb's macros are written and typed: dB, %, seconds, and “1.25×” for the damping. */
import { parameterFormat, type NumberFormat } from '../../../lib/components/number-field/number-format.ts';
import { dampingMacro, type ReverbMacro } from './macros.ts';

export function macroFormat({ parameter }: ReverbMacro): NumberFormat {
  const format = parameterFormat(parameter);
  const isFactor = parameter === dampingMacro;
  return {
    ...format,
    text: (value) => (isFactor ? `${format.text(value)}×` : format.text(value)),
    parse: (text) => format.parse(isFactor ? text.replace(/[x×]\s*$/i, '') : text),
  };
}
