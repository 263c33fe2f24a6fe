import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putReport } from '../../source/agents/inbox.ts';
import { callTown } from '../../source/town/client.ts';
import { sessionInbox } from '../../source/town/effects/sandbox.ts';
import { townPaths } from '../../source/town/paths.ts';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  landed,
  mergesOf,
  quiet,
  script,
  sessionsOf,
  until,
} from './harness.ts';

let town: Bench;
beforeAll(async () => {
  town = await bench('gt');
});
afterAll(cleanUpAll);

describe.concurrent('gt in a session of a running town', () => {
  test('answers what is on the hook and how to report, and its summary goes with the merge request', async () => {
    const id = await town.sling(
      'Read first',
      script(
        `cd . && gt hook > '${town.notes}/hook'`,
        `gt hook --json > '${town.notes}/hook.json'`,
        `gt prime > '${town.notes}/prime'`,
        'echo read > read.txt',
        'gt done -m "Read the house rules"',
      ),
    );
    await landed(town, id);
    expect(town.note('hook')).toBe(`${id}  P2  Read first`);
    expect(JSON.parse(town.note('hook.json'))).toMatchObject({ id, title: 'Read first', status: 'in_progress' });
    expect(town.note('prime')).toContain('Read first');
    expect(town.note('prime')).toContain('gt done');
    expect(mergesOf(town, id)).toMatchObject([{ state: 'landed', summary: 'Read the house rules' }]);
  });

  test('takes "no change" as an end of the work only when it is said', async () => {
    const said = await town.sling('Nothing to do', script('gt done --no-change -m "It is so already"'));
    const silent = await town.sling('Forgets to say it', script('gt done -m "All fine"'));
    await landed(town, said);
    expect(beadOf(town, said).close_reason).toContain('It is so already');
    expect(mergesOf(town, said)).toEqual([]);

    await until(town, 'the silent one is parked', () => beadOf(town, silent).town.parked);
    expect(beadOf(town, silent).town.cause).toMatchObject({ kind: 'no_change' });
    expect(mergesOf(town, silent)).toEqual([]);
  });

  test('records a failure with the words of the agent, and parks the bead after the second one', async () => {
    const id = await town.sling('Impossible', script('echo half > half.txt', 'gt failed -m "The API is gone"'));
    await until(town, 'it is parked', () => beadOf(town, id).town.parked);
    expect(sessionsOf(town, id).map(session => session.outcome)).toEqual(['failed', 'failed']);
    expect(beadOf(town, id).town.parked!.reason).toContain('The API is gone');
    expect([...data(town).escalations.values()].filter(one => one.subject === id)).toHaveLength(1);
  });

  test('asks a person, and a fresh session does the work when the asking one has ended', async () => {
    const id = await town.sling(
      'Ask',
      script(
        'if [ "$GASTOWN_ATTEMPT" = 1 ]; then gt escalate "Which colour?" -m "Red or blue." -s high; exit 0; fi',
        'echo blue > colour.txt',
      ),
    );
    await landed(town, id);
    expect([...data(town).escalations.values()].filter(one => one.subject === id)).toMatchObject([
      { title: 'Which colour?', body: 'Red or blue.', severity: 'high' },
    ]);
    expect(sessionsOf(town, id)[0]!.reported).toMatchObject({ kind: 'escalated' });
    expect(fileOnMain(town, 'colour.txt')).toBe('blue');
  });

  test('hands over to a fresh session of the same polecat, which is told the note', async () => {
    const id = await town.sling(
      'Long work',
      script(
        'if [ "$GASTOWN_ATTEMPT" = 1 ]; then gt handoff -m "The parser is done, the printer is not"; exit 0; fi',
        `gt prime > '${town.notes}/prime-after-handoff'`,
        'echo printed > printer.txt',
      ),
    );
    await landed(town, id);
    const [first, second, ...more] = sessionsOf(town, id);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ outcome: 'handoff', note: 'The parser is done, the printer is not' });
    expect(second).toMatchObject({ outcome: 'done', polecat: first!.polecat });
    expect(town.note('prime-after-handoff')).toContain('The parser is done, the printer is not');
  });

  test('sends mail to a person and reads its own', async () => {
    const id = await town.sling(
      'Write letters',
      script(
        'gt mail send operator -s "Progress" -m "Half way"',
        'gt mail send "$GASTOWN_POLECAT" -s "To myself" -m "Remember the milk"',
        `gt mail inbox > '${town.notes}/inbox'`,
        'id=$(gt mail inbox --json | sed \'s/.*"id":"\\(m-[0-9a-z]*\\)".*/\\1/\')',
        `gt mail read "$id" > '${town.notes}/letter'`,
        `gt mail inbox > '${town.notes}/inbox-again'`,
        'gt done --no-change',
      ),
    );
    await landed(town, id);
    const { polecat } = sessionsOf(town, id)[0]!;
    expect([...data(town).mail.values()]).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ from: polecat, to: 'operator', subject: 'Progress', body: 'Half way' }),
        expect.objectContaining({ from: polecat, to: polecat, readAt: expect.any(String) }),
      ]),
    );
    expect(town.note('inbox')).toMatch(/1 message; .*\n.*To myself$/);
    expect(town.note('letter')).toMatch(/^From .*: To myself\nRemember the milk$/);
    expect(town.note('inbox-again')).toBe('No new mail.');
  });

  test('ends with 2 on what it does not know and changes nothing', async () => {
    const said = `>> '${town.notes}/refusals' 2>&1 || echo "exit $?" >> '${town.notes}/refusals'`;
    const id = await town.sling(
      'Mistype',
      script(
        `gt frobnicate ${said}`,
        `gt done --force ${said}`,
        `gt done now ${said}`,
        `gt mail burn ${said}`,
        `gt handoff ${said}`,
        `gt escalate Help -s dreadful ${said}`,
        `gt approve mr-1 ${said}`,
        `echo "reported: no" >> '${town.notes}/refusals'`,
        'echo typed > typed.txt',
      ),
    );
    await landed(town, id);
    const lines = town.note('refusals').split('\n');
    expect(lines.filter(line => line === 'exit 2')).toHaveLength(7);
    expect(lines.filter(line => line.startsWith('exit'))).toHaveLength(7);
    expect(sessionsOf(town, id)[0]!.reported).toBeUndefined();
    expect([...data(town).escalations.values()].filter(one => one.subject === id)).toEqual([]);
  });

  test('is refused with a token that no session has', async () => {
    const id = await town.sling(
      'Pretend',
      script(
        `GASTOWN_TOKEN=$(echo "$GASTOWN_TOKEN" | tr 0-9a-f 1-9a-f0) gt failed -m "not me" > '${town.notes}/pretended' 2>&1 || echo "exit $?" >> '${town.notes}/pretended'`,
        'echo me > me.txt',
      ),
    );
    await landed(town, id);
    expect(town.note('pretended')).toMatch(/not known to the town/);
    expect(town.note('pretended')).toMatch(/exit 1$/);
    expect(sessionsOf(town, id)[0]).not.toHaveProperty('reported');
    const { townSocket } = town.running.town.context;
    await expect(callTown(townSocket, { token: '', verb: 'done' })).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('gt while no town runs', () => {
  test('keeps reports, which count at the next start, and the work lands', async () => {
    const away = await bench('gt-away');
    const id = await away.sling(
      'Work on',
      script(
        `touch '${away.notes}/started'`,
        `while [ ! -e '${away.notes}/go' ]; do sleep 0.05; done`,
        `gt hook > '${away.notes}/asked' 2>&1 || echo "exit $?" >> '${away.notes}/asked'`,
        'echo while-away > away.txt',
        `gt done -m "Done while you were away" > '${away.notes}/said'`,
        `gt mail send operator -s "Welcome back"`,
        `touch '${away.notes}/over'`,
      ),
    );
    await until(away, 'the session has begun', () => away.hasNote('started'));
    await until(away, 'it runs', () => sessionsOf(away, id)[0]?.status === 'running');
    const folder = sessionInbox(townPaths(away.town).sessionFiles(sessionsOf(away, id)[0]!.id));
    await away.stop();
    away.leave('go');
    await until(away, 'the session has ended', () => away.hasNote('over'));
    expect(away.note('asked')).toMatch(/No town listens.*exit 1$/s);
    expect(away.note('said')).toContain('the report is kept');
    const inbox = () => (existsSync(folder) ? readdirSync(folder) : []).filter(name => name.endsWith('.json'));
    expect(inbox()).toHaveLength(2);

    await away.start();
    await landed(away, id);
    await quiet(away);
    expect(sessionsOf(away, id)).toMatchObject([{ outcome: 'done', reported: { kind: 'done' } }]);
    expect(mergesOf(away, id)).toMatchObject([{ state: 'landed', summary: 'Done while you were away' }]);
    expect([...data(away).mail.values()]).toMatchObject([{ to: 'operator', subject: 'Welcome back' }]);
    expect(inbox()).toEqual([]);
    expect(fileOnMain(away, 'away.txt')).toBe('while-away');
    expectSound(away);
  });

  test('a report that makes no sense is settled and stops nothing', async () => {
    const odd = await bench('gt-odd');
    const { inbox } = townPaths(odd.town);
    await odd.stop();
    await putReport(inbox, { token: 'nobody', verb: 'done', args: {} });
    await putReport(inbox, { token: 'nobody', verb: 'merge.approve', args: {} });
    await putReport(inbox, { hello: 'world' });
    await putReport(inbox, { token: 17, verb: ['done'] });
    await odd.start();
    const id = await odd.sling('Go on', script('echo on > on.txt'));
    await landed(odd, id);
    expect(readdirSync(inbox).filter(name => path.extname(name) === '.json')).toEqual([]);
  });
});
