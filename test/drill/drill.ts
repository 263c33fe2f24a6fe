import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT } from '../support/process.ts';
import { FAULTS, type Fault } from './faults.ts';

/** `npm run drill`: brings about every fault in the real program and says, fault by fault, whether it was lived through. */
interface Result {
  readonly file: string;
  readonly title: string;
  readonly names: readonly string[];
  readonly status: string;
}

const main = (): number => {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: 'inherit' });
  const results = runTests([...new Set(FAULTS.flatMap(({ tests }) => tests.map(([file]) => file)))]);
  const lines = FAULTS.map((fault, n) => verdictOf(n + 1, fault, results));
  console.log(lines.map(({ text }) => text).join('\n'));
  const failed = lines.filter(({ passed }) => !passed).length;
  console.log(
    failed === 0 ? `all ${FAULTS.length} faults passed` : `${failed} of ${FAULTS.length} faults did not pass`,
  );
  return failed === 0 ? 0 : 1;
};

/** One after the other, so that what is measured is the fault and not the neighbour. */
const runTests = (files: readonly string[]): Result[] => {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gastown-drill-'));
  const report = path.join(dir, 'report.json');
  try {
    const args = ['run', ...files.map(file => `test/${file}`), '--maxWorkers=1', '--reporter=dot', '--reporter=json'];
    spawnSync(
      process.execPath,
      [path.join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args, `--outputFile=${report}`],
      {
        cwd: ROOT,
        stdio: ['ignore', 'inherit', 'inherit'],
        // Every damage there is; of a hundred writers killed at random, as many as fit into a drill.
        env: { GASTOWN_ROUNDS: '25', ...process.env, GASTOWN_LONG: '1' },
      },
    );
    const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as {
      testResults: { name: string; assertionResults: { title: string; ancestorTitles: string[]; status: string }[] }[];
    };
    return testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ title, ancestorTitles, status }) => ({
        file: path.relative(path.join(ROOT, 'test'), name),
        title,
        names: ancestorTitles,
        status,
      })),
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/** A fault whose tests are gone, or were left out for want of a tool, has not passed. */
const verdictOf = (n: number, fault: Fault, results: readonly Result[]): { text: string; passed: boolean } => {
  const trouble: string[] = [];
  let count = 0;
  for (const [file, title] of fault.tests) {
    const own = results.filter(result => result.file === file && result.title.startsWith(title));
    if (own.length === 0) trouble.push(`no test "${title}" in ${file}`);
    for (const one of own) {
      count++;
      if (one.status !== 'passed') trouble.push(`${one.status}: ${[...one.names, one.title].join(' ')}`);
    }
  }
  const passed = trouble.length === 0;
  const text = [
    `${passed ? 'pass' : 'FAIL'}  ${String(n).padStart(2)}  ${fault.fault} (${count} ${count === 1 ? 'test' : 'tests'})`,
    `          ${fault.passes}`,
    ...trouble.map(line => `          ${line}`),
  ].join('\n');
  return { text, passed };
};

process.exitCode = main();
