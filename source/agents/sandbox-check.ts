import { execa } from 'execa';
import { findProgram } from './find-program.ts';
import { sandboxWords } from './sandbox.ts';

/** Whether agents can be put into a sandbox on this machine, or why not, in one sentence. */
export type SandboxCheck = { readonly works: true } | { readonly works: false; readonly why: string };

/** Starting one takes two milliseconds; one that hangs is none. */
const TRIAL_LIMIT_MS = 5_000;

const INSTALL = 'install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap, …) to have them in one';

/** Looks once a process, by starting one: kernels and container hosts refuse it in many ways. Never rejects. */
export const checkSandbox = (env: NodeJS.ProcessEnv): Promise<SandboxCheck> => {
  known ??= tryASandbox(env);
  return known;
};

let known: Promise<SandboxCheck> | undefined;

/** The same, looked at anew. */
export const tryASandbox = async (env: NodeJS.ProcessEnv): Promise<SandboxCheck> => {
  if (process.platform !== 'linux') return { works: false, why: 'bubblewrap is for Linux only' };
  if (findProgram('bwrap', env) === undefined) return { works: false, why: `bwrap was not found: ${INSTALL}` };
  const trial = sandboxWords({ readable: [], writable: [], cwd: '/', network: 'metered' });
  const result = await execa(trial[0]!, [...trial.slice(1), 'sh', '-c', 'exit 7'], {
    env: { PATH: env.PATH ?? '' },
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
    timeout: TRIAL_LIMIT_MS,
  });
  if (result.exitCode === 7) return { works: true };
  const said = (result.stderr || result.shortMessage || 'it does not say why').split('\n')[0]!;
  return { works: false, why: `bwrap does not work here: ${said}` };
};
