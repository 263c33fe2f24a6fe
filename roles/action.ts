import type { CommandInput, CommandType } from '../source/ledger/commands.ts';
import type { Action, CommandBody, Effect, RoleName } from './role.ts';

/** What an action is about and why it is taken. `because` is one sentence for people. */
export interface About {
  /** One action a key at a time: see `Action.key`. */
  readonly key: string;
  readonly subject: string;
  readonly because: string;
}

/** Builders of a role's actions, so that every one carries its role, key and reason. */
export const actionsOf = (role: RoleName) => ({
  command: <T extends CommandType>(type: T, payload: CommandInput<T>, about: About): Action => ({
    role,
    ...about,
    do: { command: { type, payload } as unknown as CommandBody },
  }),
  effect: (effect: Effect, about: About): Action => ({ role, ...about, do: { effect } }),
});

export type ActionBuilder = ReturnType<typeof actionsOf>;
