/** Gas Town's words in plain ones, for whoever meets them the first time. */
export const GLOSSARY = {
  town: 'The town is this workspace: its repositories, its plans and its memory.',
  convoy: 'A convoy is a batch of beads that belong to one goal; it lands when all of them have.',
  bead: 'A bead is one piece of work: a task, a bug, a feature.',
  polecat: 'A polecat is a worker: it does one bead at a time, in a checkout of its own.',
  hook: 'The hook holds the bead that a polecat works on: after a crash it is picked up again.',
  sling: 'To sling a bead is to have a polecat do it.',
  refinery: 'The refinery is the merge queue: it stacks finished work, runs the gates on it, and lands what is green.',
  rig: 'A rig is one repository under the care of the town.',
  mayor: 'The Mayor makes plans of goals, and hands beads to polecats.',
  witness: 'The Witness watches the polecats of a rig, and picks up what is stuck, silent or dead.',
  deacon: 'The Deacon watches the town itself: the other roles, budgets, limits and the machine.',
  dog: 'A dog is a small maintenance job that the town runs by itself.',
  gate: 'A gate is a command that must pass on the merged work before it lands.',
} as const;

export type GasTownWord = keyof typeof GLOSSARY;
