import { duration } from '../../source/common/text.ts';
import { actionsOf } from '../action.ts';
import { hasPassed, townOf } from '../facts.ts';
import type { Action, DogName, WorldView } from '../role.ts';

export const act = actionsOf('dogs');

/** When the Dog last ran; before its first run, when this town began to orchestrate. */
export const lastRunOf = (view: WorldView, dog: DogName): number =>
  view.observed.dogs.get(dog)?.lastRunAt ?? view.observed.startedAt;

/** An interval of 0 turns a Dog off, as a person may; one shorter than the cool-down is held to that. */
export const isDue = (view: WorldView, dog: DogName, intervalMs: number): boolean =>
  intervalMs > 0 &&
  townOf(view.ledger)?.dogsOff?.[dog] === undefined &&
  hasPassed(view, lastRunOf(view, dog), Math.max(intervalMs, view.settings.dogs.coolDownMs));

export const run = (view: WorldView, dog: DogName, what: string, rig?: string): Action =>
  act.effect(
    { type: 'dog.run', dog, ...(rig !== undefined && { rig }) },
    {
      key: rig === undefined ? `dog:${dog}` : `dog:${dog}:${rig}`,
      subject: rig ?? dog,
      because: `${what}; last run ${duration(view.now - lastRunOf(view, dog))} ago`,
    },
  );
