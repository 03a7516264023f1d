/** Where the window was last, and whether that can still be seen. */
import { join } from 'node:path';
import { z } from 'zod';
import { StateFile } from '../services/state-file.ts';

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const SMALLEST = { width: 1024, height: 700 } as const;
const USUAL = { width: 1440, height: 900 } as const;
/** So much of the window must be on a display, across, for it to be found and moved. */
const VISIBLE_PIXELS = 200;

const schema = z.object({
  bounds: z
    .object({ x: z.int(), y: z.int(), width: z.int().positive(), height: z.int().positive() })
    .nullable()
    .default(null),
  isMaximised: z.boolean().default(false),
});
export type WindowPlace = z.infer<typeof schema>;

export const windowPlaceFile = (userFolder: string): StateFile<WindowPlace> =>
  new StateFile(join(userFolder, 'window.json'), 'The place of the window', 1, schema);

/**
 * Bounds for the window: as it was, where its upper edge can be reached on one of the displays; else of the usual size,
 * somewhere. Never smaller than {@link SMALLEST}.
 *
 * @param workAreas of all displays
 */
export function windowBounds(
  saved: Rectangle | null,
  workAreas: readonly Rectangle[],
): Partial<Rectangle> & { readonly width: number; readonly height: number } {
  if (!saved) return USUAL;
  const width = Math.max(saved.width, SMALLEST.width);
  const height = Math.max(saved.height, SMALLEST.height);
  const isReachable = workAreas.some((area) => {
    const across = Math.min(saved.x + width, area.x + area.width) - Math.max(saved.x, area.x);
    return across >= VISIBLE_PIXELS && saved.y >= area.y && saved.y < area.y + area.height - VISIBLE_PIXELS;
  });
  return isReachable ? { x: saved.x, y: saved.y, width, height } : { width, height };
}
