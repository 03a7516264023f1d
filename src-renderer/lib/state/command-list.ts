/** The commands of the window; see commands.ts for what a command is. */
import { FULL_AMOUNTS } from '#core/chain/amount.ts';
import { THEMES, type ThemeChoice } from '#core/protocol/app.ts';
import { MONITORS } from '#core/protocol/audio.ts';
import { EFFECTS } from '#core/protocol/schemas.ts';
import { hasRegion, SLOTS } from '#core/session/document.ts';
import type { Application } from './application.svelte.ts';
import type { Command } from './commands.ts';
import { EFFECT_NAMES } from './effect-names.ts';
import { exportSettingsSheet } from './settings-sheet.svelte.ts';

type Given = Pick<Command, 'id' | 'name' | 'run'> & Partial<Command>;

const THEME_NAMES: Readonly<Record<ThemeChoice, string>> = {
  system: 'As the system',
  dark: 'Dark',
  light: 'Light',
};

/** Commands of one group that undo has nothing to do with, unless one says otherwise. */
function group(name: Command['group'], given: readonly Given[]): Command[] {
  return given.map((command) => ({
    group: name,
    shortcuts: [],
    undo: 'none',
    isEnabled: () => true,
    ...command,
  }));
}

export function listCommands(application: Application): Command[] {
  return [
    ...sessionCommands(application),
    ...editCommands(application),
    ...playCommands(application),
    ...listenCommands(application),
    ...slotCommands(application),
    ...rackCommands(application),
    ...fitCommands(application),
    ...viewCommands(application),
    ...presetCommands(application),
    ...spaceCommands(application),
    ...helpCommands(application),
  ];
}

function sessionCommands(application: Application): Command[] {
  const { sources, host } = application;
  return group('Session', [
    {
      id: 'session.new',
      name: 'New session',
      shortcuts: ['Mod+Alt+N'],
      undo: 'history',
      run: () => application.leaveSession(() => application.newSession()),
    },
    {
      id: 'session.open',
      name: 'Open session…',
      shortcuts: ['Mod+O'],
      undo: 'history',
      run: () =>
        application.leaveSession(async () => {
          const file = await host.pickToOpen('session');
          if (file) await application.openFile(file);
        }),
    },
    {
      id: 'session.openDemo',
      name: 'Open demo',
      undo: 'history',
      run: () => application.leaveSession(() => application.openDemo()),
    },
    {
      id: 'session.save',
      name: 'Save',
      shortcuts: ['Mod+S'],
      undo: 'history',
      run: async () => void (await application.save()),
    },
    {
      id: 'session.saveAs',
      name: 'Save as…',
      shortcuts: ['Mod+Shift+S'],
      undo: 'history',
      run: async () => void (await application.save(true)),
    },
    {
      id: 'source.dry',
      name: 'Choose the dry vocal…',
      undo: 'step',
      run: () => application.pickSource('dry'),
    },
    {
      id: 'source.target',
      name: 'Choose the target…',
      undo: 'step',
      run: () => application.pickSource('target'),
    },
    {
      id: 'export.wav',
      name: 'Export sound…',
      help: 'Writes what the rack makes of the dry vocal as a wav file.',
      shortcuts: ['Mod+E'],
      undo: 'history',
      isEnabled: () => sources.ready !== null,
      run: () => void (application.dialog = { kind: 'export' }),
    },
    {
      id: 'sheet.export',
      name: 'Export settings sheet…',
      help: 'Writes a printable page with every value, to dial the sound into other equipment.',
      undo: 'history',
      run: () => exportSettingsSheet(application),
    },
    {
      id: 'preset.load',
      name: 'Load preset…',
      undo: 'step',
      run: () => application.loadPreset(),
    },
    {
      id: 'preset.save',
      name: 'Save preset…',
      undo: 'history',
      run: () => application.savePreset(),
    },
  ]);
}

