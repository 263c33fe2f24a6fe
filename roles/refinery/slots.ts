import type { WorldView } from '../role.ts';

/** Cores that one run of the gates is thought to need, where nobody says how many may run at once. */
const CORES_A_RUN = 2;
/** More at once would each want a warm checkout with its dependencies. */
const SLOTS_MAX = 8;

/** How many trees of the whole town are tested at once, and how many more may be now. */
export const slotsOf = ({
  settings,
  observed,
  running,
}: WorldView): { readonly all: number; readonly free: number } => {
  const cores = observed.machine?.cores ?? CORES_A_RUN;
  const all = settings.refinery.slots || Math.max(1, Math.min(SLOTS_MAX, Math.floor(cores / CORES_A_RUN)));
  const used = [...running].filter(key => key.startsWith('gates:')).length;
  return { all, free: Math.max(0, all - used) };
};
