import { stripEscapes } from './escapes.ts';

/** One thing that failed, as far as a tool's output tells. */
export interface Failure {
  /** Its name in the tool's own words. */
  readonly test?: string;
  /** `file:line` or `file:line:column`, relative where the tool says it so. */
  readonly at?: string;
  readonly message?: string;
}

/**
 * What failed, in the order told, from the output of vitest, Jest, node:test, TAP, pytest, unittest, Go, Rust, tsc, C compilers and
 * make. It reads what tools print for people, so it may find nothing; it never decides whether a gate passed.
 */
export const findFailures = (text: string, max: number = MAX_FAILURES): Failure[] => {
  const found: Open[] = [];
  let open: Open | undefined;
  const begin = (failure: Open): Open => {
    const known = found.find(one => one.test !== undefined && isSameTest(one.test, failure.test));
    if (!known) found.push(failure);
    // A summary names it more fully than its own heading did.
    else if ((failure.test ?? '').length > known.test!.length) known.test = failure.test!;
    const target = known ?? failure;
    target.message ??= failure.message;
    target.at ??= failure.at;
    return target;
  };
  let linesLeft = 0;
  for (const raw of text.split('\n')) {
    if (found.length > max * 2) break;
    const line = stripEscapes(raw.slice(0, LINE_CHARS)).trimEnd();
    const single = singleOf(line);
    if (single) {
      const failure = begin(single);
      open = single.at === undefined && single.test === undefined ? failure : undefined;
      linesLeft = BLOCK_LINES;
      continue;
    }
    if (CLOSINGS.test(line)) open = undefined;
    const test = headingOf(line);
    if (test !== undefined) {
      open = begin({ test });
      linesLeft = BLOCK_LINES;
      continue;
    }
    if (!open || linesLeft-- <= 0) continue;
    learn(open, line);
  }
  return found
    .filter(one => !saysNothing(one, found))
    .map(finished)
    .slice(0, max);
};

/** The same in lines for people and agents: name, place, message. */
export const failureLines = (failures: readonly Failure[]): string[] =>
  failures.map(({ test, at, message }) => [test, at && `at ${at}`, message].filter(Boolean).join(' · '));

/** The first ones explain the rest. */
export const MAX_FAILURES = 20;
/** Lines after a heading that are read for its place and message. */
const BLOCK_LINES = 60;
/** Longer lines are no words of a test runner. */
const LINE_CHARS = 1_000;
const NAME_CHARS = 300;
const MESSAGE_CHARS = 300;

interface Open {
  test?: string;
  at?: string | undefined;
  message?: string | undefined;
  /** The next line that says something is the message. */
  expectsMessage?: boolean;
}

/** Headings under which a tool tells of one failed test. */
const HEADINGS: readonly RegExp[] = [
  /^\s*--- FAIL: (\S+)/, // Go
  /^---- (.+) stdout ----$/, // Rust
  /^_{3,} (.+?) _{3,}$/, // pytest
  /^\s*FAIL\s+(\S.* > .+)$/, // vitest
  /^\s*FAIL\s+(\S+) \[ \S+ \]$/, // vitest, a file that could not be loaded
  /^ {2}● (?!Console\b)(\S.*)$/, // Jest
  /^\s*✖ (.+?) \(\d[\d.]*m?s\)$/, // node:test
  /^(?:FAIL|ERROR): (\S+ \(.+\))$/, // unittest
  /^\s*\d+\) (\S.+):$/, // Mocha
];
/** What follows is told of anew. */
const CLOSINGS = /^✖ failing tests:$|^failures:$|^=+ short test summary info =+$/;
const TAP_POINT = /^\s*not ok \d+(?: - | )?(.*)$/;
const TAP_EXCUSED = /\s# (?:TODO|SKIP)\b/i;