function editCommands(application: Application): Command[] {
  const { session } = application;
  return group('Edit', [
    {
      id: 'edit.undo',
      name: 'Undo',
      shortcuts: ['Mod+Z'],
      undo: 'history',
      isEnabled: () => session.undoLabel !== undefined,
      run: () => {
        session.undo();
      },
    },
    {
      id: 'edit.redo',
      name: 'Redo',
      shortcuts: ['Mod+Shift+Z', 'Mod+Y'],
      undo: 'history',
      isEnabled: () => session.redoLabel !== undefined,
      run: () => {
        session.redo();
      },
    },
    {
      id: 'effect.copy',
      name: 'Copy the effect’s settings',
      help: 'Puts the open effect’s settings on the clipboard, for another slot, session or colleague.',
      shortcuts: ['Mod+C'],
      hasSystemKeys: true,
      undo: 'history',
      run: () => application.copyEffect(),
    },
    {
      id: 'effect.paste',
      name: 'Paste the effect’s settings',
      help: 'Sets the open effect to the settings that are on the clipboard.',
      shortcuts: ['Mod+V'],
      hasSystemKeys: true,
      undo: 'step',
      run: () => application.pasteEffect(),
    },
  ]);
}

function playCommands({ playback, session, sources }: Application): Command[] {
  const hasSound = (): boolean => sources.ready !== null;
  return group('Play', [
    {
      id: 'play.toggle',
      name: 'Play or pause',
      shortcuts: ['Space'],
      isChecked: () => playback.isPlaying,
      run: () => playback.togglePlay(),
    },
    {
      id: 'play.stop',
      name: 'Stop',
      help: 'Stops and goes back to the start.',
      shortcuts: ['Shift+Space'],
      run: () => playback.stop(),
    },
    {
      id: 'play.start',
      name: 'Go to the start',
      shortcuts: ['Home'],
      run: () => {
        playback.seek(0);
      },
    },
    {
      id: 'play.loop',
      name: 'Loop',
      help: 'Plays the region over and over; without a region, the whole take.',
      shortcuts: ['L'],
      undo: 'step',
      isEnabled: hasSound,
      isChecked: () => session.document.loop.isOn,
      run: () => {
        // Without a region the whole recording is looped.
        const { loop } = session.document;
        session.edit('Loop', {
          loop: hasRegion(loop)
            ? { ...loop, isOn: !loop.isOn }
            : { isOn: true, startSeconds: 0, endSeconds: sources.seconds },
        });
      },
    },
  ]);
}

function listenCommands({ playback, sources }: Application): Command[] {
  const MONITOR_HELP = {
    dry: 'The vocal as it was recorded.',
    target: 'The finished version to come close to.',
    processed: 'The dry vocal through the rack.',
  } as const;
  return group('Listen', [
    ...MONITORS.map((monitor, i) => ({
      id: `monitor.${monitor}`,
      name: `Hear the ${monitor === 'processed' ? 'processed vocal' : monitor === 'dry' ? 'dry vocal' : 'target'}`,
      help: MONITOR_HELP[monitor],
      shortcuts: [String(i + 1)],
      isEnabled: () => monitor !== 'target' || sources.ready?.target !== null,
      isChecked: () => playback.monitor === monitor,
      run: () => {
        playback.choose(monitor);
      },
    })),
    {
      id: 'monitor.match',
      name: 'Match loudness',
      help: 'Plays dry, target and processed equally loud, so that louder does not pass for better.',
      shortcuts: ['M'],
      isChecked: () => playback.settings.isLoudnessMatched,
      run: () => playback.change({ isLoudnessMatched: !playback.settings.isLoudnessMatched }),
    },
    {
      id: 'meters.reset',
      name: 'Measure loudness anew',
      run: () => {
        playback.resetMeters();
      },
    },
  ]);
}

function slotCommands(application: Application): Command[] {
  const { session, blind, fit } = application;
  return group('Slots', [
    ...SLOTS.map((slot) => ({
      id: `slot.${slot}`,
      name: `Slot ${slot}`,
      help: 'Goes to another setting to compare; an empty slot begins as a copy of this one.',
      shortcuts: [`Alt+${slot}`],
      undo: 'step' as const,
      isChecked: () => session.document.active === slot,
      run: () => {
        session.chooseSlot(slot);
      },
    })),
    ...SLOTS.map((slot) => ({
      id: `slot.copyTo.${slot}`,
      name: `Copy to slot ${slot}`,
      help: `Puts a copy of this setting into ${slot}, and stays here.`,
      shortcuts: [`Alt+Shift+${slot}`],
      undo: 'step' as const,
      isEnabled: () => session.document.active !== slot,
      run: () => {
        session.copyToSlot(slot);
      },
    })),
    {
      id: 'blind.start',
      name: 'Blind test…',
      help: 'Compares the filled slots without telling which is which, equally loud.',
      undo: 'history',
      isEnabled: () => blind.canStart && !fit.isRunning,
      run: () => void (application.dialog = { kind: 'blind' }),
    },
  ]);
}

