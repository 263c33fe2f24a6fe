import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PAGE_CHARS } from '../../../roles/prompts/page.ts';
import { primePrompt } from '../../../roles/prompts/prime.ts';
import { resumePrompt } from '../../../roles/prompts/resume.ts';
import type { Convoy, LedgerData } from '../../../source/ledger/schema.ts';
import { ago, bead, escalation, MINUTE, polecat, rig, SECOND, session, type WorldParts, world } from '../world.ts';

const ledger = (records: WorldParts['records']): LedgerData => world({ records }).ledger;
const convoy = (id: string, fields: Partial<Convoy> = {}): Convoy => ({
  id,
  rev: 1,
  title: 'Faster starts',
  status: 'approved',
  rig: 'app',
  beads: [],
  createdAt: ago(MINUTE),
  createdBy: 'mayor',
  ...fields,
});
const fern = polecat('app/fern', { state: 'working', hook: 'app-2', session: 's-2' });
const letter = {
  id: 'm-1',
  rev: 1,
  from: 'operator',
  to: 'app/fern',
  subject: 'Mind the cache',
  body: 'It is read at start.',
  at: ago(SECOND),
};
const memory = { id: 'mem-1', rev: 1, text: 'npm test needs Node 24', by: 'operator', at: ago(MINUTE) };

const whole = (cause: NonNullable<ReturnType<typeof bead>['town']['cause']>): LedgerData =>
  ledger({
    beads: [
      bead('app-1', { title: 'Measure the start', status: 'closed' }),
      bead('app-2', {
        title: 'Load the parser lazily',
        description: 'It costs 80 ms at each start.',
        design: 'import() in src/cli.ts.',
        acceptance_criteria: '- `gt --help` takes 40 ms',
        notes: '[2026-11-23T09:59:00.000Z polecat app/oak] The cache holds a copy.',
        created_by: 'mayor',
        dependencies: [{ issue_id: 'app-2', depends_on_id: 'app-1', type: 'blocks' }],
        town: { convoy: 'cv-1', touches: ['src/cli.ts'], attempts: 2, reworks: 1, cause },
      }),
    ],
    convoys: [convoy('cv-1', { goal: 'Start in 50 ms', design: 'Load late, and less.', beads: ['app-1', 'app-2'] })],
    polecats: [fern],
    sessions: [
      session('s-1', { bead: 'app-2', status: 'ended', outcome: 'done', note: 'Half of it was the YAML parser.' }),
      session('s-2', { bead: 'app-2', attempt: 2 }),
    ],
    escalations: [
      escalation('e-1', {
        subject: 'app-2',
        title: 'May the cache go?',
        question: { session: 's-1', choices: ['yes', 'no'] },
        closedAt: ago(SECOND),
        closedBy: 'operator',
        resolution: 'yes',
      }),
    ],
    mail: [letter],
    memories: [memory],
  });

const CONFLICT = {
  kind: 'conflict' as const,
  summary: 'conflicts with main in src/cli.ts',
  files: ['src/cli.ts'],
  at: ago(SECOND),
};
const RED = {
  kind: 'red' as const,
  summary: 'gate test failed alone and twice, and passes on main',
  gate: 'test',
  output: 'not ok 7 - starts without the parser\n  expected 0, got 1',
  at: ago(SECOND),
};

const goal = (records: WorldParts['records'] = {}): LedgerData =>
  ledger({
    ...records,
    beads: [
      bead('app-9', {
        title: 'Start in 50 ms',
        issue_type: 'plan',
        priority: 1,
        description: 'Start in 50 ms\n\nIt takes 200 ms now.',
        created_by: 'operator',
        town: { role: 'mayor', attempts: 1 },
      }),
      bead('app-1', { title: 'Measure the start' }),
      bead('app-3', { title: 'Old news', status: 'closed' }),
      ...((records.beads as ReturnType<typeof bead>[] | undefined) ?? []),
    ],
    polecats: [polecat('app/fern', { state: 'working', hook: 'app-9', session: 's-2' })],
    memories: [memory],
  });

