import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decideLines } from '../../components/dialogs/decide-rows.ts';
import { dialogLines } from '../../components/dialogs/dialog-view.tsx';
import { detailLines } from '../../components/rows/detail-rows.ts';
import { headerRow } from '../../components/rows/header-row.ts';
import { healthRows } from '../../components/rows/health-rows.ts';
import { logRows } from '../../components/rows/log-rows.ts';
import { mergeRows } from '../../components/rows/merge-rows.ts';
import { planRows } from '../../components/rows/plan-rows.ts';
import { polecatRows } from '../../components/rows/polecat-rows.ts';
import { stripRow } from '../../components/rows/strip-rows.ts';
import { createTheme } from '../../components/theme.ts';
import * as escalations from '../../source/commands/escalations.ts';
import { history } from '../../source/commands/history.ts';
import type { Invocation } from '../../source/commands/invocation.ts';
import * as mail from '../../source/commands/mail.ts';
import { memories } from '../../source/commands/memories.ts';
import { createOutput, reportError } from '../../source/commands/output.ts';
import * as show from '../../source/commands/show.ts';
import { GastownError } from '../../source/common/errors.ts';
import { createCleaner } from '../../source/gates/output.ts';
import { answerBd } from '../../source/town/bd.ts';
import { OPERATOR } from '../../source/town/context.ts';
import { play } from '../components/play.ts';
import { KEYS } from '../components/rows/look.ts';
import { openStage, type Stage } from '../conformance/stage.ts';
import { attention, cleanUpAll, data, gate } from '../town/harness.ts';
import { PAYLOADS, STEERING } from './payloads.ts';

const ALL = Object.values(PAYLOADS).join(' ');
/** A third of them each: a title has a limit. */
const PARTS = [0, 1, 2].map(part =>
  Object.values(PAYLOADS)
    .filter((_, at) => at % 3 === part)
    .join(' '),
) as [string, string, string];

const harmless = (what: string, text: string): void => {
  const found = STEERING.exec(text);
  const at = found?.index ?? 0;
  expect(found && JSON.stringify(text.slice(Math.max(0, at - 60), at + 20)), `${what} is harmless`).toBeNull();
};

describe('a stream of a gate', () => {
  test.each(Object.entries(PAYLOADS))('%s: cut at any byte it comes out the same, and harmless', (_, payload) => {
    const bytes = Buffer.from(`before ${payload} after\nnext line\n`);
    const read = (...chunks: Buffer[]): string => {
      let out = '';
      const cleaner = createCleaner(text => {
        out += text;
      });
      for (const chunk of chunks) cleaner.push(chunk);
      cleaner.end();
      return out;
    };
    const whole = read(bytes);
    harmless('the whole', whole);
    expect(whole).toContain('next line');
    for (let at = 1; at < bytes.length; at++) expect(read(bytes.subarray(0, at), bytes.subarray(at))).toBe(whole);
    expect(read(...[...bytes].map(byte => Buffer.from([byte])))).toBe(whole);
  });
});

