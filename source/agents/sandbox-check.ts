import { findProgram } from './find-program.ts';
import { sandboxWords } from './sandbox.ts';

/** Whether agents can be put into a sandbox on this machine, or why not, in one sentence. */
export type SandboxCheck =
  | {
      readonly works: true;
      /** Whether a sandbox can be without the machine's network. */
      readonly ownNetwork: boolean;
      readonly passesSignals: boolean;
      /** Whether what runs in one can have one of its own: root, whose rights are taken away inside, cannot. */
      readonly nests: boolean;
    }
  | { readonly works: false; readonly why: string };

/** Starting one takes two milliseconds; one that hangs is none. */
const TRIAL_LIMIT_MS = 5_000;

const INSTALL = 'install bubblewrap (apt-get install bubblewrap, dnf install bubblewrap, …) to have them in one';

/** Somebody may install or allow it while the town runs. */
const ASKED_AGAIN_MS = 60_000;

/** Looks once a process, by starting one: kernels and container hosts refuse it in many ways. Never rejects. */
export const checkSandbox = async (env: NodeJS.ProcessEnv): Promise<SandboxCheck> => {
  if (known && known.path === env.PATH) {
    const check = await known.check;
    if (check.works || Date.now() - known.at < ASKED_AGAIN_MS) return check;
  }
  known = { path: env.PATH, at: Date.now(), check: tryASandbox(env) };
  return known.check;
};

let known:
  | { readonly path: string | undefined; readonly at: number; readonly check: Promise<SandboxCheck> }
  | undefined;

/** The same, looked at anew. */
export const tryASandbox = async (env: NodeJS.ProcessEnv): Promise<SandboxCheck> => {
  if (process.platform !== 'linux') return { works: false, why: 'bubblewrap is for Linux only' };
  if (findProgram('bwrap', env) === undefined) return { works: false, why: `bwrap was not found: ${INSTALL}` };
  const nothing = { readable: [], writable: [], cwd: '/' };
  const { execa } = await import('execa');
  const start = ([command, ...words]: string[]) =>
    execa(command!, [...words, 'sh', '-c', 'exit 7'], {
      env: { PATH: env.PATH ?? '' },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      timeout: TRIAL_LIMIT_MS,
    });
  const result = await start(sandboxWords({ ...nothing, network: 'open' }));
  if (result.exitCode === 7) {
    const [alone, heard, nested] = await Promise.all([
      start(sandboxWords({ ...nothing, network: 'metered' })),
      start(sandboxWords({ ...nothing, network: 'open', passesSignals: true })),
      start([...sandboxWords({ ...nothing, network: 'open' }), ...sandboxWords({ ...nothing, network: 'open' })]),
    ]);
    return {
      works: true,
      ownNetwork: alone.exitCode === 7,
      passesSignals: heard.exitCode === 7,
      nests: nested.exitCode === 7,
    };
  }
  const said = (result.stderr || result.shortMessage || 'it does not say why').split('\n')[0]!;
  return { works: false, why: `bwrap does not work here: ${said}` };
};
