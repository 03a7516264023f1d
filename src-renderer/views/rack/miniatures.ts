/** What an effect does to the sound at present, drawn a few centimetres wide. */
import { decayTimeSeconds } from '#core/effects/fdn/response.ts';
import { compTransferDb } from '#core/effects/comp/response.ts';
import { delayTaps } from '#core/effects/delay/response.ts';
import { eqResponseDb } from '#core/effects/eq/response.ts';
import { valuesOf } from '#core/chain/parameters.ts';
import { FREQUENCY_AXIS, linearAxis, logAxis } from '#core/plot/axis.ts';
import type { Bypassable, EffectId } from '#core/protocol/schemas.ts';
import { fillCurve, strokeCurve } from '../../lib/plot/draw.ts';
import type { Drawing } from '../../lib/plot/plot-canvas.svelte';

/** What a miniature is drawn of. */
export interface Sound {
  /** Raw values that are heard. */
  readonly raw: ArrayLike<number>;
  readonly bypassed: readonly Bypassable[];
  readonly sampleRateHz: number;
}

type Draw = (drawing: Drawing) => void;

const POINTS = 64;
const FREQUENCIES_HZ = Float64Array.from({ length: POINTS }, (_, i) =>
  FREQUENCY_AXIS.toValue(i / (POINTS - 1)),
);

const GAIN_AXIS = linearAxis(-18, 18);

function eq({ raw, bypassed, sampleRateHz }: Sound): Draw {
  const y = eqResponseDb(valuesOf(raw, 'eq'), bypassed, FREQUENCIES_HZ, sampleRateHz).map((gainDb) =>
    Math.min(Math.max(gainDb, GAIN_AXIS.min - 1), GAIN_AXIS.max + 1),
  );
  const points = { x: FREQUENCIES_HZ, y };
  return (drawing) => {
    const { context, width, height, colours } = drawing;
    context.fillStyle = colours['plot-grid'];
    context.fillRect(0, Math.round(height / 2), width, 1);
    fillCurve(drawing, points, FREQUENCY_AXIS, GAIN_AXIS, { colour: colours.accent, opacity: 0.16, base: 0 });
    strokeCurve(drawing, points, FREQUENCY_AXIS, GAIN_AXIS, { colour: colours.accent });
  };
}

const LEVEL_AXIS = linearAxis(-72, 0);
const LEVELS_DB = Float64Array.from({ length: POINTS }, (_, i) => LEVEL_AXIS.toValue(i / (POINTS - 1)));

function comp({ raw }: Sound): Draw {
  const values = valuesOf(raw, 'comp');
  const points = { x: LEVELS_DB, y: LEVELS_DB.map((levelDb) => compTransferDb(values, levelDb)) };
  return (drawing) => {
    const { colours } = drawing;
    const straight = { x: [LEVEL_AXIS.min, LEVEL_AXIS.max], y: [LEVEL_AXIS.min, LEVEL_AXIS.max] };
    strokeCurve(drawing, straight, LEVEL_AXIS, LEVEL_AXIS, { colour: colours['plot-grid'], lineWidth: 1 });
    strokeCurve(drawing, points, LEVEL_AXIS, LEVEL_AXIS, { colour: colours.accent });
  };
}

const TAP_AXIS = linearAxis(-48, 0);
const LONGEST_SECONDS = 2.5;

function delay({ raw, sampleRateHz }: Sound): Draw {
  const taps = delayTaps(valuesOf(raw, 'delay'), {
    sampleRateHz,
    floorDb: TAP_AXIS.min,
    longestSeconds: LONGEST_SECONDS,
  });
  return ({ context, width, height, colours }) => {
    const middle = Math.round(height / 2);
    context.fillStyle = colours['plot-grid'];
    context.fillRect(0, middle, width, 1);
    for (const { timeSeconds, leftDb, rightDb } of taps) {
      const x = Math.round((timeSeconds / LONGEST_SECONDS) * (width - 3));
      for (const [levelDb, colour, direction] of [
        [leftDb, colours['plot-left'], -1],
        [rightDb, colours['plot-right'], 1],
      ] as const) {
        const length = Math.min(Math.max(TAP_AXIS.toUnit(levelDb), 0), 1) * (height / 2 - 1);
        context.fillStyle = colour;
        context.fillRect(x, direction < 0 ? middle - length : middle + 1, 2, length);
      }
    }
  };
}

const DECAY_AXIS = logAxis(0.05, 9);
/** From here on the 49 points lie close enough to be drawn. */
const DECAY_HZ = FREQUENCIES_HZ.filter((hz) => hz >= 100);
const REVERB_AXIS = logAxis(100, 20_000);

function fdn({ raw, sampleRateHz }: Sound): Draw {
  const seconds = decayTimeSeconds(valuesOf(raw, 'fdn'), DECAY_HZ, sampleRateHz);
  const y = seconds.map((t60) => Math.min(Math.max(t60, DECAY_AXIS.min), DECAY_AXIS.max));
  const points = { x: DECAY_HZ, y };
  return (drawing) => {
    const { colours } = drawing;
    fillCurve(drawing, points, REVERB_AXIS, DECAY_AXIS, {
      colour: colours.accent,
      opacity: 0.16,
      base: DECAY_AXIS.min,
    });
    strokeCurve(drawing, points, REVERB_AXIS, DECAY_AXIS, { colour: colours.accent });
  };
}

function pan({ raw }: Sound): Draw {
  const position = valuesOf(raw, 'pan')[0]!;
  return ({ context, width, height, colours }) => {
    const margin = 10;
    const y = Math.round(height / 2);
    context.fillStyle = colours['line-strong'];
    context.fillRect(margin, y, width - 2 * margin, 1);
    context.fillRect(Math.round(width / 2), y - 5, 1, 11);
    context.beginPath();
    context.arc(margin + position * (width - 2 * margin), y + 0.5, 4.5, 0, 2 * Math.PI);
    context.fillStyle = colours.accent;
    context.fill();
  };
}

export const MINIATURES: Readonly<Record<EffectId, (sound: Sound) => Draw>> = { eq, comp, delay, fdn, pan };
