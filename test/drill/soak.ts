import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../support/process.ts';

/** `npm run soak -- --minutes 15 --agents 30`: the long form of `soak.test.ts`. */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '15' }, agents: { type: 'string', default: '30' } },
});

const run = (file: string, args: readonly string[]): number =>
  spawnSync(file, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: {
      ...process.env,
      GASTOWN_SOAK_MINUTES: values.minutes,
      GASTOWN_SOAK_AGENTS: values.agents,
    },
  }).status ?? 1;

process.exitCode =
  run('npm', ['run', '--silent', 'build']) ||
  run(process.execPath, [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', 'test/drill/soak.test.ts']);
