/** For tests: a host process that keeps an unsaved session and then waits to be killed. */
import { appContract } from '#core/protocol/app.ts';
import { Client } from '#core/protocol/contract.ts';
import { joinedPorts } from '#core/protocol/port.ts';
import { newDocument } from '#core/session/document.ts';
import { AppServices, type ServiceOptions } from './index.ts';

const folders = JSON.parse(process.argv[2]) as Omit<ServiceOptions, 'onGrant'>;
const services = await AppServices.open({ ...folders, onGrant: () => undefined });
const [ours, theirs] = joinedPorts();
services.connect(theirs);
await new Client(appContract, ours).call('session.keep', {
  document: {
    ...newDocument('Left by a killed host'),
    loop: { isOn: true, startSeconds: 1, endSeconds: 2.5 },
  },
  file: null,
});
// Also keeps the process alive.
process.on('disconnect', () => process.exit());
process.send!('kept');