function rackCommands(application: Application): Command[] {
  const { rack, session, playback } = application;
  return group('Rack', [
    {
      id: 'rack.previous',
      name: 'Previous effect',
      shortcuts: ['['],
      run: () => {
        rack.step(-1);
      },
    },
    {
      id: 'rack.next',
      name: 'Next effect',
      shortcuts: [']'],
      run: () => {
        rack.step(1);
      },
    },
    ...EFFECTS.map((effect) => ({
      id: `rack.show.${effect}`,
      name: `Show ${EFFECT_NAMES[effect]}`,
      isChecked: () => rack.shown === effect && !rack.isBrowsing,
      run: () => {
        rack.shown = effect;
      },
    })),
    {
      id: 'effect.bypass',
      name: 'Bypass the effect',
      help: 'Of the effect that has the focus, or else the open one.',
      shortcuts: ['B'],
      undo: 'step',
      isChecked: () => session.document.bypassed.includes(application.effectInHand),
      run: () => {
        session.toggleBypass(application.effectInHand);
      },
    },
    {
      id: 'effect.solo',
      name: 'Hear only the effect',
      help: 'Hear only what this effect does; the others let the sound through.',
      shortcuts: ['S'],
      isChecked: () => playback.solo === application.effectInHand,
      run: () => {
        playback.toggleSolo(application.effectInHand);
      },
    },
    {
      id: 'effect.reset',
      name: 'Reset the effect',
      help: 'All of the effect’s values go back to their defaults.',
      undo: 'step',
      run: () => {
        rack.reset(application.effectInHand);
      },
    },
    {
      id: 'effect.lock',
      name: 'Lock the effect',
      help: 'Fits leave the values of a locked effect alone.',
      undo: 'step',
      isChecked: () => rack.lockState(application.effectInHand) === true,
      run: () => {
        rack.toggleLock(application.effectInHand);
      },
    },
    {
      id: 'amount.reset',
      name: 'Amounts to 100 %',
      help: 'The setting is heard as it is.',
      undo: 'step',
      isEnabled: () => !session.hasFullAmounts,
      run: () => {
        session.setAmounts('Amounts to 100 %', FULL_AMOUNTS);
      },
    },
    {
      id: 'amount.apply',
      name: 'Apply amounts to the setting',
      help: 'Writes what is heard into the values of every slot; the sound stays, the amounts go back to 100 %.',
      undo: 'step',
      isEnabled: () => !session.hasFullAmounts && session.preview === null,
      run: () => {
        session.bakeAmounts();
      },
    },
  ]);
}

function fitCommands({ fit, session }: Application): Command[] {
  return group('Fit', [
    {
      id: 'fit.start',
      name: 'Match pair',
      help: 'Finds the setting that makes the target out of the dry vocal.',
      shortcuts: ['Mod+Enter'],
      undo: 'step',
      isEnabled: () => fit.canStart,
      run: () => fit.start(),
    },
    {
      id: 'fit.pause',
      name: 'Pause or resume the fit',
      isEnabled: () => fit.phase === 'running' || fit.phase === 'paused',
      isChecked: () => fit.phase === 'paused',
      run: () => (fit.phase === 'paused' ? fit.continue() : fit.pause()),
    },
    {
      id: 'fit.stop',
      name: 'Stop the fit',
      help: 'Ends it now; its best so far is kept.',
      isEnabled: () => fit.isRunning && fit.phase !== 'stopping',
      run: () => fit.stop(),
    },
    {
      id: 'fit.revert',
      name: 'Revert the fit',
      help: 'Back to the setting before the last fit.',
      undo: 'step',
      isEnabled: () => !fit.isRunning && session.document.lastFit !== null,
      run: () => {
        fit.revert();
      },
    },
  ]);
}

