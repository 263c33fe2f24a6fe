import path from 'node:path';
import { KINDS } from '../../source/ledger/kinds.ts';
import { openAccess, type TownAccess } from '../../source/town/access.ts';
import { writeConfig } from '../../source/town/config.ts';
import { createTown } from '../../source/town/create-town.ts';
import { townPaths } from '../../source/town/paths.ts';
import { cloneTown } from '../../source/town/sync/clone.ts';
import { type Synced, type SyncOptions, syncTown } from '../../source/town/sync/sync.ts';
import { cleanEnv, type workspace } from '../support/process.ts';
import { gitIn } from './harness.ts';

/** Where the copies of one town lie, beside their remote `remote.git`. */
export interface Place {
  readonly work: ReturnType<typeof workspace>;
  readonly dir: string;
}

/** Lets go of all towns that a test opened. */
export const closeCopies = async (): Promise<void> => {
  for (const copy of copies) await copy.close();
  copies.clear();
};
const copies = new Set<Copy>();

/** A copy of the town, opened directly as a command does. */
export class Copy {
  readonly dir: string;
  readonly remote: string;
  readonly #env: Record<string, string>;
  #access: TownAccess | undefined;

  constructor(place: Place, name: string) {
    this.dir = place.work.town(path.join(place.dir, name));
    this.remote = path.join(place.dir, 'remote.git');
    this.#env = cleanEnv(place.work.home);
    copies.add(this);
  }

  static async first(place: Place, name = 'one'): Promise<Copy> {
    const copy = new Copy(place, name);
    await createTown(copy.dir, { name: 'home', env: copy.#env });
    await writeConfig(townPaths(copy.dir).config, { name: 'home' });
    return copy;
  }

  static async cloned(place: Place, name: string): Promise<Copy> {
    const copy = new Copy(place, name);
    await cloneTown({ dir: copy.dir, remote: copy.remote, env: copy.#env });
    return copy;
  }

  async access(): Promise<TownAccess> {
    this.#access ??= await openAccess({ dir: this.dir, env: this.#env });
    return this.#access;
  }

  async close(): Promise<void> {
    await this.#access?.close();
    this.#access = undefined;
  }

  async sync(options: Partial<SyncOptions> = {}): Promise<Synced> {
    const access = await this.access();
    return syncTown(access.sync, {
      gitDir: townPaths(this.dir).ledger,
      remote: this.remote,
      env: this.#env,
      ...options,
    });
  }

  async do(type: string, payload: object): Promise<string> {
    const outcome = await (await this.access()).dispatch({ type, payload } as never);
    return outcome.subject ?? '';
  }

  async bead(id: string) {
    return (await (await this.access()).records('beads')).find(bead => bead.id === id);
  }

  /** All records, by path: what a converged town has alike. */
  async tree(): Promise<Record<string, unknown>> {
    const access = await this.access();
    const all = await Promise.all(
      KINDS.map(async kind => (await access.records(kind)).map(record => [`${kind} ${record.id}`, record] as const)),
    );
    return Object.fromEntries(all.flat().sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  head = (): string => gitIn(townPaths(this.dir).ledger, 'rev-parse', 'refs/heads/main');
}
