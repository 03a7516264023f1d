/**
 * Entry point of the process that plays. It is alone with PortAudio because a device that goes away leaves threads behind
 * that only the end of the process ends. Arguments: `--cache <folder>`, where prepared sound is.
 */
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { AudioService } from '#audio/playback/audio-service.ts';
import { portAudioSink } from '#audio/sinks/portaudio.ts';
import { loadKernelModule } from '#engine/kernel-module.ts';
import { linkToParent } from './parent.ts';
import { setOwnPriority } from './priority.ts';

const QUIT_LIMIT_MS = 500;
/** For the last messages to leave. */
const FAREWELL_MS = 200;

// Sound must not wait for others. Without the right to this, and with the others at low priority, it plays as well.
setOwnPriority(constants.priority.PRIORITY_HIGH);
const { cache } = parseArgs({ options: { cache: { type: 'string' } } }).values;
if (!cache) throw new Error('The audio process needs --cache.');

const link = linkToParent();
const service = new AudioService({
  sink: portAudioSink,
  kernels: await loadKernelModule(),
  cacheFolder: cache,
  onLost: () => setTimeout(end, FAREWELL_MS),
  onDefect: (error) => {
    process.stderr.write(
      `audio: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
  },
});
link.onConnect((port) => {
  service.connect(port);
});
link.onQuit(() => {
  setTimeout(end, QUIT_LIMIT_MS);
  void service.close().then(() => process.exit(0));
});
link.ready();

/** `process.exit` waits for threads, and one that a lost device has stopped never ends. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
}