function viewCommands(application: Application): Command[] {
  const hasTimeline = (): boolean => application.timeline !== null && application.sources.ready !== null;
  return group('View', [
    {
      id: 'palette.open',
      name: 'Find a command or parameter…',
      shortcuts: ['Mod+K'],
      undo: 'history',
      run: () => void (application.dialog = { kind: 'palette' }),
    },
    ...THEMES.map((choice) => ({
      id: `theme.${choice}`,
      name: `Look: ${THEME_NAMES[choice].toLowerCase()}`,
      isChecked: () => application.theme === choice,
      run: () => application.chooseTheme(choice),
    })),
    {
      id: 'waveform.zoomIn',
      name: 'Zoom into the waveform',
      isEnabled: hasTimeline,
      run: () => application.timeline?.zoomIn(),
    },
    {
      id: 'waveform.zoomOut',
      name: 'Zoom out of the waveform',
      isEnabled: hasTimeline,
      run: () => application.timeline?.zoomOut(),
    },
    {
      id: 'waveform.showAll',
      name: 'Show the whole waveform',
      isEnabled: hasTimeline,
      run: () => application.timeline?.showAll(),
    },
    {
      id: 'waveform.showLoop',
      name: 'Zoom to the loop',
      isEnabled: () => hasTimeline() && hasRegion(application.session.document.loop),
      run: () => application.timeline?.showLoop(),
    },
  ]);
}

function presetCommands(application: Application): Command[] {
  return group('Edit', [
    {
      id: 'library.save',
      name: 'Save to your presets',
      help: 'Keeps what you hear in your library, under the session’s name.',
      undo: 'history',
      run: async () => {
        const { presets, session } = application;
        await presets.addHeard(session.document.name);
      },
    },
    {
      id: 'library.previous',
      name: 'Previous preset',
      help: 'Hear the one before in your list of presets.',
      shortcuts: ['Alt+ArrowUp'],
      undo: 'step',
      run: () => application.presets.step(-1),
    },
    {
      id: 'library.next',
      name: 'Next preset',
      help: 'Hear the next one in your list of presets.',
      shortcuts: ['Alt+ArrowDown'],
      undo: 'step',
      run: () => application.presets.step(1),
    },
    {
      id: 'prior.learnFolder',
      name: 'Learn a prior from a folder…',
      help: 'Makes a map of your own out of a folder of presets, or of the published dataset.',
      isEnabled: () => application.presets.training === null,
      run: () => application.learnFromFolder(),
    },
    {
      id: 'prior.stopLearning',
      name: 'Stop learning the prior',
      help: 'Nothing is kept of what has been learned so far.',
      isEnabled: () => application.presets.training !== null,
      run: () => {
        application.presets.cancelTraining();
      },
    },
  ]);
}

function spaceCommands({ analysis, rack, space }: Application): Command[] {
  return group('View', [
    {
      id: 'view.presets',
      name: 'Presets',
      help: 'A map of settings that professionals use: look around, sample, morph, and keep your own.',
      shortcuts: ['P'],
      isChecked: () => rack.isBrowsing,
      run: () => void (rack.isBrowsing = !rack.isBrowsing),
    },
    {
      id: 'view.analysis',
      name: 'Analyse presets',
      help: 'Correlations, clusters, components and histograms of your presets, or of the prior.',
      run: () => {
        rack.isBrowsing = true;
        analysis.isShown = true;
      },
    },
    {
      id: 'space.sample',
      name: 'Sample a setting',
      help: 'Draws a new setting from the presets’ space; what is locked stays.',
      undo: 'step',
      isEnabled: () => rack.isBrowsing && space.model !== null,
      run: () => {
        space.sample();
      },
    },
  ]);
}

function helpCommands(application: Application): Command[] {
  return group('Help', [
    {
      id: 'help.shortcuts',
      name: 'Keyboard shortcuts',
      shortcuts: ['?'],
      run: () => void (application.dialog = { kind: 'shortcuts' }),
    },
  ]);
}
