import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import {
  attention,
  type Bench,
  beadOf,
  bench,
  cleanUpAll,
  cli,
  data,
  expectSound,
  fileOnMain,
  landed,
  landedCommits,
  merge,
  mergesOf,
  script,
  until,
} from './harness.ts';

afterAll(cleanUpAll);

/** Long enough for a town that wrongly lands something to have landed it. */
const NOTHING_HAPPENS_MS = 1_000;
/** Put together in the script, so that neither this file nor the bead holds it. */
const LEAK = 'half=a1B2c3D4a1B2c3D4; printf "const token = \\"ghp_%s%se5F6\\";\\n" "$half" "$half" > app.ts';
const TOKEN = `ghp_${'a1B2c3D4'.repeat(4)}e5F6`;

const asked = (town: Bench, id: string) =>
  until(town, `a person is asked about ${id}`, () =>
    attention(town).find(row => row.kind === 'approval' && row.subject === id),
  );

describe.concurrent('guards', () => {
  test('a leaked key goes back to whoever leaked it, is nowhere shown, and lands in no commit', async () => {
    const town = await bench('leak');
    const again = `[ "$GASTOWN_REWORK" = 0 ] || { gt prime > '${town.notes}/prime'; echo clean > app.ts; exit 0; }`;
    const remove = 'git add -A; git commit -qm "Add app"; echo "const token = read();" > app.ts';
    const id = await town.sling('Add the app', script(again, LEAK, remove));
    await landed(town, id);
    const [bounced] = mergesOf(town, id).filter(request => request.state === 'bounced');
    expect(bounced!.cause).toMatchObject({ kind: 'guard', files: ['app.ts'] });
    expect(bounced!.cause!.summary).toMatch(
      /^a guard stopped it: a GitHub token in app\.ts line 1, commit [0-9a-f]{12}: ghp_\*\*\*/,
    );
    expect(beadOf(town, id).town.reworks).toBe(1);
    expect(town.note('prime')).toContain('Rewrite your history');
    expect(town.note('prime')).not.toContain(TOKEN);
    expect(JSON.stringify([...data(town).merges.values(), ...data(town).decisions.values()])).not.toContain(TOKEN);
    const shown = await town.running.handle.review(bounced!.id);
    expect(shown).toHaveProperty('files');
    expect(JSON.stringify(shown)).not.toContain(TOKEN);
    expect(fileOnMain(town, 'app.ts')).toBe('clean');
    expect([...data(town).verdicts.values()], 'only the clean work was tested').toHaveLength(1);
    expectSound(town);
  });

  test('work that edits CI, deletes a test or frees itself in CODEOWNERS waits for a person and the typed word', async () => {
    const town = await bench('protected', {
      policy: 'guarded',
      files: {
        'base.txt': 'base\n',
        'a.test.ts': "test('a', () => expect(1).toBe(1));\n",
        CODEOWNERS: '/infra.tf @ops\n',
        'infra.tf': 'a\n',
      },
    });
    const ci = await town.sling(
      'Edit CI',
      script('mkdir -p .github/workflows', 'echo "on: push" > .github/workflows/ci.yml'),
    );
    const first = await merge(town, ci);
    const row = await asked(town, first.id);
    expect(row.detail).toContain('waits for your approval: changes .github/workflows/ci.yml, a CI file');
    const removed = await town.sling('Delete a test', script('git rm -q a.test.ts'));
    const second = await merge(town, removed);
    expect((await asked(town, second.id)).detail).toContain('deletes the test file a.test.ts');
    const freed = await town.sling('Free it', script('echo "# nobody" > CODEOWNERS', 'echo b > infra.tf'));
    const third = await merge(town, freed);
    expect((await asked(town, third.id)).detail).toContain('changes infra.tf, owned by @ops (CODEOWNERS line 1)');
    const plain = await town.sling('Plain work', script('echo plain > plain.txt'));
    await landed(town, plain);
    await sleep(NOTHING_HAPPENS_MS);
    expect(landedCommits(town), 'nothing but the plain work').toHaveLength(1);

    const without = await cli(town, 'approve', first.id, '--head', first.head);
    expect(without).toMatchObject({ code: 3 });
    expect(without.stderr).toContain(`--word ${ci}`);
    expect(await cli(town, 'approve', first.id, '--head', first.head, '--word', 'yes')).toMatchObject({ code: 1 });
    const listed = await cli(town, 'merges', '--json');
    const shown = listed.stdout
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line))
      .find(one => one.id === first.id);
    expect(shown).toMatchObject({
      confirmWord: ci,
      needsApproval: true,
      findings: [{ guard: 'protected-paths', kind: 'ask' }],
    });
    expect(await cli(town, 'approve', first.id, '--head', first.head, '--word', ci)).toMatchObject({ code: 0 });
    await landed(town, ci);
    expect(await cli(town, 'approve', second.id, '--head', second.head)).toMatchObject({ code: 0 });
    await landed(town, removed);
    expect(data(town).merges.get(third.id)!.state).toBe('queued');
    expectSound(town);
  });
});
