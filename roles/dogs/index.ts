import type { Decide } from '../role.ts';
import { backup } from './backup.ts';
import { checkpoint } from './checkpoint.ts';
import { compactor } from './compactor.ts';
import { doctor } from './doctor.ts';
import { flakes } from './flakes.ts';
import { mainTest } from './main-test.ts';
import { pruner } from './pruner.ts';
import { reaper } from './reaper.ts';

/** Small maintenance jobs, each due by its interval and only when it has something to do. */
export const dogs: Decide = view =>
  [checkpoint, reaper, backup, mainTest, flakes, doctor, compactor, pruner].flatMap(dog => dog(view));
