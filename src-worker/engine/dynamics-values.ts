/** What every backend knows alike of the compressor and expander. */
import { parameterIndex } from '#core/chain/parameters.ts';

/** Places of its values in the raw vector. */
export const dynamicsAt = {
  threshold: parameterIndex('comp.threshold'),
  expanderThreshold: parameterIndex('comp.expander_threshold'),
  makeup: parameterIndex('comp.makeup'),
  lookahead: parameterIndex('comp.lookahead'),
  attack: parameterIndex('comp.attack'),
  release: parameterIndex('comp.release'),
  averaging: parameterIndex('comp.averaging'),
  ratio: parameterIndex('comp.ratio'),
  expanderRatio: parameterIndex('comp.expander_ratio'),
};

/** Smallest expander ratio used: keeps its slope finite in float32. */
export const SMALLEST_RATIO = 1e-6;
