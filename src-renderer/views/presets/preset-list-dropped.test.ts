import { describe, expect, it } from 'vitest';
import { droppedFiles, droppedFolder } from './preset-list-dropped.ts';

interface Tree {
  readonly [name: string]: Tree | 'file';
}

/** What a browser gives of a folder, a few entries at a time. */
function entryOf(name: string, tree: Tree | 'file'): FileSystemEntry {
  const entry =
    tree === 'file'
      ? {
          isDirectory: false,
          name,
          file: (resolve: (file: File) => void) => {
            resolve(new File([], name));
          },
        }
      : {
          isDirectory: true,
          name,
          createReader: () => {
            const left = Object.entries(tree).map(([child, below]) => entryOf(child, below));
            return {
              readEntries: (resolve: (entries: FileSystemEntry[]) => void) => {
                resolve(left.splice(0, 2));
              },
            };
          },
        };
  return entry as unknown as FileSystemEntry;
}

function drop(dropped: Tree): DataTransfer {
  const items = Object.entries(dropped).map(([name, tree]) => ({
    webkitGetAsEntry: () => entryOf(name, tree),
  }));
  const files = Object.keys(dropped).map((name) => new File([], name));
  return { items, files } as unknown as DataTransfer;
}

const library: Tree = {
  'One.json': 'file',
  '.trash': { 'Two.json': 'file' },
  '._One.json': 'file',
  pop: { 'Three.json': 'file', '.old': { 'Four.json': 'file' }, 'Five.json': 'file' },
};

describe('a dropped folder', () => {
  it('gives what lies in it, but not what is hidden there', async () => {
    const taken = await droppedFiles(drop({ Presets: library, 'Six.json': 'file' }));
    expect(taken.map(({ name }) => name)).toEqual(['Six.json', 'One.json', 'Three.json', 'Five.json']);
  });

  it('is learned from by the same files', async () => {
    const { name, files } = await droppedFolder(drop({ '.Presets': library }));
    expect(name).toBe('.Presets');
    expect(files.map(({ path }) => path)).toEqual(['One.json', 'pop/Three.json', 'pop/Five.json']);
  });
});
