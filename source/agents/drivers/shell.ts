import { deliverPrompt } from '../deliver.ts';
import type { AgentDriver, AgentState } from '../driver.ts';

/** Runs a script with `sh -eu` in a pty. Exit 0 is done, anything else is a failure with its output. */
export const shellDriver: AgentDriver = {
  start: (host, { session, script, ...launch }) => host.start({ id: session, argv: shellArgv(script), ...launch }),
  async prompt(host, session, text) {
    await deliverPrompt(host, session, text);
  },
  interrupt: (host, session) => host.write(session, CTRL_C),
  state(seen, now): AgentState {
    if (!seen) return { state: 'unknown', since: now, source: 'none', evidence: 'the terminal host does not know it' };
    if (seen.alive)
      return { state: 'working', since: seen.startedAt, source: 'process', evidence: `process ${seen.pid} runs` };
    const since = seen.endedAt ?? now;
    if (seen.signal) return { state: 'failed', since, source: 'process', evidence: `ended by signal ${seen.signal}` };
    if (seen.exitCode === undefined)
      return { state: 'failed', since, source: 'process', evidence: 'ended with its terminal' };
    const state = seen.exitCode === 0 ? 'done' : 'failed';
    return { state, since, source: 'process', evidence: `exit code ${seen.exitCode}` };
  },
};

/** What a bead says is to be run: its first fenced `sh` block, or undefined when it has none. An unclosed block goes to the end, as in Markdown. */
export const shellScript = (description: string): string | undefined => {
  const lines = description.split(/\r\n|\r|\n/);
  let fence: Fence | undefined;
  let body: string[] = [];
  for (const line of lines) {
    if (!fence) {
      fence = openingFence(line);
      body = [];
    } else if (closes(line, fence)) {
      if (fence.shell) break;
      fence = undefined;
    } else {
      body.push(line.replace(new RegExp(`^ {0,${fence.indent}}`), ''));
    }
  }
  return fence?.shell ? `${body.join('\n')}\n` : undefined;
};

/** How a script file is run: stops at the first failing command and at the first unset variable. */
export const shellArgv = (scriptFile: string): string[] => ['sh', '-eu', scriptFile];

const CTRL_C = '\x03';

interface Fence {
  readonly mark: string;
  readonly indent: number;
  readonly shell: boolean;
}

/** Fences as in CommonMark: three or more backticks or tildes, at most three spaces in; a backtick fence has no backtick in its info. */
const openingFence = (line: string): Fence | undefined => {
  const match = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(line);
  if (!match) return undefined;
  const [, indent, mark, info] = match as unknown as [string, string, string, string];
  if (mark.startsWith('`') && info.includes('`')) return undefined;
  return { mark, indent: indent.length, shell: info.trim().split(/\s+/)[0] === 'sh' };
};

const closes = (line: string, { mark }: Fence): boolean => {
  const match = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line);
  return match !== null && match[1]![0] === mark[0] && match[1]!.length >= mark.length;
};
