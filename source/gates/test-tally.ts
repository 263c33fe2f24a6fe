import path from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import { type FinalResults, Parser, type Result } from 'tap-parser';
import { safeLine } from '../common/text.ts';

/** What a test runner's own report says of one run. */
export interface TestTally {
  readonly from: 'junit' | 'tap';
  /** Tests that ran or were skipped. */
  readonly total: number;
  /** Ids of those that failed, each once, in the order told. */
  readonly failed: readonly string[];
  /** It also tells of a failure that is no test's, or is cut short: other things may have failed. */
  readonly isPartial: boolean;
}

/** Reads JUnit XML; undefined when it is none. `root` is cut from the front of file names, so that ids are the same in every checkout. */
export const readJunit = (xml: string, root = ''): TestTally | undefined => {
  // Reports declare no entities; what does is made to blow up a parser.
  if (!/<testsuites?[\s>]/.test(xml) || /<!DOCTYPE|<!ENTITY/i.test(xml)) return undefined;
  let parsed: unknown;
  try {
    parsed = XML.parse(xml);
  } catch {
    // Cut short by a runner that was killed: as if there were none.
    return undefined;
  }
  const tally = { total: 0, failed: [] as string[], isPartial: false };
  walk(parsed, tally, root);
  return tally.total === 0 && !tally.isPartial
    ? undefined
    : { from: 'junit', ...tally, failed: distinct(tally.failed) };
};

/** Reads TAP from a gate's output; undefined when it holds none. Other lines may stand between. */
export const readTap = (text: string): TestTally | undefined => {
  if (!/^TAP version 1[34]\b/m.test(text)) return undefined;
  const failed: string[] = [];
  let total = 0;
  let isPartial = false;
  const follow = (parser: Parser): void => {
    parser.on('child', follow);
    parser.on('assert', (point: Result) => {
      // The end of a group of tests repeats what its tests said.
      if (point.closingTestPoint) return;
      total++;
      if (!point.ok && !point.todo && !point.skip) failed.push(idOf(parser.fullname, point.name));
    });
    parser.on('complete', ({ plan, count }: FinalResults) => {
      isPartial ||= plan.end === null || plan.end - (plan.start ?? 1) + 1 !== count;
    });
    parser.on('bailout', () => {
      isPartial = true;
    });
  };
  const parser = new Parser();
  follow(parser);
  parser.end(text);
  return total === 0 ? undefined : { from: 'tap', total, failed: distinct(failed), isPartial };
};

/** Reports of several files, or of one gate's several tools, taken together. */
export const addTallies = (tallies: readonly TestTally[]): TestTally | undefined =>
  tallies.length === 0
    ? undefined
    : {
        from: tallies[0]!.from,
        total: tallies.reduce((sum, { total }) => sum + total, 0),
        failed: distinct(tallies.flatMap(({ failed }) => failed)),
        isPartial: tallies.some(({ isPartial }) => isPartial),
      };

const ID_CHARS = 300;
const idOf = (...parts: readonly string[]): string =>
  safeLine(parts.filter(part => part !== '').join(' > ')).slice(0, ID_CHARS);

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)];

const LISTS = new Set(['testsuites', 'testsuite', 'testcase', 'failure', 'error', 'skipped']);
const XML = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  attributesGroupName: '$',
  parseAttributeValue: false,
  parseTagValue: false,
  isArray: name => LISTS.has(name),
});

type Element = { readonly [name: string]: unknown };
const isElement = (value: unknown): value is Element => typeof value === 'object' && value !== null;
const childrenOf = (element: Element, name: string): unknown[] =>
  Array.isArray(element[name]) ? (element[name] as unknown[]) : [];
const attributeOf = (element: Element, name: string): string => {
  const { $ } = element;
  return isElement($) && typeof $[name] === 'string' ? $[name] : '';
};

const walk = (element: unknown, tally: { total: number; failed: string[]; isPartial: boolean }, root: string): void => {
  if (!isElement(element)) return;
  for (const suite of [...childrenOf(element, 'testsuites'), ...childrenOf(element, 'testsuite')]) {
    if (!isElement(suite)) continue;
    // A file that could not be loaded, a set-up that threw: failures outside of any test.
    if (childrenOf(suite, 'error').length > 0 || childrenOf(suite, 'failure').length > 0) tally.isPartial = true;
    const before = tally.failed.length;
    walk(suite, tally, root);
    const said = Number(attributeOf(suite, 'failures') || 0) + Number(attributeOf(suite, 'errors') || 0);
    if (said > tally.failed.length - before) tally.isPartial = true;
  }
  for (const test of childrenOf(element, 'testcase')) {
    if (!isElement(test)) continue;
    tally.total++;
    const isExpected = childrenOf(test, 'skipped').length > 0;
    const reds = childrenOf(test, 'failure').length + childrenOf(test, 'error').length;
    if (reds > 0 && !isExpected) tally.failed.push(junitId(test, root));
  }
};

/** Runners fill in file, class and name as they like: what repeats another, or says only "test", is left out. */
const junitId = (test: Element, root: string): string => {
  const name = attributeOf(test, 'name');
  const file = attributeOf(test, 'file');
  const where = root !== '' && path.isAbsolute(file) ? path.relative(root, file) : file;
  const group = attributeOf(test, 'classname');
  return idOf(where, ['test', where, file, name].includes(group) ? '' : group, name);
};
