/** A log that is searched, and what its lines are called where they are found. */
export interface SearchedFile {
  readonly name: string;
  readonly file: string;
  /** `terminal`: what a program printed, escapes and all. `transcript`: a line of JSON for each thing said or done. */
  readonly form: 'terminal' | 'transcript';
}

/** Lines that are in no file. */
export interface SearchedText {
  readonly name: string;
  readonly lines: readonly string[];
}

export interface SearchWorkerData {
  readonly pattern: string;
  readonly flags: string;
}

/** Have a look at what is new in these since the look before. */
export interface LookMessage {
  readonly files: readonly SearchedFile[];
  readonly texts: readonly SearchedText[];
}

/** Where the search is: each message shows that it is not stuck. `done`: all was looked at. */
export interface FoundMessage {
  readonly matches: readonly Match[];
  readonly done?: true;
}

export interface Match {
  readonly name: string;
  /** Safe to print. */
  readonly line: string;
}
