/** For tests: services over real folders, and windows that talk to them through real ports. */
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { temporaryFolder } from '#audio/temporary-folder.ts';
import { appContract } from '#core/protocol/app.ts';
import { Client, type CallError } from '#core/protocol/contract.ts';
import { joinedPorts } from '#core/protocol/port.ts';
import { AppServices, type ServiceOptions } from './index.ts';

export type Window = Client<typeof appContract>;

const base = temporaryFolder();

/** A new empty folder, links resolved. */
export const freshFolder = (): string => mkdtempSync(join(realpathSync(base.path), 'x'));

/** Folders of a user who has just installed Voxfit. */
export function newUser(): ServiceOptions & { readonly granted: Map<string, string> } {
  const home = freshFolder();
  const demoFolder = join(home, 'demo');
  mkdirSync(demoFolder);
  const granted = new Map<string, string>();
  return {
    userFolder: join(home, 'user'),
    libraryFolder: join(home, 'Voxfit'),
    demoFolder,
    version: '1.2.3',
    granted,
    onGrant: (file, path) => granted.set(file, path),
  };
}

/** A window of a host; closing the client is closing the window without a goodbye. */
export function openWindow(services: AppServices): Window {
  const [ours, theirs] = joinedPorts();
  services.connect(theirs);
  return new Client(appContract, ours);
}

/** A start of the program with one window. */
export async function startProgram(
  options: ServiceOptions,
): Promise<{ services: AppServices; window: Window }> {
  const services = await AppServices.open(options);
  return { services, window: openWindow(services) };
}

/** The sentence that a call fails with. */
export async function problemOf(call: Promise<unknown>, code = 'bad-input'): Promise<string> {
  const error: unknown = await call.then(
    () => new Error('The call succeeded.'),
    (reason: unknown) => reason,
  );
  expect((error as CallError).code, (error as Error).message).toBe(code);
  return (error as CallError).message;
}