const headingOf = (line: string): string | undefined => {
  const point = TAP_POINT.exec(line);
  if (point) return TAP_EXCUSED.test(line) ? undefined : point[1]!.replace(/ # time=.*$/, '').slice(0, NAME_CHARS);
  for (const heading of HEADINGS) {
    const match = heading.exec(line);
    if (match) return match[1]!.trim().slice(0, NAME_CHARS);
  }
  return undefined;
};

/** Whole failures in one line, and compilers' first lines. */
const singleOf = (line: string): Open | undefined => {
  const tsc = /^([^\s():][^():]*)[(:](\d+)[,:](\d+)\)?(?::| -) error (TS\d+: .+)$/.exec(line);
  if (tsc) return { at: `${tsc[1]}:${tsc[2]}:${tsc[3]}`, message: tsc[4] };
  const pytest = /^(?:FAILED|ERROR) (\S+\.py\S*(?:::\S.*?)?)(?: - (.+))?$/.exec(line);
  if (pytest) return { test: pytest[1]!, message: pytest[2] };
  const compiler =
    /^(?:vet: )?((?:\.{0,2}[\w@+-][\w@.+/-]*|\.{1,2}\/[\w@.+/-]+)\.\w{1,4}:\d+(?::\d+)?): (?:fatal )?error: (.+)$/.exec(
      line,
    );
  if (compiler) return { at: compiler[1], message: compiler[2] };
  const go = /^(?:vet: )?((?:\.{1,2}\/)?[\w@+-][\w@.+/-]*\.go:\d+:\d+): (.+)$/.exec(line);
  if (go) return { at: go[1], message: go[2] };
  const rust = /^(error\[E\d+\]: .+)$/.exec(line);
  if (rust) return { message: rust[1] };
  const make = /^make(?:\[\d+\])?: \*\*\* \[(?:(\S+:\d+): )?(.+)\] (Error \d+.*)$/.exec(line);
  if (make) return { at: make[1], message: `make ${make[2]}: ${make[3]}` };
  return undefined;
};

const learn = (open: Open, line: string): void => {
  const trimmed = line.trim();
  if (trimmed === '') return;
  const panic = /^thread '.*' (?:\(\d+\) )?panicked at (\S+:\d+:\d+):$/.exec(trimmed);
  if (panic) {
    open.at ??= panic[1];
    open.expectsMessage = open.message === undefined;
    return;
  }
  if (open.expectsMessage) {
    open.message = trimmed;
    open.expectsMessage = false;
    return;
  }
  const logged = /^(\w[\w.-]*_test\.go:\d+): (.+)$/.exec(trimmed);
  if (logged) {
    open.at ??= logged[1];
    open.message ??= logged[2];
    return;
  }
  if (/^(?:error|message): \|-?$/.test(trimmed)) {
    open.expectsMessage = open.message === undefined;
    return;
  }
  open.message ??= MESSAGES.map(pattern => pattern.exec(trimmed)?.[1]).find(found => found !== undefined);
  open.at ??= placeIn(trimmed);
};

/** What tools say went wrong; the first that a block holds is the one. */
const MESSAGES: readonly RegExp[] = [
  /^E {2,}(\S.*)$/, // pytest
  /^((?:Uncaught )?\w*(?:Error|Exception|Failure)\w*(?: \[\w+\])?: .+)$/,
  /^(expect\(.+)$/, // Jest
  /^(panic: .+)$/,
  /^(?:error|message): ['"]?([^'"|].*?)['"]?$/, // TAP diagnostics
];

const PLACE =
  /(?:^|[\s('"❯>])(?:file:\/\/)?((?:\.{0,2}\/)?[\w@.+-][\w@.+/-]*\.(?:[cm]?[jt]sx?|py|go|rs|rb|java|kt|php|c|cc|cpp|h|swift|ex|exs|vue|svelte)):(\d+(?::\d+)?)/;
const PYTHON_FRAME = /^File "(.+)", line (\d+)/;
/** The tool's own frames and other people's packages explain nothing. */
const FOREIGN = /node_modules\/|^node:|\/rustc\/|\/site-packages\/|\/usr\/lib\//;

const placeIn = (line: string): string | undefined => {
  const frame = PYTHON_FRAME.exec(line);
  if (frame) return FOREIGN.test(frame[1]!) ? undefined : `${frame[1]}:${frame[2]}`;
  const place = PLACE.exec(line);
  if (!place || FOREIGN.test(line)) return undefined;
  return `${place[1]}:${place[2]}`;
};

/** `test_a.py::TestShip::test_sails` is what the heading called `TestShip.test_sails`. */
const isSameTest = (known: string, other: string | undefined): boolean => {
  if (other === undefined) return false;
  if (known === other) return true;
  const [short, long] = known.length < other.length ? [known, other] : [other, known];
  return long.includes('::') && long.slice(long.indexOf('::') + 2).replaceAll('::', '.') === short;
};

/** Parents of failed subtests, and the summary of a make whose command has told more. */
const saysNothing = (one: Open, all: readonly Open[]): boolean => {
  const others = all.filter(other => other !== one);
  if (one.test === undefined) return isMake(one) && others.some(other => !isMake(other));
  if (/^\d+ subtests? failed/.test(one.message ?? '')) return true;
  if (one.message !== undefined) return false;
  return others.some(other => other.test?.startsWith(`${one.test}/`) || (!one.at && other.message !== undefined));
};

const isMake = ({ message }: Open): boolean => message?.startsWith('make ') ?? false;

const finished = ({ test, at, message }: Open): Failure => ({
  ...(test !== undefined && { test }),
  ...(at !== undefined && { at: at.slice(0, NAME_CHARS) }),
  ...(message !== undefined && { message: message.trim().slice(0, MESSAGE_CHARS) }),
});
