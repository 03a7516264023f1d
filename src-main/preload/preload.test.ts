/** The preload scripts as they are built, in a sandbox like that of Electron's pages, with what they use of Electron. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { BRIDGE, PORT_CHANNEL, type Bridge } from '#core/protocol/bridge.ts';
import { programFolder } from '../program-files.ts';

/** What a script has done by the time that it has run, and a way to send it ports. */
function run(name: string) {
  const exposed: Record<string, unknown> = {};
  const required: string[] = [];
  const invoked: unknown[][] = [];
  const posted: unknown[][] = [];
  const listeners: Record<string, (event: { ports: readonly MessagePort[] }, id: number) => void> = {};
  const electron = {
    contextBridge: {
      exposeInMainWorld: (key: string, value: unknown) => {
        exposed[key] = value;
      },
    },
    ipcRenderer: {
      on: (channel: string, listener: (typeof listeners)[string]) => {
        listeners[channel] = listener;
      },
      invoke: (...request: unknown[]) => {
        invoked.push(request);
        return Promise.resolve();
      },
    },
  };
  runInNewContext(readFileSync(join(programFolder(), 'out/preload', `${name}.cjs`), 'utf8'), {
    require: (module: string) => {
      required.push(module);
      return electron;
    },
    window: {
      location: { origin: 'app://voxfit' },
      postMessage: (...message: unknown[]) => posted.push(message),
    },
  });
  return { exposed, required, invoked, posted, listeners };
}

test.each(['window', 'gpu'])('the %s’s script loads no file, and passes ports on to its own page', (name) => {
  const { required, posted, listeners } = run(name);
  expect(new Set(required)).toEqual(new Set(['electron']));
  expect(Object.keys(listeners)).toEqual([PORT_CHANNEL]);
  const { port1, port2 } = new MessageChannel();
  listeners[PORT_CHANNEL]!({ ports: [port1] }, 3);
  expect(posted).toEqual([[{ [PORT_CHANNEL]: 3 }, 'app://voxfit', [port1]]]);
  port2.close();
});

test('the window’s page can ask for ports and for paths, the GPU’s page for nothing', async () => {
  const { exposed, invoked } = run('window');
  expect(Object.keys(exposed)).toEqual([BRIDGE]);
  const bridge = exposed[BRIDGE] as Bridge;
  expect(Object.keys(bridge).sort()).toEqual(['pathOf', 'requestPort']);
  await bridge.requestPort('app', 1);
  expect(invoked).toEqual([[PORT_CHANNEL, { name: 'app', id: 1 }]]);

  const gpu = run('gpu');
  expect(gpu.exposed).toEqual({});
  expect(gpu.invoked).toEqual([]);
});
