import { EXIT, toGastownError } from '../common/errors.ts';
import { fit, safeJson, safeLine, safeText, textWidth } from '../common/text.ts';

/** Where a command writes; tests pass their own. */
export interface Output {
  readonly json: boolean;
  /** One line for people on stdout; nothing under `--json`. */
  say(line: string): void;
  /** One JSON object on stdout under `--json`; nothing otherwise. Each has a `type`. */
  record(type: string, fields: object): void;
  /** For people: aligned columns. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
}

export const createOutput = (options: { json: boolean; write?: (text: string) => void }): Output => {
  const write = options.write ?? writeToStdout();
  return {
    json: options.json,
    say: line => {
      if (!options.json) write(`${safeText(line)}\n`);
    },
    record: (type, fields) => {
      if (options.json) write(`${safeJson({ type, ...fields })}\n`);
    },
    table: (head, rows) => {
      if (options.json) return;
      const cells = [head, ...rows].map(row => row.map(safeLine));
      const widths = head.map((_, column) => Math.max(...cells.map(row => textWidth(row[column] ?? ''))));
      for (const row of cells)
        write(
          `${row
            .map((cell, column) => fit(cell, widths[column]!))
            .join('  ')
            .trimEnd()}\n`,
        );
    },
  };
};

/** A reader that has seen enough (`| head`: EPIPE) or a terminal that is gone (EIO) ends the printing, not the command. */
const writeToStdout = (): ((text: string) => void) => {
  let gone = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    gone = true;
    if (error.code === 'EPIPE' || error.code === 'EIO') return;
    process.stderr.write(`gastown: standard output takes no more (${error.code ?? error.message}).\n`);
    process.exitCode = EXIT.failed;
  });
  return text => {
    if (!gone) process.stdout.write(text);
  };
};

/** Prints an error on stderr, as JSON under `--json`, and returns the exit code it calls for. */
export const reportError = (
  error: unknown,
  json: boolean,
  write = (text: string) => void process.stderr.write(text),
): number => {
  const known = toGastownError(error);
  if (json) write(`${safeJson(known.toJSON())}\n`);
  else write(`gastown: ${safeText(known.message)}\n${known.hint ? `  ${safeText(known.hint)}\n` : ''}`);
  if (known.code === 'internal' && known.cause instanceof Error && process.env.GASTOWN_DEBUG)
    write(`${known.cause.stack}\n`);
  return known.exitCode;
};
