import type { fromMarkdown } from 'mdast-util-from-markdown';
import { GastownError } from '../../common/errors.ts';
import { safeLine } from '../../common/text.ts';

export type PlanNode = ReturnType<typeof fromMarkdown>['children'][number];

/** A plan's text with its file's name, for errors. */
export interface PlanText {
  readonly file: string;
  readonly text: string;
}

/** The file as text with `\n` line ends and no byte order mark. Refuses what is not UTF-8 and NUL bytes, with the line. */
export const decodePlan = (source: string | Uint8Array, file: string): PlanText => {
  const text = (typeof source === 'string' ? source : decode(source, file))
    .replace(/^\ufeff/, '')
    .replace(/\r\n?/g, '\n');
  const nul = text.indexOf('\0');
  if (nul >= 0)
    throw invalidAt(file, lineAt(text, nul), 'expected text', 'a NUL byte', 'Save the plan as plain UTF-8 text.');
  return { file, text };
};

/** `file:line: expected …, found ….` about a node; about the end of the text when there is none. */
export const planInvalid = (
  text: PlanText,
  node: PlanNode | undefined,
  expected: string,
  found: string,
  hint?: string,
): GastownError => invalidAt(text.file, node?.position?.start.line ?? 1, expected, found, hint);

export const invalidAt = (file: string, line: number, expected: string, found: string, hint?: string): GastownError =>
  new GastownError('plan_invalid', `${safeLine(file)}:${line}: ${expected}, found ${found}.`, {
    hint: hint ?? 'Correct the plan and import it again; nothing was imported.',
  });

export const rawOf = (text: PlanText, node: PlanNode): string =>
  text.text.slice(node.position!.start.offset!, node.position!.end.offset!);

/** Where a block begins, with its first line's indent where that is a part of it: that of code, or of a list's first item. */
export const startOf = (text: PlanText, node: PlanNode): number => {
  const start = node.position!.start.offset!;
  const line = text.text.lastIndexOf('\n', start - 1) + 1;
  return node.type !== 'paragraph' && text.text.slice(line, start).trim() === '' ? line : start;
};

/** A heading's words without their markup. */
export const plainText = (node: unknown): string => {
  const { value, alt, children } = node as { value?: string; alt?: string; children?: unknown[] };
  return value ?? alt ?? (children ?? []).map(plainText).join('');
};

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

const decode = (bytes: Uint8Array, file: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const { line, byte } = firstBadByte(bytes);
    throw invalidAt(
      file,
      line,
      'expected UTF-8 text',
      `byte 0x${byte.toString(16).padStart(2, '0')}`,
      'Save the plan as UTF-8.',
    );
  }
};

/** Only on the way to an error: lines are decoded one by one until one does not. A line feed is never part of a longer UTF-8 sequence. */
const firstBadByte = (bytes: Uint8Array): { line: number; byte: number } => {
  let start = 0;
  for (let line = 1; start <= bytes.length; line++) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed;
    const part = bytes.subarray(start, end);
    const loose = new TextDecoder('utf-8', { ignoreBOM: true }).decode(part);
    const exact = new TextEncoder().encode(loose);
    const at = part.findIndex((value, index) => exact[index] !== value);
    if (at >= 0) return { line, byte: part[at]! };
    if (exact.length !== part.length) return { line, byte: part.at(-1) ?? 0 };
    start = end + 1;
  }
  return { line: 1, byte: bytes[0] ?? 0 };
};
