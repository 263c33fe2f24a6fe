/** True for files that hold tests, by where they lie and what they are called. */
export const isTestFile = (path: string): boolean =>
  CODE.test(path) && !DATA.test(path) && TEST_PATHS.some(one => one.test(path));

const CODE =
  /\.(?:[cm]?[jt]sx?|vue|svelte|py|go|rs|rb|java|kts?|groovy|scala|cs|fs|vb|php|swift|m|mm|c|cc|cpp|cxx|h|hpp|ex|exs|erl|clj[cs]?|dart|lua|pl|t|sh|bats|zig|hs|ml|jl|r|feature)$/i;
/** What tests read, rather than what tests. */
const DATA = /(?:^|\/)(?:fixtures?|testdata|__fixtures__|__mocks__|snapshots?|__snapshots__|node_modules)\//i;
const TEST_PATHS: readonly RegExp[] = [
  /(?:^|\/)(?:tests?|__tests__|specs?|e2e|t)\//i,
  /[._-](?:tests?|specs?|cy|e2e)\.[a-z]+$/i,
  /(?:^|\/)test_[^/]+\.py$/,
  /(?:Tests?|Specs?|IT)\.(?:java|kt|scala|groovy|cs|fs|vb|swift|php)$/,
  /\.(?:bats|feature)$/,
];

/** Rust, Elixir and others keep tests beside the code: such a file is looked at where either version has one. */
export const hasInlineTests = (text: string): boolean => /#\[(?:\w+::)*test\b|#\[cfg\(test\)\]/.test(text);

export interface TestWords {
  /** Lines that turn a test off, or all others off, trimmed. */
  readonly skips: readonly string[];
  /** Lines that claim something. */
  readonly asserts: readonly string[];
  /** Lines that begin a test. */
  readonly cases: readonly string[];
  /** Lines that claim what is always so. */
  readonly empty: readonly string[];
}

/** What a file of tests says, by lines. Comments say nothing. */
export const testWords = (text: string): TestWords => {
  const lines = withoutBlockComments(text)
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  const code = lines.filter(line => !COMMENT.test(line));
  return {
    skips: code.filter(line => SKIPS.some(one => one.test(line))),
    asserts: code.filter(line => ASSERT.test(line) && !EMPTY.test(line)),
    cases: code.filter(line => CASE.test(line)),
    empty: code.filter(line => EMPTY.test(line)),
  };
};

const withoutBlockComments = (text: string): string => text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '');
const COMMENT = /^(?:\/\/|#(?!\[)|--|;;|%)/;

const SKIPS: readonly RegExp[] = [
  // JavaScript: Vitest, Jest, Mocha, node:test, AVA, Playwright, Jasmine.
  /\b(?:describe|suite|context|it|test|bench|specify)(?:\.\w+)*\.(?:only|skip|skipIf|runIf|todo|fixme|failing|fails)\b/,
  /^(?:x|f)(?:it|test|describe|context|specify)\s*\(/,
  /\b(?:this|t|test|ctx|context)\.skip\s*\(/,
  /\{\s*(?:only|skip|todo)\s*:\s*(?:true|['"`])/,
  // Python: pytest, unittest.
  /@(?:pytest\.)?mark\.(?:skip|skipif|xfail)\b|\bpytest\.(?:skip|xfail|importorskip)\s*\(|@(?:unittest\.)?(?:skip|skipIf|skipUnless|expectedFailure)\b|\bself\.skipTest\s*\(/,
  // Go, Rust.
  /\b[tbf]\.(?:Skip|Skipf|SkipNow)\s*\(/,
  /#\[\s*ignore\b|#\[\s*cfg_attr\(.*\bignore\b/,
  // JVM, .NET.
  /@(?:Disabled|Ignore|Ignored|DisabledIf\w*|DisabledOn\w*|EnabledIf\w*)\b|\bassumeTrue\s*\(|\bassumeFalse\s*\(/,
  /\[(?:Fact|Theory|Test|TestMethod)\s*\(.*\bSkip\s*=|\[Ignore\b|\bAssert\.(?:Ignore|Inconclusive)\s*\(/,
  // Ruby, PHP, Elixir, Swift, Bats, C++.
  /^(?:skip|pending)\b(?!\s*=)|^x(?:it|describe|context|specify)\s|\bmarkTest(?:Skipped|Incomplete)\s*\(|@(?:tag|moduletag)\s+:?skip|\bXCTSkip|\bGTEST_SKIP\s*\(|\bDISABLED_\w+/,
];

const ASSERT =
  /\b(?:expect|assert\w*|should|must|chai|require\.\w+|ensure|verify|check\.\w+|refute\w*|XCTAssert\w*|EXPECT_\w+|ASSERT_\w+|debug_assert\w*|assert_\w+)\s*!?\s*[.(]|^assert\b|\bt\.(?:is|not|deepEqual|like|true|false|truthy|falsy|throws\w*|regex|equal|ok|Error|Errorf|Fatal|Fatalf|Fail|FailNow)\s*\(|\bAssert\.\w+\s*\(|\.should\b|\b(?:raises|assertRaises)\b/;
const CASE =
  /^(?:await\s+)?[xf]?(?:it|test|specify|bench)(?:\.\w+)*\s*(?:\(|`)|^(?:async\s+)?def\s+test\w*|^func\s+(?:\([^)]*\)\s*)?(?:Test|Benchmark|Fuzz|Example|test)\w*|^#\[(?:\w+::)*test\b|^@(?:Test|ParameterizedTest|RepeatedTest|Property)\b|^\[(?:Fact|Theory|Test|TestMethod|TestCase)\b|^(?:it|test|specify|scenario)\s+["']|^public\s+function\s+test\w*|^@test\s|^Scenario\b|^TEST(?:_[FP])?\s*\(/;
const EMPTY =
  /\bexpect\(\s*(true|1|'[^']*'|"[^"]*")\s*\)\.(?:toBe|toEqual|toStrictEqual)\(\s*\1\s*\)|\bexpect\(\s*true\s*\)\.(?:toBeTruthy|toBe\(true\))|^assert\s+True\b|\bassert(?:True)?!?\(\s*(?:true|True|1)\s*\)|\bassertEquals?\(\s*(\d+|true)\s*,\s*\2\s*\)|\bassert\.(?:ok|equal)\(\s*true\s*(?:,\s*true\s*)?\)/;
