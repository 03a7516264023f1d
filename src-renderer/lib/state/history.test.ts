import { describe, expect, it } from 'vitest';
import { History } from './history.ts';

describe('History', () => {
  it('takes back and repeats edits in order', () => {
    const history = new History(0);
    history.edit('one', 1);
    history.edit('two', 2);
    expect(history.undoLabel).toBe('two');
    history.undo();
    expect(history.value).toBe(1);
    expect(history.redoLabel).toBe('two');
    history.undo();
    history.undo();
    expect(history.value).toBe(0);
    history.redo();
    history.redo();
    history.redo();
    expect(history.value).toBe(2);
  });

  it('makes one step of a gesture', () => {
    const history = new History(0);
    history.begin('drag');
    for (let value = 1; value <= 50; value++) history.show(value);
    history.commit();
    expect(history.value).toBe(50);
    history.undo();
    expect(history.value).toBe(0);
    expect(history.undoLabel).toBeUndefined();
  });

  it('makes no step of a cancelled or an empty gesture', () => {
    const history = new History('a');
    history.begin('drag');
    history.show('b');
    history.cancel();
    expect(history.value).toBe('a');
    history.begin('drag');
    history.commit();
    expect(history.undoLabel).toBeUndefined();
  });

  it('forgets what was undone when something new is done', () => {
    const history = new History(0);
    history.edit('one', 1);
    history.undo();
    history.edit('other', 5);
    expect(history.redoLabel).toBeUndefined();
    history.undo();
    expect(history.value).toBe(0);
  });

  it('commits a gesture that undo interrupts, so that nothing is lost', () => {
    const history = new History(0);
    history.begin('drag');
    history.show(7);
    history.undo();
    expect(history.value).toBe(0);
    history.redo();
    expect(history.value).toBe(7);
  });
});