describe('the page', () => {
  test.each([
    ['polecat-conflict', () => primePrompt(whole(CONFLICT), 'app/fern')],
    ['polecat-red', () => primePrompt(whole(RED), 'app/fern')],
    ['mayor', () => primePrompt(goal(), 'app/fern')],
    [
      'mayor-again',
      () =>
        primePrompt(
          goal({
            rigs: [rig({ agent: 'claude' })],
            convoys: [
              convoy('cv-2', { status: 'proposed', proposal: { bead: 'app-9', version: 'abc', at: ago(MINUTE) } }),
            ],
          }),
          'app/fern',
        ),
    ],
    ['resume', () => resumePrompt(whole(RED), 'app/fern')],
    ['resume-after-person', () => resumePrompt(whole(RED), 'app/fern', { afterPerson: true })],
    ['resume-mayor', () => resumePrompt(goal(), 'app/fern')],
  ])('of %s is as it was agreed on', async (name, render) => {
    await expect(render()).toMatchFileSnapshot(`pages/${name}.md`);
  });

  test('begins with the contract and stays within its size, whatever is known', () => {
    const long = fc.string({ maxLength: 40 }).map(text => `${text}\n\`\`\`\n`.repeat(900));
    fc.assert(
      fc.property(long, fc.constantFrom('polecat', 'mayor'), (text, role) => {
        const data = ledger({
          rigs: [
            rig({
              gates: Array.from({ length: 50 }, (_, i) => ({
                name: `g${i}`,
                command: text.slice(0, 4_000) || 'x',
                timeoutMs: 1_000,
              })),
            }),
          ],
          beads: [
            bead('app-2', {
              title: text.slice(0, 500) || 'x',
              description: text,
              design: text,
              acceptance_criteria: text,
              notes: text,
              town: {
                convoy: 'cv-1',
                touches: Array.from({ length: 500 }, () => text.slice(0, 300)),
                cause: {
                  ...RED,
                  output: text.slice(0, 8_000),
                  files: Array.from({ length: 200 }, () => text.slice(0, 500)),
                },
                ...(role === 'mayor' && { role }),
              },
            }),
            ...Array.from({ length: 60 }, (_, i) => bead(`b-${i}`, { title: text.slice(0, 500) || 'x' })),
          ],
          convoys: [convoy('cv-1', { goal: text, design: text, notes: text })],
          polecats: [fern],
          sessions: [session('s-1', { bead: 'app-2', status: 'ended', note: text })],
          escalations: Array.from({ length: 20 }, (_, i) =>
            escalation(`e-${i}`, {
              subject: 'app-2',
              title: text.slice(0, 500) || 'x',
              closedAt: ago(1),
              resolution: text,
              question: { session: 's-1', choices: [] },
            }),
          ),
          mail: Array.from({ length: 20 }, (_, i) => ({
            ...letter,
            id: `m-${i}`,
            subject: text.slice(0, 500) || 'x',
            body: text,
          })),
          memories: Array.from({ length: 40 }, (_, i) => ({ ...memory, id: `mem-${i}`, text: text || 'x' })),
        });
        const page = primePrompt(data, 'app/fern');
        expect(page.length).toBeLessThanOrEqual(PAGE_CHARS);
        expect(page.indexOf('## What you never do')).toBeLessThan(6_000);
        expect(page).toContain('characters more');
        expect(page).not.toContain('The page is cut here');
        expect(resumePrompt(data, 'app/fern').length).toBeLessThanOrEqual(PAGE_CHARS);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what a resumed session is told', () => {
  test('names what others said since it began, and not what it said itself', () => {
    const entry = (by: string, action: string, at: string) => ({ at, by, action, because: 'x' });
    const data = ledger({
      beads: [bead('app-2')],
      polecats: [fern],
      sessions: [session('s-1', { bead: 'app-2', status: 'ended', startedAt: ago(10 * SECOND) })],
      decisions: [
        {
          id: 'app-2',
          rev: 1,
          entries: [
            entry('operator', 'bead.update', ago(MINUTE)),
            entry('operator', 'bead.design', ago(5 * SECOND)),
            entry('polecat app/fern', 'bead.note', ago(4 * SECOND)),
            entry('town', 'session.end', ago(SECOND)),
          ],
        },
      ],
    });
    const text = resumePrompt(data, 'app/fern');
    expect(text).toContain('- operator: bead.design on app-2');
    expect(text).not.toMatch(/bead\.update|bead\.note|session\.end/);
  });

  test('is that it may end where its bead was taken away meanwhile', () => {
    expect(resumePrompt(ledger({ polecats: [polecat('app/fern')] }), 'app/fern')).toContain('Nothing is on your hook');
  });
});
