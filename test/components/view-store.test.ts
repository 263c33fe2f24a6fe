import { afterEach, expect, test } from 'vitest';
import { EMPTY_DOCUMENT } from '../../components/rows/review-document.ts';
import { createScreenStore, type ScreenStoreOptions } from '../../components/view-store.ts';
import type { Outcome } from '../../source/town/view.ts';
import { createFakeTown } from './fake-town.ts';
import { attentionRow, NOON, smallView } from './small-view.ts';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
});

const open = (options: Partial<ScreenStoreOptions> = {}) => {
  const town = createFakeTown(smallView());
  const store = createScreenStore({
    handle: town.handle,
    measure: () => ({
      ids: pane => (pane === 'plan' ? ['gt-1', 'gt-2', 'gt-new'] : []),
      zooms: 3,
      pageRows: () => 10,
      lineCount: () => 0,
      detailCount: () => 0,
      reviewDocument: () => EMPTY_DOCUMENT,
    }),
    ...options,
  });
  opened.push(store);
  let changes = 0;
  store.subscribe(() => {
    changes++;
  });
  return {
    town,
    store,
    changes: () => changes,
    state: () => store.getSnapshot().state,
    press: (...names: string[]) => store.send(...names.map(name => ({ type: 'key' as const, name }))),
  };
};

