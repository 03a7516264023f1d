/**
 * A connection to a service that may go and come back: listeners stay, calls wait for the next connection while there is
 * none.
 */
import {
  CallError,
  Client,
  type Contract,
  type EventName,
  type Input,
  type MethodName,
  type Output,
  type Payload,
} from '#core/protocol/contract.ts';
import type { Port } from '#core/protocol/port.ts';

/** How long a call waits for a connection before it fails. */
const PATIENCE_MS = 15_000;

export class Link<C extends Contract> {
  private client: Client<C> | undefined;
  private connecting: Promise<void> | undefined;
  private readonly waiting = new Set<() => void>();
  private readonly listeners: { event: EventName<C>; listener: (payload: never) => void }[] = [];
  private readonly lossListeners: (() => void)[] = [];
  private readonly connectListeners: (() => void)[] = [];

  constructor(
    private readonly contract: C,
    /** How to get a port; may be changed before the next {@link connect}. */
    public open: () => Promise<Port>,
  ) {}

  get isConnected(): boolean {
    return this.client !== undefined;
  }

  /** Opens a new connection in place of the present one. Rejects when there is none to be had. */
  connect(): Promise<void> {
    this.connecting ??= this.connectNow().finally(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  private async connectNow(): Promise<void> {
    const port = await this.open();
    const previous = this.client;
    const client = new Client(this.contract, port);
    this.client = client;
    previous?.close();
    for (const { event, listener } of this.listeners)
      client.on(event, listener as (payload: Payload<C, EventName<C>>) => void);
    client.onClose(() => {
      if (this.client !== client) return;
      this.client = undefined;
      this.lossListeners.forEach((listener) => {
        listener();
      });
    });
    for (const wake of this.waiting) wake();
    this.connectListeners.forEach((listener) => {
      listener();
    });
  }

  /** Rejects with a CallError. */
  async call<M extends MethodName<C>>(method: M, input: Input<C, M>): Promise<Output<C, M>> {
    if (!this.client) await this.untilConnected();
    if (!this.client) throw new CallError('disconnected', `The ${this.contract.name} is not there.`);
    return this.client.call(method, input);
  }

  on<E extends EventName<C>>(event: E, listener: (payload: Payload<C, E>) => void): void {
    this.listeners.push({ event, listener: listener as (payload: never) => void });
    this.client?.on(event, listener);
  }

  /** The other side is gone. */
  onLoss(listener: () => void): void {
    this.lossListeners.push(listener);
  }

  /** Connected, for the first time or again: whatever the other side must know has to be said now. */
  onConnect(listener: () => void): void {
    this.connectListeners.push(listener);
  }

  private untilConnected(): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.delete(wake);
        reject(new CallError('disconnected', `The ${this.contract.name} does not answer; restart Voxfit.`));
      }, PATIENCE_MS);
      this.waiting.add(wake);
    });
  }
}
