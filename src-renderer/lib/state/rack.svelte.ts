/**
 * The rack's panels over the session's setting: physical values by parameter id, edits of several at once as one
 * gesture, and which effect is open.
 */
import { CHAIN_PARAMETERS, parameterIndex, parametersUnder } from '#core/chain/parameters.ts';
import { physicalToRaw, rawToPhysical, type ParameterDefinition } from '#core/parameter.ts';
import { EFFECTS, effectSchema, type EffectId } from '#core/protocol/schemas.ts';
import { EFFECT_NAMES } from './effect-names.ts';
import type { Session } from './session.svelte.ts';

/** New physical values by parameter id. */
export type Values = Readonly<Record<string, number>>;

export class Rack {
  private open = $state<EffectId>('eq');
  /** Whether the presets are browsed in the place of the panel. */
  isBrowsing = $state(false);
  /** The parameter that was asked for last, another object every time: its panel unfolds what it lies in. */
  wanted = $state.raw<{ readonly id: string } | null>(null);

  constructor(private readonly session: Session) {}

  /** The effect whose panel is open; opening one ends browsing. */
  get shown(): EffectId {
    return this.open;
  }

  set shown(effect: EffectId) {
    this.open = effect;
    this.isBrowsing = false;
  }

  /** Throws a RangeError for an unknown id, as all of these do. */
  parameter(id: string): ParameterDefinition {
    return CHAIN_PARAMETERS[parameterIndex(id)]!;
  }

  /** Physical value of the setting, as the controls show it. */
  value(id: string): number {
    return rawToPhysical(this.parameter(id), this.session.raw[parameterIndex(id)]!);
  }

  /** Physical value that is heard: the setting's, as far as the amounts let it. */
  heardValue(id: string): number {
    return rawToPhysical(this.parameter(id), this.session.heard[parameterIndex(id)]!);
  }

  isLocked(id: string): boolean {
    return this.session.locked.has(id);
  }

  /** A gesture begins; its name for the undo list. */
  begin(label: string): void {
    this.session.beginSetting(label);
  }

  /** Within a gesture; what lies outside a parameter's range is brought in. */
  change(values: Values): void {
    this.session.showParameters(this.rawEntries(values));
  }

  commit(): void {
    this.session.commit();
  }

  cancel(): void {
    this.session.cancel();
  }

  /** One whole undo step. */
  set(label: string, values: Values): void {
    this.begin(label);
    this.change(values);
    this.commit();
  }

  /** Ids of an effect's parameters; the delay's include its send. */
  idsOf(effect: EffectId): string[] {
    return parametersUnder(effect).map((index) => CHAIN_PARAMETERS[index]!.id);
  }

  /** The effect that a parameter belongs to. */
  effectOf(id: string): EffectId {
    return effectSchema.parse(id.split('.')[0]);
  }

  /** Opens the panel in which a parameter is. */
  want(id: string): void {
    this.shown = this.effectOf(id);
    this.wanted = { id };
  }

  /** One undo step. */
  reset(effect: EffectId): void {
    this.session.resetEffect(effect, `Reset ${EFFECT_NAMES[effect]}`);
  }

  /** Whether fits leave an effect alone: all of it, none, or some of its parameters. */
  lockState(effect: EffectId): boolean | 'mixed' {
    const ids = this.idsOf(effect);
    const count = ids.filter((id) => this.session.locked.has(id)).length;
    return count === 0 ? false : count === ids.length ? true : 'mixed';
  }

  /** Locks all of an effect, or unlocks it when all is locked. */
  toggleLock(effect: EffectId): void {
    this.session.setLocked(this.idsOf(effect), this.lockState(effect) !== true);
  }

  /** The next effect in signal order, or the one before. */
  step(by: 1 | -1): void {
    this.shown = EFFECTS[(EFFECTS.indexOf(this.shown) + by + EFFECTS.length) % EFFECTS.length]!;
  }

  private rawEntries(values: Values): [number, number][] {
    return Object.entries(values).map(([id, physical]) => {
      const parameter = this.parameter(id);
      const bounded = Math.min(Math.max(physical, parameter.min), parameter.max);
      return [parameterIndex(id), physicalToRaw(parameter, bounded)];
    });
  }
}
