/** The engine as a process of its own, started by the host: `engine-process --cache <folder>`. */
import { parseArgs } from 'node:util';
import { openNodeGpu } from '#engine/gpu/hosts/node-gpu.ts';
import { RemoteGpu } from '#engine/gpu/hosts/remote-gpu.ts';
import { EngineService } from './engine/service.ts';
import { linkToParent } from './parent.ts';
import { setOwnPriority } from './priority.ts';

/** Threads take it from the thread that makes them, so it comes first: playback must never wait for a fit. */
const LOW_PRIORITY = 15;

/** The longest wait for what is under way when the host wants the process to end. */
const FAREWELL_MS = 1500;

setOwnPriority(LOW_PRIORITY);
const { values } = parseArgs({ options: { cache: { type: 'string' } } });
if (values.cache === undefined) throw new Error('The engine needs --cache <folder>.');

const link = linkToParent();
const { requestGpu } = link;
const service = new EngineService({
  cacheFolder: values.cache,
  openGpu: requestGpu ? async () => RemoteGpu.open(await requestGpu()) : openNodeGpu,
  onDefect: (error) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  },
});
link.onGrant((file, path) => {
  service.grant(file, path);
});
link.onConnect((port) => {
  service.connect(port);
});
link.onQuit(() => {
  setTimeout(() => process.exit(), FAREWELL_MS);
  void service.close().finally(() => process.exit());
});
await service.open();
link.ready();
