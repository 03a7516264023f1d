/** All that the page of a hidden GPU window gets of Electron: its end of the one connection that it serves. */
import { handOverPorts } from './hand-over.ts';

handOverPorts();
