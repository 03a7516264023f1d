/** The six filters before the compressor, in signal order. Source: DiffVox fx_config; see the chain's order in chain/parameters.ts. */
import { frequencyParameter, gainParameter, qParameter } from '../../parameter.ts';

/** Quality factor of every shelf in the chain: 0.707 exactly, not 1/√2. */
export const SHELF_Q = 0.707;

export const eqParameters = [
  gainParameter('eq.pk1.gain', 'Peak 1 gain'),
  frequencyParameter('eq.pk1.freq', 'Peak 1 frequency', 33, 5400, 800),
  qParameter('eq.pk1.q', 'Peak 1 Q', 0.2, 20),
  gainParameter('eq.pk2.gain', 'Peak 2 gain'),
  frequencyParameter('eq.pk2.freq', 'Peak 2 frequency', 200, 17_500, 4000),
  qParameter('eq.pk2.q', 'Peak 2 Q', 0.2, 20),
  gainParameter('eq.ls.gain', 'Low shelf gain'),
  frequencyParameter('eq.ls.freq', 'Low shelf frequency', 30, 200, 115),
  gainParameter('eq.hs.gain', 'High shelf gain'),
  frequencyParameter('eq.hs.freq', 'High shelf frequency', 750, 8300, 6000),
  frequencyParameter('eq.lp.freq', 'Low-pass frequency', 200, 18_000, 17_500),
  qParameter('eq.lp.q', 'Low-pass Q', 0.5, 10),
  frequencyParameter('eq.hp.freq', 'High-pass frequency', 16, 5300, 200),
  qParameter('eq.hp.q', 'High-pass Q', 0.5, 10),
];
