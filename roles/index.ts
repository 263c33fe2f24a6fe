import { deacon } from './deacon.ts';
import { dogs } from './dogs/index.ts';
import { mayor } from './mayor.ts';
import { polecat } from './polecat.ts';
import { refinery } from './refinery.ts';
import type { Decide, RoleName } from './role.ts';
import { witness } from './witness.ts';

/** Every role's decision, by name. The loop asks them in the order of `ROLE_NAMES`. */
export const ROLES: Readonly<Record<RoleName, Decide>> = { mayor, polecat, refinery, witness, deacon, dogs };
