/** The part of the `app` contract that is about presets and priors; see core/protocol/preset-library.ts. */
import type { appContract } from '#core/protocol/app.ts';
import type { Handlers } from '#core/protocol/contract.ts';
import type { presetLibraryMethods } from '#core/protocol/preset-library.ts';
import type { FileGrants } from '../file-grants.ts';
import type { PresetLibrary } from './preset-library.ts';
import type { PriorLibrary } from './prior-library.ts';

/** The fields that are there. */
const given = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };

export function presetLibraryHandlers(
  presets: PresetLibrary,
  priors: PriorLibrary,
  grants: FileGrants,
): Pick<Handlers<typeof appContract>, keyof typeof presetLibraryMethods> {
  return {
    'presets.list': () => presets.list(),
    'presets.raws': ({ ids }) => presets.raws(ids),
    'presets.read': ({ id }) => presets.read(id),
    'presets.add': ({ name, raw, origin, tags }) => presets.add(name, raw, origin, tags),
    'presets.change': ({ id, ...change }) => presets.change(id, given(change)),
    'presets.duplicate': ({ id }) => presets.duplicate(id),
    'presets.trash': async ({ ids }) => {
      await presets.trash(ids);
      return {};
    },
    'presets.restore': async ({ ids }) => ({ entries: await presets.restore(ids) }),
    'presets.import': ({ files }) => presets.import(files.map((file) => grants.pathOf(file))),
    'presets.export': async ({ ids, file }) => {
      await presets.export(ids, grants.pathOf(file));
      return {};
    },

    'priors.list': async () => ({ priors: await priors.list() }),
    'priors.read': async ({ id }) => ({ text: await priors.read(id) }),
    'priors.add': ({ name, text }) => priors.add(name, text),
  };
}
