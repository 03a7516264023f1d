/**
 * The page of the hidden window that lends its GPU to the engine: it gets one end of a channel, as every window does, and
 * goes when the other end has closed.
 */
import { PORT_CHANNEL } from '#core/protocol/bridge.ts';
import { messagePort } from '#core/protocol/port.ts';
import { serveGpu } from '#engine/gpu/hosts/serve-gpu.ts';

/** Absent in browsers without WebGPU, whatever the types say. */
const { gpu } = navigator as { gpu?: GPU };

addEventListener('message', ({ source, data, ports: [end] }: MessageEvent<unknown>) => {
  const isPort = source === window && typeof data === 'object' && data !== null && PORT_CHANNEL in data;
  if (!isPort || !end) return;
  const port = messagePort(end);
  serveGpu(port, gpu);
  port.onClose(() => {
    window.close();
  });
});
