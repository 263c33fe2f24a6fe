import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NO_TEXT, textVersion } from '../../source/common/text-version.ts';
import { performIntent } from '../../source/town/intents.ts';
import { townPaths } from '../../source/town/paths.ts';
import { NUDGES_MAX } from '../../source/town/post.ts';
import { gastown } from '../support/process.ts';
import {
  attention,
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  gitIn,
  landed,
  operator,
  script,
  sessionsOf,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

const context = (town: Bench) => town.running.town.context;
const intent = (town: Bench, body: Parameters<typeof performIntent>[1]) =>
  performIntent(context(town), body, town.running.handle.getView());
const nudge = (
  town: Bench,
  payload: Extract<Parameters<typeof performIntent>[1], { type: 'polecat.nudge' }>['payload'],
) => intent(town, { type: 'polecat.nudge', payload });
/** Waits in the script of a bead until the test says so. */
const waitFor = (town: Bench, name: string) => `while [ ! -e '${town.notes}/${name}' ]; do sleep 0.05; done`;
const running = (town: Bench, bead: string) =>
  until(town, `${bead} is worked on`, () => sessionsOf(town, bead).find(session => session.status === 'running'));

describe.concurrent('what agents write down', () => {
  let town: Bench;
  beforeAll(async () => {
    town = await bench('lasting');
  });

  test('reaches every later session of the bead and of its plan, and nothing is overwritten unseen', async () => {
    const plan = await operator(town, {
      type: 'plan.import',
      payload: {
        title: 'Parser',
        rig: 'app',
        goal: 'One that is fast',
        approve: true,
        beads: [
          {
            key: 'lexer',
            title: 'Lexer',
            description: script(
              'gt note "The BOM is skipped in src/lex.ts"',
              'gt note --convoy "Use the fixtures of the lexer"',
              "printf 'One pass.\\nNo lookahead.\\n' | gt design -f -",
              `gt design > '${town.notes}/design'`,
              `gt design -m 'Three passes.' > '${town.notes}/refused' 2>&1 || echo "exit $?" >> '${town.notes}/refused'`,
              `gt design -m 'Two passes.' --base '${textVersion('One pass.\nNo lookahead.')}'`,
              "gt design --convoy -m 'Lexer first.'",
              'gt remember "The CI has no network" --key ci-network --type reference',
              `gt remember "the key is AKIA""ABCDEFGHIJKLMNOP" > '${town.notes}/secret' 2>&1 || echo "exit $?" >> '${town.notes}/secret'`,
              'echo lexer > lexer.txt',
            ),
          },
          {
            key: 'printer',
            title: 'Printer',
            needs: ['lexer'],
            description: script(
              `gt prime > '${town.notes}/prime'`,
              `gt recall network > '${town.notes}/recalled'`,
              `gt note > '${town.notes}/own-notes'`,
              'echo printer > printer.txt',
            ),
          },
        ],
      },
    });
    const convoy = plan.written.find(({ kind }) => kind === 'convoys')!.id;
    const [lexer, printer] = data(town).convoys.get(convoy)!.beads as [string, string];
    await landed(town, printer);

    expect(beadOf(town, lexer)).toMatchObject({ design: 'Two passes.' });
    expect(beadOf(town, lexer).notes).toMatch(/^\[[\d:T.-]+Z polecat app\/\w+\] The BOM is skipped in src\/lex\.ts$/);
    expect(town.note('design')).toBe(`Version ${textVersion('One pass.\nNo lookahead.')}\n\nOne pass.\nNo lookahead.`);
    expect(town.note('refused')).toMatch(/not the one that you have seen: it is at version \w+, not none/);
    expect(town.note('refused')).toMatch(/polecat app\/\w+ wrote it at 20.*exit 1$/s);
    expect(town.note('secret')).toMatch(/seems to hold an AWS access key.*exit 1$/s);

    const prime = town.note('prime');
    for (const expected of [
      `## The plan it belongs to: ${convoy} Parser`,
      'One that is fast',
      'Lexer first.',
      'Use the fixtures of the lexer',
      '- [reference] The CI has no network (polecat app/',
    ]) {
      expect(prime).toContain(expected);
    }
    expect(prime).not.toContain('The BOM is skipped');
    expect(town.note('recalled')).toMatch(/^ci-network \(reference, .*The CI has no network$/s);
    expect(town.note('own-notes')).toBe(`There are no notes on ${printer} yet.`);
  });

  test('is refused for another bead, and what changed since is told to whoever is late', async () => {
    const id = await town.sling('Late', script(waitFor(town, 'late'), 'gt done --no-change'));
    await running(town, id);
    const access = { id, base: NO_TEXT };
    await operator(town, { type: 'bead.design', payload: { ...access, text: 'Keep\nOld line' } });
    const seen = textVersion('Keep\nOld line');
    await operator(town, { type: 'bead.design', payload: { id, base: seen, text: 'Keep\nNew line' } });
    const { setDesign } = await import('../../source/town/texts.ts');
    const actor = { role: 'polecat', name: sessionsOf(town, id)[0]!.polecat } as const;
    await expect(setDesign(context(town), actor, { id, text: 'Mine', base: seen })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/\noperator wrote it at 20[^\n]+\n- Old line\n\+ New line$/),
    });
    await expect(setDesign(context(town), actor, { id, text: 'Mine', base: 'abc' })).rejects.toMatchObject({
      message: expect.stringContaining('No earlier version of it is the one that you name.'),
    });
    town.leave('late');
    await landed(town, id);
  });

  test('mail is put before its reader three times, counted once in the ledger, and stays in the mailbox', async () => {
    const primes = [1, 2, 3, 4].map(count => `gt prime > '${town.notes}/mail-${count}'`);
    const id = await town.sling(
      'Read mail',
      script(
        waitFor(town, 'mail-sent'),
        ...primes,
        `gt mail inbox > '${town.notes}/mail-box'`,
        `gt mail reply "$(cat '${town.notes}/mail-id')" -m 'Understood.'`,
        `gt mail inbox > '${town.notes}/mail-box-after'`,
        'gt done --no-change',
      ),
    );
    const { polecat } = await running(town, id);
    const sent = await operator(town, {
      type: 'mail.send',
      payload: { to: polecat, subject: 'Mind the gap', body: 'Between train and platform.', priority: 'high' },
    });
    const letter = sent.written[0]!.id;
    town.leave('mail-id', letter);
    town.leave('mail-sent');
    await landed(town, id);
    const shown = [1, 2, 3, 4].map(count => town.note(`mail-${count}`).includes('Between train and platform.'));
    expect(shown).toEqual([true, true, true, false]);
    expect(town.note('mail-4')).toContain('1 unread message more: `gt mail inbox`');
    expect(town.note('mail-box')).toContain('[high] Mind the gap');
    expect(town.note('mail-box-after')).toBe('No new mail.');
    expect(town.events.filter(({ type }) => type === 'mail.deliver')).toHaveLength(1);
    expect(data(town).mail.get(letter)).toMatchObject({
      deliveredAt: expect.any(String),
      readAt: expect.any(String),
    });
    expect([...data(town).mail.values()].find(({ replyTo }) => replyTo === letter)).toMatchObject({
      to: 'operator',
      subject: 'Re: Mind the gap',
      thread: letter,
    });
  });
});

