import { deacon } from './deacon.ts';
import { backup } from './dogs/backup.ts';
import { doctor } from './dogs/doctor.ts';
import { dogs } from './dogs/index.ts';
import { isAway } from './facts.ts';
import { mayor } from './mayor.ts';
import { abandoned, polecat } from './polecat.ts';
import { landedTwins } from './refinery/duplicates.ts';
import { radar } from './refinery/radar.ts';
import { refinery } from './refinery.ts';
import type { Decide, RoleName } from './role.ts';
import { witness } from './witness.ts';

/** Only the machine that the town works on acts; each of the others looks after itself. */
const atHome =
  (decide: Decide, away: Decide = () => []): Decide =>
  view =>
    isAway(view) ? away(view) : decide(view);

/** Every role's decision, by name. The loop asks them in the order of `ROLE_NAMES`. */
export const ROLES: Readonly<Record<RoleName, Decide>> = {
  mayor: atHome(mayor),
  polecat: atHome(polecat, abandoned),
  refinery: atHome(view => [...landedTwins(view), ...refinery(view), ...radar(view)]),
  witness: atHome(witness),
  deacon: atHome(deacon),
  dogs: atHome(dogs, view => [...backup(view), ...doctor(view)]),
};