const eventually = async (check: () => unknown): Promise<void> => {
  const end = performance.now() + 3_000;
  while (!check()) {
    if (performance.now() > end) throw new Error(`never became true: ${check}`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
};

test('all keys of one read are one change', () => {
  const { press, changes, state } = open();
  press('j', 'j', '2');
  expect(changes()).toBe(1);
  expect(state().focus).toBe('polecats');
});

test('a key that changes nothing paints nothing', () => {
  const { press, changes } = open({ now: () => NOON });
  press('esc', 'é', 'f1');
  expect(changes()).toBe(0);
});

test('the first key after a while shows how old things are by now, since nothing ticks in an idle town', () => {
  let at = NOON;
  const { press, changes, store } = open({ now: () => at });
  at += 3_600_000;
  press('é');
  expect([store.getSnapshot().view.at, changes()]).toEqual([at, 1]);
  at += 500;
  press('é', 'f1');
  expect(changes()).toBe(1);
  press('Z');
  at += 5_000;
  press('é');
  expect(store.getSnapshot().view.at).toBe(NOON + 3_600_000);
});

test('the town answers into the flash line, good or bad', async () => {
  const { press, town, state } = open();
  press('s');
  expect(state().flash?.text).toBe('Slinging gt-1…');
  await eventually(() => state().flash?.text === 'done: bead.sling');
  town.answerWith(() => ({ ok: false, message: 'No rig has room.' }));
  press('s');
  await eventually(() => state().flash?.kind === 'error');
  expect(state().flash?.text).toBe('No rig has room.');
});

test('the first refusal ends a row of intents', async () => {
  const { town, store, state } = open({
    measure: () => ({
      ids: () => ['mr-1', 'mr-2'],
      zooms: 3,
      pageRows: () => 10,
      lineCount: () => 0,
      detailCount: () => 0,
      reviewDocument: () => EMPTY_DOCUMENT,
    }),
  });
  town.answerWith(() => ({ ok: false, message: 'no' }));
  town.show(smallView({ merges: smallView().merges.map(row => ({ ...row, held: true })) }));
  store.send({ type: 'key', name: '3' }, { type: 'key', name: 'm' });
  await eventually(() => state().flash?.text === 'no');
  expect(town.asked).toHaveLength(1);
});

test('a bead that was just made is selected, so that s slings it', async () => {
  const { town, store, press, state } = open();
  town.answerWith(() => {
    const view = smallView();
    town.show({ ...view, beads: new Map([...view.beads, ['gt-new', { ...view.beads.get('gt-1')!, id: 'gt-new' }]]) });
    return { ok: true, message: 'Created gt-new' };
  });
  press('n');
  store.send({ type: 'paste', text: 'A new one' });
  press('ctrl-d');
  await eventually(() => state().flash?.text === 'Created gt-new. s slings it.');
  expect(state().selected.plan?.id).toBe('gt-new');
  press('s');
  await eventually(() => town.asked.length === 2);
  expect(town.asked[1]).toEqual({ type: 'bead.sling', payload: { id: 'gt-new' } });
});

test('what is frozen stands still until it is not', async () => {
  const { town, store, press } = open({ now: () => NOON });
  const before = store.getSnapshot().view;
  press('Z');
  town.show(smallView({ version: 2 }));
  expect(store.getSnapshot().view).toBe(before);
  press('Z');
  expect(store.getSnapshot().view.version).toBe(2);
});

test('in the past the town goes on underneath, nothing is painted or watched for it, and coming back shows the present', async () => {
  const { town, store, press, changes, state } = open();
  const then = smallView({
    version: 90,
    at: 0,
    merges: smallView().merges.map(row => ({ ...row, state: 'testing' })),
    feed: [{ seq: 1, at: 0, actor: 'mayor', what: 'hook.set', subject: 'gt-1' }],
  });
  const asked: object[] = [];
  town.rememberBy(request => {
    asked.push(request);
    return { id: 'c1', at: 0, stepsBack: 1, steps: 5, changes: [], view: then };
  });
  town.writeLog({ kind: 'feed' }, ['live']);
  await eventually(() => state().log.lines[0] === 'live');
  press('[');
  await eventually(() => state().time?.moment);
  expect(store.getSnapshot().view).toBe(then);
  expect(state().log.lines).toEqual(['00:00:00  mayor  hook.set gt-1']);
  expect(town.listeners()).toBe(1);
  const before = changes();
  town.show(smallView({ version: 2 }));
  town.writeLog({ kind: 'feed' }, ['live', 'later']);
  // Longer than ages are repainted after: something of then was under test.
  await new Promise(resolve => setTimeout(resolve, 1_200));
  expect(changes()).toBe(before);
  press('esc');
  expect(store.getSnapshot().view.version).toBe(2);
  await eventually(() => state().log.lines.length === 2);
  expect(asked).toEqual([{ steps: -1 }]);
});

test('a key held down never has two questions about the past under way', async () => {
  const { town, press, state } = open();
  let underway = 0;
  let most = 0;
  const steps: number[] = [];
  let at = 0;
  const past = async ({ steps: by = 0 }: { steps?: number }) => {
    underway++;
    most = Math.max(most, underway);
    await new Promise(resolve => setTimeout(resolve, 5));
    underway--;
    steps.push(by);
    at -= by;
    return { id: `c${at}`, at: 0, stepsBack: at, steps: 500, changes: [], view: smallView() };
  };
  town.handle.past = past;
  for (let pressed = 0; pressed < 100; pressed++) {
    press('[');
    if (pressed % 10 === 0) await new Promise(resolve => setTimeout(resolve, 1));
  }
  await eventually(() => state().time?.moment?.stepsBack === 100 && state().time?.asked === undefined);
  expect(most).toBe(1);
  expect(steps.length).toBeLessThan(30);
});

test('a question to the town that fails is answered too: the key works again', async () => {
  const { town, press, state } = open();
  town.handle.planUndo = () => Promise.reject(new Error('The ledger is being mended.'));
  press('z');
  await eventually(() => state().flash?.text === 'The ledger is being mended.');
  expect(state().undo).toBeUndefined();
});

test('reasons come first and the history after them; what is no record has none', async () => {
  const { press, state } = open({
    measure: () => ({
      ids: pane => (pane === 'health' ? ['role:mayor'] : ['gt-1']),
      zooms: 3,
      pageRows: () => 10,
      lineCount: () => 0,
      detailCount: () => 0,
      reviewDocument: () => EMPTY_DOCUMENT,
    }),
  });
  press('i');
  await eventually(() => state().dialogs[0]?.kind === 'viewer' && 'history' in state().dialogs[0]!);
  expect(state().dialogs[0]).toMatchObject({
    lines: ['why gt-1', 'because it was ready'],
    history: ['2026-11-23T12:00:00.000Z  operator  bead.create gt-1'],
  });
  press('esc', '4', 'i');
  await eventually(() => 'lines' in (state().dialogs[0] ?? {}));
  await new Promise(resolve => setTimeout(resolve, 10));
  expect(state().dialogs[0]).toMatchObject({ subject: 'mayor', asksHistory: false });
  expect(state().dialogs[0]).not.toHaveProperty('history');
});

test('the followed log comes in, frozen or not, and only what is shown is followed', async () => {
  const { town, store, press, state } = open();
  town.writeLog({ kind: 'feed' }, ['one']);
  await eventually(() => state().log.lines.length === 1);
  press('Z');
  town.writeLog({ kind: 'feed' }, ['one', 'two']);
  await new Promise(resolve => setTimeout(resolve, 20));
  expect(state().log.lines).toEqual(['one']);
  press('Z');
  expect(state().log.lines).toEqual(['one', 'two']);
  expect(town.listeners()).toBe(2);
  store.close();
  expect(town.listeners()).toBe(0);
});

test('nothing is followed again for what answers after the screen was closed', async () => {
  const { town, store, press } = open();
  const answered = Promise.withResolvers<Outcome>();
  town.answerWith(() => answered.promise);
  press('s');
  await eventually(() => town.asked.length === 1);
  store.close();
  answered.resolve({ ok: true, message: 'slung' });
  await new Promise(resolve => setTimeout(resolve, 10));
  store.resize({ columns: 200, rows: 50 });
  press('2');
  expect(town.listeners()).toBe(0);
});

test('a plan that cannot be read says so, and one that can is imported', async () => {
  const { town, press, store, state } = open({
    readPlan: (text, rig) =>
      text.startsWith('# F')
        ? { title: text.slice(2), rig, beads: [{ key: 'a', title: 'a' }] }
        : { error: 'This plan has no beads.' },
  });
  press('N');
  store.send({ type: 'paste', text: '# no beads' });
  press('ctrl-d');
  await eventually(() => state().flash?.text === 'This plan has no beads.');
  press('N', 'ctrl-u');
  store.send({ type: 'paste', text: '# Faster' });
  press('ctrl-d');
  await eventually(() => town.asked.length === 1);
  expect(town.asked).toMatchObject([{ type: 'plan.import', payload: { title: 'Faster', rig: 'web' } }]);
  await eventually(() => /Space shows it/.test(state().flash?.text ?? ''));
});

test('what the terminal cannot do becomes an error to read', async () => {
  const { store, press, state } = open();
  store.connect({
    attach: async () => ({ ok: true, message: '' }),
    suspend: async () => {
      throw new Error('The terminal is already suspended.');
    },
    lend: async () => {},
    copy: () => {},
    redraw: async () => {},
    quit: () => {},
  });
  press('ctrl-z');
  await eventually(() => state().flash?.kind === 'error');
  expect(state().flash?.text).toBe('The terminal is already suspended.');
});

test('what a key has the line asked is asked before the terminal is given away', () => {
  const done: string[] = [];
  const { press, store } = open({ onKeys: () => void done.push('asked') });
  store.connect({ suspend: async () => void done.push('given away') } as Parameters<typeof store.connect>[0]);
  press('ctrl-z');
  expect(done).toEqual(['asked', 'given away']);
});

test('E gives the terminal to the person’s editor for a bead, and says what became of it', async () => {
  const lent: string[] = [];
  const { press, store, state } = open({
    editBead: async (bead, lend) => {
      await lend(async () => void lent.push(bead));
      return { ok: true, message: `${bead} is changed.` };
    },
  });
  store.connect({ lend: work => work() } as Parameters<typeof store.connect>[0]);
  press('E');
  await eventually(() => state().flash?.text === 'gt-1 is changed.');
  expect(lent).toEqual(['gt-1']);
});

test('while the terminal takes nothing no frame is made; what is newest is shown as soon as it does', () => {
  let isHeld = true;
  const { store, press, changes, town } = open({ isHeld: () => isHeld });
  press('j');
  town.show(smallView());
  press('2');
  expect(changes()).toBe(0);
  isHeld = false;
  store.release();
  store.release();
  expect(changes()).toBe(1);
  expect(store.getSnapshot().state.focus).toBe('polecats');
});

test('on a line that is spared the town is drawn less often, and keys at once', async () => {
  const { press, changes, town } = open({ lite: 'on' });
  for (let change = 0; change < 5; change++) town.show(smallView());
  expect(changes()).toBe(0);
  await eventually(() => changes() === 1);
  press('j');
  expect(changes()).toBe(2);
});

test('on a line that is spared a key means the town as it is by then', async () => {
  const { press, town, state } = open({ lite: 'on' });
  town.show({ ...smallView(), attention: [attentionRow('ask:s-1:r-2')] });
  press('space');
  expect(state().dialogs[0]).toMatchObject({ kind: 'decide', key: 'ask:s-1:r-2' });
});

test('what was measured of the line is a change only where it says something new', () => {
  const { store, changes } = open();
  const line = { roundTripMs: 20, bytes: 1, bytesPerSecond: 1, slow: false };
  store.setLine(line);
  store.setLine({ ...line, roundTripMs: 30, bytes: 2 });
  expect(changes()).toBe(0);
  expect(store.context().line).toMatchObject({ roundTripMs: 30 });
  store.setLine({ ...line, roundTripMs: 300, slow: true });
  expect(changes()).toBe(1);
});

test('a log is read as far back as somebody went, and no further', async () => {
  const { store, press, town } = open();
  const lines = Array.from({ length: 1_000 }, (_, index) => `line ${index}`);
  const asked: number[] = [];
  const readLog = town.handle.readLog;
  town.handle.readLog = async (source, count) => {
    asked.push(count);
    return readLog(source, count);
  };
  town.writeLog({ kind: 'feed' }, lines);
  await eventually(() => store.getSnapshot().state.log.lines.length === 1_000);
  press('5', 'g');
  await eventually(() => asked.at(-1) === 4_000);
  press('G');
  await eventually(() => asked.at(-1) === 1_000);
});
