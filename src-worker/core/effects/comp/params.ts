/** Feed-forward compressor and downward expander. Source: DiffVox fx_config and torchcomp. */
import {
  gainParameter,
  levelParameter,
  rangeParameter,
  riseTimeParameter,
  wrapMap,
  type ParameterDefinition,
} from '../../parameter.ts';

/** Longest lookahead in ms; raw values wrap here. */
export const MAX_LOOKAHEAD_MS = 15;

const lookahead: ParameterDefinition = {
  ...rangeParameter('comp.lookahead', 'Lookahead', 'ms', 0, MAX_LOOKAHEAD_MS, 1000 / 44_100),
  map: wrapMap(MAX_LOOKAHEAD_MS),
};

export const compParameters = [
  levelParameter('comp.threshold', 'Compressor threshold', -80, 0, -18),
  levelParameter('comp.expander_threshold', 'Expander threshold', -100, 0, -48),
  gainParameter('comp.makeup', 'Make-up gain'),
  lookahead,
  riseTimeParameter('comp.attack', 'Attack', 0.01, 2000, 50),
  riseTimeParameter('comp.release', 'Release', 0.01, 5000, 50),
  riseTimeParameter('comp.averaging', 'Level averaging', 0.001, 500, 0.139_867),
  rangeParameter('comp.ratio', 'Compressor ratio', '', 1, 20, 2),
  rangeParameter('comp.expander_ratio', 'Expander ratio', '', 0, 1, 0.5),
];
