/** Correlations as people read them. */
import type { Analysis, CorrelationKind } from '#core/prior/analysis.ts';
import type { Pair } from '../../../lib/state/analysis.svelte.ts';

export const SYMBOLS: Readonly<Record<CorrelationKind, string>> = { spearman: 'ρ', pearson: 'r' };

/** `0.60`, `−0.46`. */
export const rhoText = (rho: number): string => rho.toFixed(2).replace('-', '−').replace('−0.00', '0.00');

/** `eq.lp.freq – fdn.decay.44: ρ 0.60`. */
export function pairText({ ids, correlations: { kind, rho } }: Analysis, { a, b }: Pair): string {
  return `${ids[a]!} – ${ids[b]!}: ${SYMBOLS[kind]} ${rhoText(rho[a * ids.length + b]!)}`;
}

/** `p 0.031`, `p < 0.001`. */
export const pText = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(3)}`);
