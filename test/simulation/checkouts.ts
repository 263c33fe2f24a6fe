import type { State } from './state.ts';

/** What lies in the checkouts: pieces of work by number, and which of them are kept elsewhere as well. */
export interface Checkouts {
  readonly drafts: Map<string, Set<number>>;
  readonly kept: Set<number>;
  written: number;
}

export const createCheckouts = (): Checkouts => ({ drafts: new Map(), kept: new Set(), written: 0 });

/** An agent changes a file and commits nothing. */
export const scribble = ({ checkouts }: State, polecat: string): void => {
  const drafts = checkouts.drafts.get(polecat) ?? new Set();
  drafts.add(++checkouts.written);
  checkouts.drafts.set(polecat, drafts);
};

/** All that lies in the checkout is in a commit of the town's own. */
export const keep = ({ checkouts }: State, polecat: string): void => {
  for (const draft of checkouts.drafts.get(polecat) ?? []) checkouts.kept.add(draft);
};

/** Made anew for another session. Throws where that destroys what is nowhere else. */
export const clear = ({ checkouts }: State, polecat: string): void => {
  const lost = [...(checkouts.drafts.get(polecat) ?? [])].filter(draft => !checkouts.kept.has(draft));
  if (lost.length > 0) throw new Error(`${lost.length} drafts in the checkout of ${polecat} are destroyed`);
  checkouts.drafts.delete(polecat);
};

/** No two agents work in one checkout. */
export const checkWriters = ({ host, ledger }: State): void => {
  const writers = new Map<string, string>();
  for (const [id, { alive }] of host) {
    const session = ledger.data.sessions.get(id);
    if (!alive || !session) continue;
    const other = writers.get(session.polecat);
    if (other !== undefined) throw new Error(`${other} and ${id} work in the checkout of ${session.polecat}`);
    writers.set(session.polecat, id);
  }
};
