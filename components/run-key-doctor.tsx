import { Box, render, Text, useInput, usePaste } from 'ink';
import { useEffect, useMemo, useState } from 'react';
import type { TerminalInput, TerminalOutput } from './attach.ts';
import { createInputDecoder } from './input.ts';
import { hearKey, isDone, type KeyDoctor, questionLines, startKeyDoctor } from './key-doctor.ts';
import type { BoundCommand } from './key-table.ts';

export interface KeyDoctorOptions {
  readonly commands: readonly BoundCommand[];
  readonly stdin: TerminalInput & { readonly isTTY?: boolean };
  readonly stdout: TerminalOutput & { readonly isTTY?: boolean };
}

/** The key doctor by itself, without a town: it hears keys exactly as the screen does. Resolves with what it heard. */
export const runKeyDoctor = async ({ commands, stdin, stdout }: KeyDoctorOptions): Promise<KeyDoctor> => {
  const { promise, resolve } = Promise.withResolvers<KeyDoctor>();
  const app = render(<Questions first={startKeyDoctor(commands)} onDone={resolve} />, {
    stdin: stdin as typeof stdin & NodeJS.ReadStream,
    stdout: stdout as typeof stdout & NodeJS.WriteStream,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: Boolean(stdin.isTTY && stdout.isTTY),
    kittyKeyboard: { mode: 'auto' },
  });
  const doctor = await promise;
  app.unmount();
  await app.waitUntilExit();
  return doctor;
};

const Questions = ({ first, onDone }: { first: KeyDoctor; onDone: (doctor: KeyDoctor) => void }) => {
  const [doctor, setDoctor] = useState(first);
  const decoder = useMemo(createInputDecoder, []);
  useInput((input, key) => {
    const names = decoder.decode(input, key, Date.now()).flatMap(event => (event.type === 'key' ? [event.name] : []));
    // Several reads may come before this is drawn again.
    setDoctor(before => names.reduce(hearKey, before));
  });
  useEffect(() => {
    if (isDone(doctor)) onDone(doctor);
  }, [doctor, onDone]);
  usePaste(() => {});
  return (
    <Box flexDirection="column">
      <Text>{questionLines(doctor).join('\n')}</Text>
    </Box>
  );
};
