import { renderToString } from 'ink';
import { afterEach, describe, expect, test } from 'vitest';
import { Screen } from '../../components/app.tsx';
import { measureFrame } from '../../components/frame.tsx';
import { polecatRows } from '../../components/rows/polecat-rows.ts';
import { createScreenStore } from '../../components/view-store.ts';
import type { LogSource } from '../../source/town/view.ts';
import { createFakeTown } from './fake-town.ts';
import { KEYS, PLAIN, plainRow } from './rows/look.ts';
import { polecatRow, smallView } from './small-view.ts';

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const store of opened.splice(0)) store.close();
});

const view = smallView({
  polecats: [polecatRow('web/nux'), polecatRow('web/slit'), polecatRow('web/rust', { live: false })],
});

/** A screen, and which sessions it read the last lines of. */
const open = (size: { columns: number; rows: number }, shown = view) => {
  const town = createFakeTown(shown);
  const read: LogSource[] = [];
  const handle = {
    ...town.handle,
    readLog: async (source: LogSource) => {
      if (source.kind === 'session') read.push(source);
      return source.kind === 'session' ? [`last words of ${source.session}`] : [];
    },
  };
  const store = createScreenStore({ handle, measure: (snapshot, at) => measureFrame(snapshot, at, { theme: PLAIN }) });
  opened.push(store);
  store.resize(size);
  return {
    town,
    read: () => read.map(source => (source.kind === 'session' ? source.session : '')),
    state: () => store.getSnapshot().state,
    frame: () =>
      renderToString(<Screen snapshot={store.getSnapshot()} context={store.context()} {...size} theme={PLAIN} />, {
        columns: size.columns,
      }),
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
const WIDE = { columns: 200, rows: 50 };

describe('the last lines of the selected polecat', () => {
  test('are read on a wide screen, and follow the selection', async () => {
    const { press, state } = open(WIDE);
    press('2');
    await eventually(() => state().preview?.session === 'session-nux');
    expect(state().preview?.lines).toEqual(['last words of session-nux']);
    press('j');
    await eventually(() => state().preview?.session === 'session-slit');
  });

  test('are shown below the list on a tall narrow screen too, where the focused pane opens', async () => {
    const { press, state, frame } = open({ columns: 84, rows: 60 });
    press('2');
    await eventually(() => state().preview?.session === 'session-nux');
    const lines = frame().split('\n');
    const at = lines.findIndex(line => line.includes('nux, last lines'));
    expect(at).toBeGreaterThan(lines.findIndex(line => line.includes('2 Polecats')));
    expect(at).toBeLessThan(lines.findIndex(line => line.includes('3 Refinery')));
    expect(lines[at + 1]).toContain('last words of session-nux');
    press('1');
    expect(frame()).not.toContain('last lines');
  });

  test('are shown on a small screen where few workers leave its rows free, and not read where many do not', async () => {
    const small = { columns: 80, rows: 24 };
    const { press, state, frame } = open(small);
    press('2');
    await eventually(() => state().preview?.session === 'session-nux');
    expect(frame()).toContain('last words of session-nux');
    const many = Array.from({ length: 7 }, (_, index) => polecatRow(`web/p${index}`));
    const full = open(small, smallView({ polecats: many }));
    full.press('2');
    await new Promise(resolve => setImmediate(resolve));
    expect(full.read()).toEqual([]);
  });

  test.each<[string, { columns: number; rows: number }, string[]]>([
    ['in another pane', WIDE, ['1']],
    ['while what is shown stands still', WIDE, ['Z', '2']],
    ['of one that runs nothing', WIDE, ['2', 'G', '1', '2']],
  ])('are not read %s', async (what, size, keys) => {
    const { press, read, state } = open(size);
    press(...keys);
    await eventually(() => state().focus !== undefined);
    await new Promise(resolve => setImmediate(resolve));
    expect(read().filter(session => what !== 'of one that runs nothing' || session === 'session-rust')).toEqual([]);
  });

  test('are not read twice where the log shows them already', async () => {
    const { press, state, read } = open(WIDE);
    press('2', 'l');
    await eventually(() => state().log.lines.length > 0);
    press('2');
    await new Promise(resolve => setImmediate(resolve));
    expect(read().filter(session => session === 'session-nux')).toHaveLength(1);
  });

  test('stand below the list, which keeps its rows and its selection, and do nothing to the terminal', () => {
    const preview = ['\u001B[31mred\u0007', 'x'.repeat(500), 'the end'];
    const { rows } = polecatRows({
      view,
      width: 60,
      height: 16,
      focused: true,
      selected: 'web/slit',
      preview,
      keys: KEYS,
      theme: PLAIN,
    });
    const text = rows.map(plainRow);
    expect(rows).toHaveLength(16);
    expect(text.slice(0, 3).map(row => row.includes('working'))).toEqual([true, true, true]);
    expect(text[8]).toMatch(/^── slit, last lines ─+$/);
    expect(text[9]).toContain('red');
    expect(text[11]?.trim()).toBe('the end');
    for (const row of text) expect(row.length).toBeLessThanOrEqual(60);
    expect(rows.join('')).not.toContain('\u0007');
  });

  test('are left out where the list would have no room', () => {
    const { rows } = polecatRows({
      view,
      width: 60,
      height: 7,
      focused: true,
      preview: ['a'],
      keys: KEYS,
      theme: PLAIN,
    });
    expect(rows.map(plainRow).join('')).not.toContain('last lines');
  });
});
