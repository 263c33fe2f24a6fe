import { afterAll, afterEach, expect, test } from 'vitest';
import { measureFrame } from '../../components/frame.tsx';
import { topDialog } from '../../components/state.ts';
import { createTheme } from '../../components/theme.ts';
import { createScreenStore, type ScreenStore } from '../../components/view-store.ts';
import { readPlan } from '../../source/commands/plan.ts';
import { commandWords } from '../../source/ledger/command-words.ts';
import { type Bench, bench, cleanUpAll, merge, operator, quiet, script, until } from './harness.ts';

const stores: ScreenStore[] = [];
afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});
afterAll(cleanUpAll);

/** A person at a screen without a terminal: keys go in, and each is pressed long after the one before. */
const person = (town: Bench) => {
  const theme = createTheme({ colour: false, unicode: true });
  let hurry = 0;
  const store = createScreenStore({
    handle: town.running.handle,
    measure: (snapshot, size) => measureFrame(snapshot, size, { theme }),
    now: () => Date.now() + hurry,
    readPlan: (text, rig) => readPlan(text, { file: 'plan', rig }),
  });
  stores.push(store);
  store.resize({ columns: 120, rows: 40 });
  const state = () => store.getSnapshot().state;
  const press = (...names: string[]) => {
    for (const name of names) {
      hurry += 1_000;
      store.send({ type: 'key', name });
    }
  };
  const type = (text: string) => press(...[...text].map(letter => (letter === ' ' ? 'space' : letter)));
  const says = (wanted: string | RegExp) =>
    until(town, `the screen says ${wanted}`, () => {
      const text = state().flash?.text ?? '';
      return typeof wanted === 'string' ? text.includes(wanted) : wanted.test(text);
    });
  /** What a person sees of the town, without times. */
  const seen = () => {
    const { beads, convoys, merges, rigs, town: whole } = town.running.handle.getView();
    return {
      estop: whole.estop,
      paused: rigs.map(rig => rig.paused),
      convoys: convoys.filter(row => row.status !== 'cancelled').map(row => [row.id, row.status, row.beads]),
      beads: [...beads.values()]
        .filter(row => row.status !== 'tombstone')
        .map(row => [row.id, row.title, row.phase, row.description ?? '']),
      merges: merges.map(row => [row.id, row.state, row.position ?? 0, row.held, row.needsApproval, row.approved]),
    };
  };
  return {
    press,
    type,
    says,
    seen,
    run(name: string) {
      press(':');
      type(name);
      press('enter');
    },
    /** Selects a row of a pane, whatever was selected. */
    select(pane: string, id: string) {
      press('esc', pane, 'g');
      const ids = store.context().ids(state().list);
      press(...Array.from({ length: ids.indexOf(id) }, () => 'j'));
      expect(store.getSnapshot().state.selected[state().list]?.id ?? ids[0]).toBe(id);
    },
    dialog: () => topDialog(state()),
    /** Does it, sees that something changed, takes it back with `z`, and sees everything as before. */
    async takesBack(what: string, act: () => void | Promise<void>) {
      const before = seen();
      await act();
      await until(town, `${what} changed something`, () => JSON.stringify(seen()) !== JSON.stringify(before));
      await until(town, 'the town has answered', () => !/…$/.test(state().flash?.text ?? ''));
      expect(state().flash?.text ?? '', 'is said in words').not.toMatch(/^(Done: )?[a-z]+\.[a-z]+/i);
      press('z');
      await until(town, `z after ${what} asks`, () => topDialog(state())?.kind === 'confirm');
      const dialog = topDialog(state()) as { title: string; intents: readonly unknown[]; lines: readonly string[] };
      expect(dialog.title).toContain(`Take back: ${commandWords(what)}`);
      press('enter');
      await says('Taken back');
      expect([what, seen()]).toEqual([what, before]);
    },
  };
};

