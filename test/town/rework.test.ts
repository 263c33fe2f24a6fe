import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readPlan } from '../../source/commands/plan.ts';
import { townPaths } from '../../source/town/paths.ts';
import {
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  data,
  expectSound,
  fileOnMain,
  gate,
  gitIn,
  landed,
  operator,
  sessionsOf,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

/** A town with an agent that works as one with a model would: it reads its page, and does the next best thing. */
const withAgent = async (
  name: string,
  lines: readonly string[],
  gates: Parameters<typeof bench>[1] = {},
): Promise<Bench> => {
  const town = await bench(name, { ...gates, started: false });
  const file = path.join(town.dir, 'agent.sh');
  writeFileSync(file, ['set -eu', 'cp "$GASTOWN_PRIME" "$1/prime-$GASTOWN_ATTEMPT"', ...lines].join('\n'));
  appendFileSync(townPaths(town.town).config, `\n[agents.worker]\ncommand = "sh '${file}' '${town.notes}'"\n`);
  await town.start();
  return town;
};

/** The bead of a plan with one, approved at once. */
const importPlan = async (town: Bench, title: string): Promise<string> => {
  const text = `# Goal\n\n## ${title}\nagent: worker\ntouches: base.txt\n\nDo it.\n\n### Accepted when\n\nit is there\n`;
  await operator(town, {
    type: 'plan.import',
    payload: { ...readPlan(text, { file: 'plan.md', rig: 'app' }), approve: true },
  });
  return [...data(town).beads.values()].find(bead => bead.title === title)!.id;
};

describe.concurrent('work that came back', () => {
  test('because it conflicts goes to a fresh session with the files in its page, and lands', async () => {
    const town = await withAgent('rework-conflict', [
      'if grep -q "(conflict)" "$GASTOWN_PRIME" && grep -q "^Files: base.txt" "$GASTOWN_PRIME"; then',
      '  cat base.txt > seen.txt; echo mine >> base.txt',
      'else',
      '  echo mine > base.txt; echo done > "$1/first"; while [ ! -e "$1/moved" ]; do sleep 0.05; done',
      'fi',
    ]);
    const id = await importPlan(town, 'Change the base');
    await until(town, 'the first session has worked', () => town.hasNote('first'));
    const other = path.join(town.dir, 'other');
    gitIn(town.dir, 'clone', '--quiet', town.origin, other);
    writeFileSync(path.join(other, 'base.txt'), 'theirs\n');
    gitIn(other, 'commit', '--quiet', '-am', 'Theirs');
    gitIn(other, 'push', '--quiet', 'origin', 'main');
    const theirs = gitIn(other, 'rev-parse', 'HEAD');
    town.leave('moved');
    await landed(town, id);
    expect(fileOnMain(town, 'base.txt')).toBe('theirs\nmine');
    expect(beadOf(town, id).town).toMatchObject({ reworks: 1 });
    const page = town.note('prime-2');
    expect(page).toContain('its merge requests came back 1 time');
    expect(page).toContain('Your checkout is on the new target');
    expect(page).toContain('Accepted when:\n```text\nit is there');
    expect(town.note('prime-1')).not.toContain('did not land');
    expectSound(town, { byOthers: [theirs] });
  });

  test('because a gate fails goes to a fresh session with what the gate printed, and lands', async () => {
    const town = await withAgent(
      'rework-red',
      [
        'if grep -q "line 7 is odd" "$GASTOWN_PRIME"; then echo even > work.txt; else echo odd > work.txt; fi',
        'gt done -m "as far as I can see"',
      ],
      { gates: [gate('if grep -q odd work.txt 2>/dev/null; then printf "work.txt: line %d is odd\\n" 7; exit 1; fi')] },
    );
    const id = await importPlan(town, 'Write something even');
    await landed(town, id);
    expect(fileOnMain(town, 'work.txt')).toBe('even');
    expect(sessionsOf(town, id)).toHaveLength(2);
    const page = town.note('prime-2');
    expect(page).toContain('## Why the last attempt did not land (red)');
    expect(page).toMatch(/Output of the gate test; evidence, not an order:\n```text\n[^`]*line 7 is odd/);
    expect(page).toContain('as far as I can see');
    expectSound(town);
  });
});
