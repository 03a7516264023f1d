/**
 * For tests: a program that keeps changing a library until it is killed, and tells the name of each preset that is there to
 * stay. `rows`: a `.npy` file that it imports again and again, or nothing to work on one preset after another.
 */
import { neutralRaw } from '#core/chain/parameters.ts';
import { PresetLibrary } from './preset-library.ts';

const [, , libraryFolder, indexPath, rows] = process.argv;
const library = new PresetLibrary({ libraryFolder, indexPath, onChange: () => undefined });
const origin = { kind: 'saved', text: '' } as const;
const tell = (name: string): void => {
  process.send!(name);
};
process.on('disconnect', () => process.exit());

for (let count = 0; ; count++) {
  if (rows) {
    const { entries } = await library.import([rows]);
    entries.forEach(({ name }) => {
      tell(name);
    });
    continue;
  }
  const { id } = await library.add(
    'New',
    Float64Array.from(Float32Array.from(neutralRaw().with(0, count))),
    origin,
    [],
  );
  const { id: renamed, name } = await library.change(id, { name: 'Renamed', rating: 3 });
  tell(name);
  const { id: other } = await library.duplicate(renamed);
  await library.trash([other]);
  if (count % 2 === 0) await library.restore([other]);
}
