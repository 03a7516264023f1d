/** Export of the setting that is heard as a printable page; see core/sheet. */
import { FULL_AMOUNTS } from '#core/chain/amount.ts';
import type { Alignment, SourceFacts } from '#core/protocol/engine.ts';
import { settingsSheet, type SheetFact } from '#core/sheet/settings-sheet.ts';
import { gainToDb } from '#core/units.ts';
import { levelText } from '../format/level-text.ts';
import { timeText } from '../format/time-text.ts';
import type { Application } from './application.svelte.ts';

function sourceFact(label: string, { name, format, sampleRateHz, seconds, lufs }: SourceFacts): SheetFact {
  return {
    label,
    text: `${name} (${format}, ${sampleRateHz / 1000} kHz, ${timeText(seconds, 0)}, ${levelText(lufs, 'LUFS')})`,
  };
}

function gainFacts({ inputGain, outputGain }: Alignment): SheetFact[] {
  return [
    { label: 'Gain before the chain', text: `${levelText(gainToDb(inputGain), 'dB')}, for this recording` },
    {
      label: 'Gain after the chain',
      text: `${levelText(gainToDb(outputGain), 'dB')}, to the level of the target`,
    },
  ];
}

/** Asks where to, writes the page and says so; failures become notices. */
export async function exportSettingsSheet(application: Application): Promise<void> {
  await application.attempt(async () => {
    const { app, host, notices, session, sources } = application;
    const { name, amounts, tempoBpm } = session.document;
    const { dry, target } = sources.facts;
    const file = await host.pickToSave('sheet', `${name} (settings)`);
    if (!file) return;
    const html = settingsSheet({
      name,
      raw: session.heard,
      bypassed: session.silenced,
      // A running fit is heard as it is.
      amounts: session.raw === session.stored ? amounts : FULL_AMOUNTS,
      tempoBpm,
      date: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' }).format(),
      facts: [
        ...(dry ? [sourceFact('Dry vocal', dry)] : []),
        ...(target ? [sourceFact('Target', target)] : []),
        ...(sources.ready ? gainFacts(sources.ready.alignment) : []),
      ],
    });
    await app.call('sheet.write', { file: file.id, html });
    notices.info(`Wrote the settings sheet “${file.name}”; open it in a browser to print it.`);
    host.offerDownload?.(file);
  });
}
