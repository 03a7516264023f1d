/** What the dynamics' kernels add up for the gradient: one row of numbers for each workgroup, summed at the end. */

/** Columns of the sums: the gradient by these, in part without factors that all samples share. */
export const COLUMNS = [
  'attack',
  'release',
  'threshold',
  'slope',
  'expanderThreshold',
  'expanderSlope',
  'averaging',
  'makeup',
  'lookahead',
] as const;

export type Column = (typeof COLUMNS)[number];

/** Samples for which a workgroup of the kernels that go sample by sample is responsible. */
export const BLOCK = 1024;

/** Where a workgroup's row starts among the parts, in code. */
export const partsIndex = (groups: number): string => `(group.z * ${groups}u + group.x) * ${COLUMNS.length}u`;

export const columnOf = (name: Column): number => COLUMNS.indexOf(name);
