/** Position of the direct sound. */
import { panParameter } from '../../parameter.ts';

export const panParameters = [panParameter('pan', 'Pan')];
