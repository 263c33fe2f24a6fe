import fs from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { editBead } from '../../source/commands/bead-text.ts';
import type { TownAccess } from '../../source/town/access.ts';
import { beadChange, showBead } from '../../source/town/plan/bead-text.ts';
import { MAYOR } from '../ledger/helpers.ts';
import { town as ledgerTown, type World } from '../ledger/world.ts';

/** The ledger's own rules behind what a command asks of a town. */
const desk = (world: World): TownAccess =>
  ({
    records: async (kind: 'beads') => [...world.data[kind].values()],
    dispatch: async ({ type, payload }: { type: 'bead.update'; payload: never }) => {
      world.do(type, payload);
      return { ok: true, message: '' };
    },
  }) as unknown as TownAccess;

const start = () => {
  const world = ledgerTown();
  const id = world.slung({ title: 'Log in', description: 'Do it *well*.\n\n```sh\necho hi\n```', priority: 1 });
  return { world, id, town: desk(world) };
};
const replacing = (from: string, to: string) => async (file: string) =>
  fs.writeFile(file, (await fs.readFile(file, 'utf8')).replace(from, to));

describe('a bead in an editor', () => {
  test('is shown with its id and read back as it is: nothing changed is no change', () => {
    const { world, id } = start();
    const shown = showBead(world.bead(id));
    expect(shown.text).toContain(`## Log in {#${id}}`);
    expect(shown.text).toContain('priority: 1');
    expect(beadChange(shown, shown.text, 'bead.md')).toBeUndefined();
  });

  test('changes just what was written in another way', async () => {
    const { world, id, town } = start();
    expect(await editBead(town, id, replacing('*well*', 'better'))).toBe(true);
    expect(world.bead(id)).toMatchObject({ title: 'Log in', priority: 1 });
    expect(world.bead(id).description).toContain('Do it better.');
    expect(await editBead(town, id, replacing('priority: 1', 'priority: 0'))).toBe(true);
    expect(world.bead(id).priority).toBe(0);
    expect(await editBead(town, id, async () => {})).toBe(false);
  });

  test('takes out what was taken out', async () => {
    const { world, id, town } = start();
    world.do('bead.update', { id, set: { design: 'Like this.' } });
    await editBead(town, id, replacing('### Design\n\nLike this.', ''));
    expect(world.bead(id).design).toBeUndefined();
  });

  test('is not written over what somebody else wrote meanwhile, and the text is kept', async () => {
    const { world, id, town } = start();
    const refused = editBead(town, id, async file => {
      world.do('bead.update', { id, set: { title: 'Log out' } });
      await replacing('*well*', 'better')(file);
    });
    const error = await refused.then(
      () => undefined,
      (thrown: { code: string; hint: string }) => thrown,
    );
    expect(error?.code).toBe('conflict');
    expect(world.bead(id)).toMatchObject({ title: 'Log out' });
    const kept = /Your text is in (\S+)\.$/.exec(error?.hint ?? '')![1]!;
    expect(await fs.readFile(kept, 'utf8')).toContain('Do it better.');
    await fs.rm(path.dirname(kept), { recursive: true });
  });

  test('may be given to a polecat meanwhile: its texts are the same', async () => {
    const { world, id, town } = start();
    await editBead(town, id, async file => {
      world.do('hook.set', { bead: id, polecat: 'rust/nux' }, MAYOR);
      await replacing('Log in', 'Sign in')(file);
    });
    expect(world.bead(id)).toMatchObject({ title: 'Sign in', status: 'hooked' });
  });

  test.each<[string, string, RegExp]>([
    ['another bead', 'Log in {#', /not of /],
    ['what it needs', 'type: task', /needs and touches is not changed here/],
  ])('refuses %s, and says what is wrong', async (what, from, expected) => {
    const { world, id, town } = start();
    const before = world.bead(id);
    const to = what === 'another bead' ? 'Log in {#x' : `type: task\ntouches: src/a.ts`;
    const error = await editBead(town, id, replacing(from, to)).then(
      () => undefined,
      (thrown: Error & { hint: string }) => thrown,
    );
    expect(error?.message).toMatch(expected);
    expect(world.bead(id)).toBe(before);
    await fs.rm(path.dirname(/Your text is in (\S+)\.$/.exec(error!.hint)![1]!), { recursive: true });
  });
});
