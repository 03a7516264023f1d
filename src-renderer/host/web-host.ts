/** The window's side of the local web host (src-main/web/web-host.ts). */
import { appContract, type FileKind } from '#core/protocol/app.ts';
import type { PortName } from '#core/protocol/bridge.ts';
import { CallError, Client } from '#core/protocol/contract.ts';
import { CarriedPort, type Port } from '#core/protocol/port.ts';
import { UPLOAD_LIMIT_BYTES } from '#core/protocol/web.ts';
import { decodeMessage, encodeMessage } from '#core/protocol/wire.ts';
import { fileRefSchema, type FileRef } from '#core/session/document.ts';
import type { AskName, Host } from './host.ts';

/** For the browser's file dialog. */
const ACCEPTED: Readonly<Record<FileKind, string>> = {
  audio: 'audio/*,.wav,.aif,.aiff,.flac,.mp3,.ogg,.opus',
  session: '.voxfit',
  preset: '.json,.npy',
  wav: '.wav',
  sheet: '.html',
  svg: '.svg',
  png: '.png',
  csv: '.csv',
  zip: '.zip',
};

const disconnected = (): CallError =>
  new CallError('disconnected', 'Voxfit does not answer any more; start it again.');

export class WebHost implements Host {
  readonly kind = 'web';

  constructor(private readonly askName: AskName) {}

  port(name: PortName): Promise<Port> {
    const address = new URL(`/port/${name}`, location.href);
    address.protocol = 'ws:';
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    const port = socketPort(socket);
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => {
        resolve(port);
      });
      port.onClose(() => {
        reject(disconnected());
      });
    });
  }

  async pickToOpen(kind: FileKind): Promise<FileRef | null> {
    const file = await pickFile(ACCEPTED[kind]);
    return file && this.fileOf(file);
  }

  async pickToSave(kind: FileKind, suggestedName: string): Promise<FileRef | null> {
    const name = await this.askName(kind, suggestedName);
    if (name === null) return null;
    const app = new Client(appContract, await this.port('app'));
    try {
      return (await app.call('library.place', { kind, name })).file;
    } finally {
      app.close();
    }
  }

  fileOf(file: File, onProgress: (fraction: number) => void = () => undefined): Promise<FileRef> {
    if (file.size > UPLOAD_LIMIT_BYTES)
      return Promise.reject(
        new CallError(
          'bad-input',
          `“${file.name}” is larger than the 4 GB that a browser may send; put it into the Voxfit folder instead.`,
        ),
      );
    return new Promise((resolve, reject) => {
      // fetch cannot tell how much it has sent.
      const request = new XMLHttpRequest();
      request.open('POST', `/upload?name=${encodeURIComponent(file.name)}`);
      request.upload.addEventListener('progress', ({ loaded, total }) => {
        onProgress(total > 0 ? loaded / total : 1);
      });
      request.addEventListener('load', () => {
        if (request.status === 200) resolve(fileRefSchema.parse(JSON.parse(request.responseText)));
        else reject(new CallError('bad-input', request.responseText.trim()));
      });
      request.addEventListener('error', () => {
        reject(disconnected());
      });
      request.send(file);
    });
  }

  async kernels(): Promise<ArrayBuffer> {
    const answer = await fetch('/kernels.wasm').catch(() => {
      throw disconnected();
    });
    if (!answer.ok) throw new CallError('disconnected', (await answer.text()).trim());
    return answer.arrayBuffer();
  }

  offerDownload(file: FileRef): void {
    const link = document.createElement('a');
    link.href = `/download?file=${encodeURIComponent(file.id)}`;
    link.download = file.name;
    link.click();
  }
}

/** Opens the browser's file dialog; null when the user cancels. */
function pickFile(accepted: string): Promise<File | null> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accepted;
  input.hidden = true;
  // Safari opens no dialog for one that is not in the page.
  document.body.append(input);
  return new Promise<File | null>((resolve) => {
    input.addEventListener('change', () => {
      resolve(input.files?.[0] ?? null);
    });
    input.addEventListener('cancel', () => {
      resolve(null);
    });
    input.click();
  }).finally(() => {
    input.remove();
  });
}

function socketPort(socket: WebSocket): Port {
  const port = new CarriedPort({
    post: (message) => {
      socket.send(encodeMessage(message));
    },
    hangUp: () => {
      socket.close();
    },
  });
  socket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
    port.deliver(decodeMessage(new Uint8Array(data)));
  });
  // A connection that never came about has an error, and closes as well.
  socket.addEventListener('close', () => {
    port.ended();
  });
  return port;
}
