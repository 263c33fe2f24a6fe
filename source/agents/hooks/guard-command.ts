import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { judgeToolCall } from './guard.ts';
import { readStandardInput } from './standard-input.ts';

/** By this every CLI's hook refuses: what is on standard error goes to the model. Other numbers only warn. */
const REFUSED = 2;
const UNREADABLE = 1;

/** `gt guard <cli>`: judges the tool call on standard input. It asks nobody, so it works without a town. */
export const guardCommand = async (cli: string, env: NodeJS.ProcessEnv): Promise<number> => {
  const text = await readStandardInput();
  let hook: unknown;
  try {
    hook = JSON.parse(text);
  } catch {
    process.stderr.write('gt guard: the tool call on standard input is not JSON, and was not judged.\n');
    return UNREADABLE;
  }
  const cwd = process.cwd();
  const home = env.HOME ?? os.homedir();
  const root = env.GASTOWN_CHECKOUT ?? env.CLAUDE_PROJECT_DIR ?? repositoryOf(cwd);
  const refusal = judgeToolCall(hook, {
    cwd,
    root,
    home,
    temporary: [...TEMPORARY, ...(env.TMPDIR ? [env.TMPDIR] : [])],
  });
  if (refusal === undefined) return 0;
  process.stderr.write(`${refusal}\n`);
  // Copilot obeys the exit code, but reads its reasons here.
  if (cli === 'copilot')
    process.stdout.write(JSON.stringify({ permissionDecision: 'deny', permissionDecisionReason: refusal }));
  return REFUSED;
};

const TEMPORARY = ['/tmp', '/var/tmp'];

/** The nearest folder upwards with a `.git`, else the folder itself. */
const repositoryOf = (folder: string): string => {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, '.git'))) return at;
  }
  return folder;
};