test('each key that changes the town is taken back by z, in one step', async () => {
  const town = await bench('undo-keys', { policy: 'all' });
  const at = person(town);
  const ids = [];
  for (const name of ['one', 'two', 'three']) {
    ids.push(await town.sling(`Write ${name}`, script(`echo ${name} > ${name}.txt`)));
    await merge(town, ids.at(-1)!);
  }
  await quiet(town);
  await until(
    town,
    'the queue is shown, and that a person is asked',
    () => town.running.handle.getView().merges.filter(row => row.needsApproval).length === 3,
  );
  // Stopped, the town does nothing by itself: what changes is what the keys did.
  await at.takesBack('town.estop', () => {
    at.run('estop');
    at.press('y');
  });
  await town.running.handle.dispatch({ type: 'town.estop', payload: { reason: 'The test looks closely.' } });
  const queue = () =>
    town.running.handle
      .getView()
      .merges.filter(row => row.position !== undefined)
      .sort((a, b) => a.position! - b.position!)
      .map(({ id }) => id);
  const [first, second, third] = queue();

  await at.takesBack('merge.order', () => {
    at.select('3', third!);
    at.press('K');
  });
  await at.takesBack('merge.order', () => {
    at.select('3', first!);
    at.press('J');
  });
  await at.takesBack('merge.order', () => {
    at.select('3', third!);
    at.press('m');
  });
  await at.takesBack('merge.hold', () => {
    at.select('3', second!);
    at.run('hold');
  });
  await town.running.handle.dispatch({ type: 'merge.hold', payload: { id: second! } });
  await at.takesBack('merge.release', () => {
    at.select('3', second!);
    at.run('release');
  });
  // Answered with y, the question of the held request does the same.
  await at.takesBack('merge.release', () => at.press('esc', 'space', 'y'));
  await town.running.handle.dispatch({ type: 'merge.release', payload: { id: second! } });
  await at.takesBack('merge.pause', () => at.run('pause-merges'));
  await at.takesBack('merge.approve', () => at.press('space', 'y'));
  await at.takesBack('merge.reject', () => {
    at.press('space', 'n');
    at.type('Not like this');
    at.press('enter');
  });
  await at.takesBack('bead.create', () => {
    at.press('n');
    at.type('A slip');
    at.press('ctrl-d');
  });
  await at.takesBack('plan.import', () => {
    at.press('N');
    at.type('# More');
    at.press('enter', 'enter');
    at.type('## First');
    at.press('enter');
    at.type('Do it well');
    at.press('ctrl-d');
  });
  const paint = { type: 'bead.create', payload: { title: 'Paint', rig: 'app' } } as const;
  const bead = (await town.running.handle.dispatch(paint)).subject!;
  await at.takesBack('bead.update', () => {
    at.select('1', bead);
    at.press('e', 'ctrl-u');
    at.type('Paint the gate');
    at.press('ctrl-d');
  });
  const plan = { title: 'In order', rig: 'app', beads: ['a', 'b'].map(key => ({ key, title: key })) };
  const convoy = (await town.running.handle.dispatch({ type: 'plan.import', payload: plan })).subject!;
  await at.takesBack('convoy.order', () => {
    at.select('1', town.running.handle.getView().convoys.find(({ id }) => id === convoy)!.beads[0]!);
    at.press('J');
  });
  await at.takesBack('bead.sling', () => {
    at.select('1', bead);
    at.press('s');
  });
  await town.running.handle.dispatch({ type: 'bead.sling', payload: { id: bead } });
  await at.takesBack('bead.unsling', () => {
    at.select('1', bead);
    at.run('unsling');
  });
  await until(town, 'the screen says that all of it is in Git', () => {
    const { seq, committedSeq } = town.running.handle.getView().health.ledger;
    return committedSeq === seq;
  });
});

test('a stopped session leaves its bead in the plan: z says that the process is gone, and slings the bead again', async () => {
  const town = await bench('undo-stop');
  const at = person(town);
  const id = await town.sling('Wait', script(`touch '${town.notes}/begun'`, 'sleep 600'));
  await until(town, 'it works', () => town.hasNote('begun'));
  // Or the bead would be on a hook again before it is looked at.
  await operator(town, { type: 'town.dispatch', payload: { paused: 'The test stops it.' } });
  const { handle } = town.running;
  await until(town, 'a live polecat is shown', () => handle.getView().polecats.some(row => row.live));
  at.select('2', handle.getView().polecats[0]!.id);
  at.press('D', 'y');
  await at.says('its work in progress is kept');
  expect(town.running.town.context.ledger.data.beads.get(id)?.town.dispatch).toBeUndefined();
  at.press('z');
  await until(town, 'z asks', () => at.dialog()?.kind === 'confirm');
  expect(at.dialog()).toMatchObject({
    title: expect.stringMatching(/^Take back: unassigned /),
    lines: [`The session has ended and its work in progress is kept; ${id} is slung again.`],
  });
  at.press('enter');
  await at.says('Taken back: unassigned');
  expect(town.running.town.context.ledger.data.beads.get(id)?.town.dispatch).toBeDefined();
});
