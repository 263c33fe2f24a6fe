import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sessionLog } from '../../source/agents/session-log.ts';
import { openTranscript } from '../../source/agents/wire/transcript.ts';
import { marksFile } from '../../source/common/time-marks.ts';
import { createGateLog } from '../../source/town/gate-log.ts';
import { readLog } from '../../source/town/logs.ts';
import { townPaths } from '../../source/town/paths.ts';
import type { LogSource } from '../../source/town/view.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(os.tmpdir(), 'gastown-times-'));
  mkdirSync(path.join(dir, 'logs', 'sessions'), { recursive: true });
  mkdirSync(path.join(dir, 'logs', 'gates'), { recursive: true });
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const NOON = Date.UTC(2026, 10, 23, 12);
const FEED = [
  { seq: 1, at: NOON, actor: 'refinery', what: 'merge.landing', subject: 'mr-1', because: 'its gates are green' },
  { seq: 2, at: NOON + 1_000, actor: 'operator', what: 'bead.create', subject: 'gt-1' },
  { seq: 3, at: NOON + 3_000, actor: 'refinery', what: 'merge.landed', subject: 'mr-1' },
];
const RECENT = [
  { at: NOON + 2_000, role: 'refinery', subject: 'mr-1', effect: { type: 'land' }, because: 'it was asked for' },
  { at: NOON, role: 'witness', subject: 's', effect: { type: 'session.interrupt' }, because: 'silent' },
];

const read = (source: LogSource) => {
  const world = { sessions: new Map(), recent: RECENT };
  const context = { paths: townPaths(dir), hostIfConnected: () => undefined, world, wire: () => undefined };
  return readLog(context as unknown as Parameters<typeof readLog>[0], source, { lines: 100, feed: FEED });
};

/** Puts the first mark of a log at noon: what it says of the time is what is tested, not when the test ran. */
const atNoon = (file: string): void => {
  const [first = ''] = readFileSync(marksFile(file), 'utf8').split('\n');
  expect(first).toMatch(/^0 \d+$/);
  writeFileSync(marksFile(file), `0 ${NOON}\n`);
};

test('what gates, terminals and agents wrote can be read with its time, and stays as it is without', async () => {
  const paths = townPaths(dir);
  const gates = await createGateLog(paths.gateLog('web'), 'a');
  gates.write('one\ntwö\n');
  await gates.close();
  const terminal = sessionLog(paths.sessionLog('s1'));
  terminal.append('hello\r\n10%\r20%\r\n');
  await terminal.close();
  const transcript = openTranscript(paths.transcript('s2'));
  transcript.add([{ kind: 'agent', text: 'first\nsecond' }]);
  transcript.close();
  for (const file of [paths.gateLog('web'), paths.sessionLog('s1'), paths.transcript('s2')]) atNoon(file);

  expect(await read({ kind: 'gate', rig: 'web' })).toEqual(['one', 'twö']);
  expect(await read({ kind: 'gate', rig: 'web', times: true })).toEqual(['12:00:00  one', '12:00:00  twö']);
  expect(await read({ kind: 'session', session: 's1', times: true })).toEqual(['12:00:00  hello', '12:00:00  20%']);
  expect(await read({ kind: 'session', session: 's2', times: true })).toEqual(['12:00:00  first', '          second']);
});

test('a log of before there were times is read without them', async () => {
  writeFileSync(townPaths(dir).gateLog('web'), 'old\n');
  expect(await read({ kind: 'gate', rig: 'web', times: true })).toEqual(['          old']);
});

test('a role’s log has its commands and what it had done in passing, in order', async () => {
  expect(await read({ kind: 'role', role: 'refinery' })).toEqual([
    '12:00:00  refinery  merge.landing mr-1  its gates are green',
    '12:00:02  refinery  lands mr-1  it was asked for',
    '12:00:03  refinery  merge.landed mr-1',
  ]);
  expect(await read({ kind: 'role', role: 'deacon' })).toEqual([
    'The deacon has done nothing yet since the town was opened.',
  ]);
});
