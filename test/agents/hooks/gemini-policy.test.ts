import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { GEMINI_POLICY } from '../../../source/agents/hooks/gemini-policy.ts';

interface Rule {
  readonly decision: string;
  readonly priority: number;
  readonly commandRegex?: string;
  readonly commandPrefix?: string;
  readonly denyMessage?: string;
}

const { rule: rules } = parse(GEMINI_POLICY) as unknown as { rule: readonly Rule[] };

/** As the engine looks: the expression follows the beginning of the command in JSON. */
const isRefused = (command: string): boolean =>
  rules.some(
    ({ decision, commandRegex }) =>
      decision === 'deny' && new RegExp(`"command":"${commandRegex}`).test(JSON.stringify({ command })),
  );

describe('the guard as rules of Gemini CLI', () => {
  test.each([
    'git push --force origin HEAD:main',
    'git -C . push -uf origin x',
    'git push origin +main',
    'git push origin --delete main',
    'git add . && git stash',
    'pkill node',
    'echo x && killall -9 vim',
    'rm -rf ~',
    'rm -rf "$HOME"',
    'rm -rf /',
    'rm -fr ~/*',
    'psql -c "DROP TABLE users"',
    'terraform destroy -auto-approve',
  ])('refuses %s', command => expect(isRefused(command)).toBe(true));

  test.each([
    'git push origin main',
    'git stash list',
    'git commit -m "force push is bad"',
    'rm -rf ./dist',
    'rm -rf /tmp/mine',
    'npm test && rm -f coverage.txt',
    'grep -rn killer src',
  ])('lets %s pass', command => expect(isRefused(command)).toBe(false));

  test('goes before what is allowed, says why, and has no pattern that the engine would drop as unsafe', () => {
    const [deny, allow] = ['deny', 'allow'].map(decision => rules.filter(rule => rule.decision === decision));
    expect(Math.min(...deny!.map(({ priority }) => priority))).toBeGreaterThan(
      Math.max(...allow!.map(({ priority }) => priority)),
    );
    for (const { denyMessage, commandRegex } of deny!) {
      expect(denyMessage).toMatch(/\.$/);
      expect(commandRegex).not.toMatch(/\([^()]*[+*][^()]*\)[+*]/);
    }
  });
});