describe.concurrent('a nudge', () => {
  test('waits for the next gt call, with mail announced beside it, and a hundred of them make no commit', async () => {
    const town = await bench('nudges');
    const id = await town.sling(
      'Listen',
      script(
        waitFor(town, 'first'),
        `gt hook 2> '${town.notes}/heard-1'`,
        waitFor(town, 'second'),
        `gt hook 2> '${town.notes}/heard-2'`,
        waitFor(town, 'third'),
        `gt hook 2> '${town.notes}/heard-3'`,
        'gt done --no-change',
      ),
    );
    const { polecat } = await running(town, id);
    const { ledger } = context(town);
    await ledger.flush();
    const before = { seq: ledger.seq, head: gitIn(townPaths(town.town).ledger, 'rev-parse', 'main') };
    for (const round of ['first', 'second']) {
      for (let count = 0; count < NUDGES_MAX; count++) await nudge(town, { polecat, text: `${round} ${count}` });
      await expect(nudge(town, { polecat, text: 'too much' })).rejects.toMatchObject({ code: 'conflict' });
      town.leave(round);
      const heard = round === 'first' ? 'heard-1' : 'heard-2';
      await until(town, 'they are heard', () => town.hasNote(heard) && town.note(heard).endsWith(`${round} 49`));
      expect(town.note(heard).split('\n')).toHaveLength(NUDGES_MAX);
      expect(town.note(heard)).toContain('[nudge from operator] ');
    }
    await ledger.flush();
    expect({ seq: ledger.seq, head: gitIn(townPaths(town.town).ledger, 'rev-parse', 'main') }).toEqual(before);

    const sent = await operator(town, { type: 'mail.send', payload: { to: polecat, subject: 'Look' } });
    await until(
      town,
      'it is announced',
      () => (context(town).post.waiting().get(sessionsOf(town, id)[0]!.id) ?? [])[0],
    );
    town.leave('third');
    await landed(town, id);
    expect(town.note('heard-3')).toContain(`Mail ${sent.written[0]!.id} from operator: Look (gt mail read`);
  });

  test('is typed once an agent that reads its terminal is quiet, and at once when asked', async () => {
    const town = await bench('typed', { started: false });
    appendFileSync(
      townPaths(town.town).config,
      `\n[agents.listener]\ncommand = "echo ready; while read -r line; do printf '%s\\\\n' \\"$line\\" >> '${town.notes}/heard'; [ \\"$line\\" = stop ] && break; done; gt done --no-change"\n`,
    );
    await town.start();
    const made = await operator(town, {
      type: 'bead.create',
      payload: { title: 'Listen', rig: 'app', agent: 'listener', dispatch: true },
    });
    const id = made.written.find(({ kind }) => kind === 'beads')!.id;
    const { polecat } = await running(town, id);
    const name = polecat.split('/')[1]!;
    expect(await nudge(town, { polecat: name, text: 'Look at the tests' })).toMatchObject({
      message: expect.stringContaining('when it is quiet'),
    });
    await until(town, 'it is heard', () => town.hasNote('heard') && town.note('heard'));
    expect(town.note('heard')).toBe('[nudge from operator] Look at the tests');
    expect(await nudge(town, { polecat, text: 'stop', mode: 'now' })).toMatchObject({ message: `Sent to ${name}.` });
    await landed(town, id);
    await expect(nudge(town, { polecat, text: 'hello?' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(nudge(town, { polecat: 'nobody', text: 'x' })).rejects.toMatchObject({ code: 'not_found' });
  });
});

/** Long enough for a restart within it on a busy machine. */
const CLIMB_AFTER_MS = 4_000;

describe.concurrent('an escalation that nobody answers', () => {
  test('rises level by level through restarts, no further than its limit and critical, and says so', async () => {
    const town = await bench('climbs', {
      settings: { deacon: { climbAfterMs: CLIMB_AFTER_MS, maxClimbs: 2, remindAfterMs: 60_000 } },
    });
    const open = async (severity: 'low' | 'high') => {
      const made = await operator(town, { type: 'escalation.open', payload: { severity, title: `A ${severity} one` } });
      return made.written[0]!.id;
    };
    const low = await open('low');
    const high = await open('high');
    const of = (id: string) => data(town).escalations.get(id)!;
    await until(town, 'both have risen, by the clock of an idle town', () => of(low).climbs > 0 && of(high).climbs > 0);
    expect(of(low)).toMatchObject({ severity: 'medium', climbs: 1 });
    await town.stop();
    await town.start();
    await until(town, 'the lower one has risen again', () => {
      context(town).wake();
      return of(low).climbs === 2;
    });
    expect(of(low)).toMatchObject({ severity: 'high', climbs: 2 });
    expect(of(high)).toMatchObject({ severity: 'critical', climbs: 1 });
    const row = await until(town, 'it is shown so', () =>
      attention(town).find(({ subject, climbs }) => subject === low && climbs === 2),
    );
    expect(row).toMatchObject({ severity: 'high', since: Date.parse(of(low).at) });
    expect(row.detail).toContain('Raised 2 levels, because nobody acknowledged it.');

    // More than a level's time and many looks later nothing has moved.
    const later = performance.now() + CLIMB_AFTER_MS * 1.5;
    await until(town, 'time has passed', () => {
      context(town).wake();
      return performance.now() > later;
    });
    expect([of(low).climbs, of(high).climbs]).toEqual([2, 1]);
  });

  test('is put before people again when whoever acknowledged it does not close it', async () => {
    const town = await bench('reminds', { settings: { deacon: { remindAfterMs: 5_000 } } });
    const made = await operator(town, { type: 'escalation.open', payload: { category: 'blocked', title: 'No key' } });
    const { id } = made.written[0]!;
    const shown = () => attention(town).find(({ subject }) => subject === id);
    await until(town, 'it is shown', shown);
    const first = shown()!.key;
    const type = (...args: string[]) => gastown(args, { home: town.dir, env: { GASTOWN_TOWN: town.town } });
    expect((await type('escalations')).stdout).toMatch(
      new RegExp(`\\n${id} +high +open +\\d+s +0 +operator +No key\\n`),
    );
    const asked = (await type('attention')).stdout;
    expect(asked).toMatch(new RegExp(`^${id} {2}No key {2}\\(high, \\d+s\\)`));
    expect(asked, 'and what answers it').toContain(`    gastown escalations ack ${id} (seen)`);
    expect(await type('escalations', 'ack', id)).toMatchObject({ code: 0, stderr: '' });
    expect(data(town).escalations.get(id)).toMatchObject({ acknowledgedBy: 'operator' });
    const again = await until(town, 'it is shown again', () => {
      const row = shown();
      return row && row.key !== first && row;
    });
    expect(again).toMatchObject({ severity: 'high', detail: expect.stringContaining('never closed') });
    const closed = await type('escalations', 'close', id, '-m', 'Found it.', '--json');
    expect(JSON.parse(closed.stdout)).toMatchObject({
      type: 'escalation',
      id,
      state: 'closed',
      resolution: 'Found it.',
    });
    await until(town, 'it is gone for good', () => !shown());
    expect((await type('escalations', 'show', id)).stdout).toMatch(/; closed, open for.*What came of it: Found it\./s);
    expect((await type('escalations')).stdout).toBe('Nothing is escalated.\n');
  });
});