describe('a town whose every text is hostile', () => {
  let stage: Stage;
  const ids = ['app-red', 'app-green', 'app-held'];

  beforeAll(async () => {
    const octal = [...Buffer.from(ALL)].map(byte => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    stage = await openStage('hostile', {
      gates: [gate(`printf '${octal}\\n'; test ! -e bad`)],
    });
    // Names are hostile only where nothing is to land: guards may stop them before a gate runs.
    await stage.queue(
      { name: 'red', title: `Red ${PARTS[0]}`, message: `Red ${ALL}`, files: { bad: TEXT } },
      { name: 'green', title: `Green ${PARTS[1]}`, message: `Green ${ALL}`, files: { 'green.txt': TEXT } },
      {
        name: 'held',
        title: `Held ${PARTS[2]}`,
        message: `Held ${ALL}`,
        files: { [`h ${NAME}`]: TEXT, 'all.bin': ALL },
      },
    );
    const { operator } = stage;
    await operator({ type: 'merge.hold', payload: { id: stage.of('held').id, reason: `Wait ${PARTS[2]}` } });
    await operator({ type: 'bead.comment', payload: { id: 'app-green', text: ALL, author: PARTS[0] } });
    await operator({
      type: 'bead.update',
      payload: { id: 'app-green', set: { description: ALL, design: ALL, notes: ALL, acceptance_criteria: ALL } },
    });
    for (const title of PARTS)
      await operator({ type: 'escalation.open', payload: { severity: 'high', subject: 'app-held', title, body: ALL } });
    const beads = PARTS.map((title, at) => ({ key: `k${at}`, title, needs: [] }));
    await operator({ type: 'plan.import', payload: { title: PARTS[0], rig: 'app', goal: ALL, beads } });
    await stage.resume();
    await stage.idle();
  });
  afterAll(cleanUpAll);

  test('came to what it should', () => {
    expect(stage.states('red', 'green', 'held')).toEqual(['bounced', 'landed', 'queued']);
    expect(stage.of('red').cause!.output).toBeDefined();
    // Kept as it was said, but for nulls, which Beads cannot hold.
    const kept = data(stage.town).beads.get('app-green')!.description;
    expect(kept).toBe(TEXT.toWellFormed());
  });

  test('shows nothing unescaped on the screen', async () => {
    const { handle } = stage.town.running;
    const view = handle.getView();
    const theme = createTheme({ colour: false, unicode: true });
    const input = { view, width: 160, height: 60, focused: true, keys: KEYS, theme };
    const rows: [string, readonly string[]][] = [
      ['plan', planRows(input).rows],
      ['polecats', polecatRows(input).rows],
      ['refinery', mergeRows(input).rows],
      ['health', healthRows(input).rows],
      ['header', [headerRow({ view, mode: 'COMMAND', width: 160, keys: KEYS, theme })]],
      [
        'strip',
        ([1, 2, 3, 4, 5] as const).map(pane => stripRow({ view, shown: [pane], width: 160, keys: KEYS, theme })),
      ],
    ];
    const subjects = [...ids, ...view.merges.map(({ id }) => id), ...view.convoys.map(({ id }) => id)];
    for (const id of subjects) {
      const [why, past] = [await handle.why(id), await handle.history(id)];
      rows.push([`detail of ${id}`, detailLines({ view, id, why, history: past, width: 160, keys: KEYS, theme })]);
    }
    for (const { key } of view.attention)
      rows.push([
        `question ${key}`,
        [...decideLines(view, key), ...detailLines({ view, id: key, width: 160, keys: KEYS, theme })],
      ]);
    const logs = [{ kind: 'gate', rig: 'app' }, { kind: 'feed' }] as const;
    for (const source of logs) {
      const lines = await handle.readLog(source, 500);
      const log = { lines, width: 160, height: 500, offset: 0, follow: false, wrap: true, theme };
      rows.push([`log of ${source.kind}`, logRows(log).rows]);
    }
    for (const { id } of view.merges) {
      const game = play(view).at('refinery', id).press('d');
      game.send({ type: 'reviewed', serial: game.dialog!.serial, result: await handle.review(id) });
      const { dialog } = game;
      if (!dialog || dialog.kind === 'line') throw new Error('the review is not open');
      const shown = dialogLines(dialog, { state: game.state, context: game.context(), columns: 160, rows: 400, theme });
      rows.push([`review of ${id}`, shown.lines]);
    }
    for (const [what, list] of rows) {
      expect(list.length, `${what} has rows`).toBeGreaterThan(0);
      for (const row of list) harmless(what, row.replaceAll('\n', '\u0000').replace(OWN_STYLE, ''));
    }
  });

  test.each([false, true])('prints nothing unescaped, with --json: %s', async json => {
    const print = async (what: string, run: (invocation: Invocation) => Promise<unknown>): Promise<void> => {
      let text = '';
      const output = createOutput({
        json,
        write: more => {
          text += more;
        },
      });
      await run({ output, town: stage.town.town, cwd: stage.town.dir, env: stage.town.env });
      harmless(what, text);
      if (json) for (const line of text.split('\n').filter(Boolean)) expect(() => JSON.parse(line), what).not.toThrow();
    };
    await print('status', invocation => show.status(invocation));
    await print('polecats', invocation => show.polecats(invocation));
    await print('merges', invocation => show.merges(invocation));
    await print('convoys', invocation => show.convoys(invocation));
    await print('attention', invocation => show.attention(invocation));
    await print('escalations', invocation => escalations.list(invocation, [], {}));
    await print('mail', invocation => mail.inbox(invocation, [], {}));
    await print('memories', invocation => memories(invocation, [], {}));
    for (const id of [...ids, stage.of('red').id]) {
      await print(`why ${id}`, invocation => show.why(invocation, [id]));
      await print(`history ${id}`, invocation => history(invocation, [id]));
    }
    for (const argv of [['list'], ['show', 'app-green'], ['ready'], ['comments', 'app-green']]) {
      const answer = await answerBd(stage.town.running.town.context, OPERATOR, {
        argv: json ? [...argv, '--json'] : argv,
      });
      harmless(`bd ${argv[0]}`, answer.stdout + answer.stderr);
    }
    let error = '';
    reportError(new GastownError('invalid', `No ${ALL}`, { hint: ALL }), json, text => {
      error += text;
    });
    harmless('an error', error);
  });

  test('loses nothing by it: JSON gives back each character', () => {
    let text = '';
    const output = createOutput({
      json: true,
      write: more => {
        text += more;
      },
    });
    output.record('x', { text: ALL });
    expect((JSON.parse(text) as { text: string }).text).toBe(ALL);
    expect(attention(stage.town).length).toBeGreaterThan(0);
  });
});

/** A file with a null is a binary one. */
const TEXT = ALL.replaceAll('\u0000', '');
/** Bold, dim, reverse and their ends: what a theme without colours itself writes, and no payload. */
const OWN_STYLE = /\u001b\[(?:1|2|4|7|22|24|27)(?:;(?:1|2|4|7|22|24|27))*m/g;
/** As a name of a file: no null, no slash. */
const NAME = PARTS[1].replace(/[\u0000/]/g, '').slice(0, 120);
