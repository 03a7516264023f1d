/** A preset that is dragged within the window, from the list to an end of the morph. */

const TYPE = 'application/x-voxfit-preset';

export function offerPreset(transfer: DataTransfer, id: string): void {
  transfer.setData(TYPE, id);
  transfer.effectAllowed = 'copyLink';
}

/** Whether it is no file from outside that is dragged. */
export function isPresetDrag({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes(TYPE) ?? false;
}

/** The id of the preset of a drop; null for anything else. */
export function droppedPreset({ dataTransfer }: DragEvent): string | null {
  return dataTransfer?.getData(TYPE) || null;
}
