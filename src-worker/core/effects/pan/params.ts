/** Position of the direct sound. */
import { panParameter } from '../../parameter.ts';

export const panParameters = [
  panParameter(
    'pan',
    'Pan',
    'Moves the voice itself to the left or right; repeats and reverb stay where they are.',
  ),
];
