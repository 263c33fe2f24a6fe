import { vi } from 'vitest';

/**
 * The test runner compiles JSX for development React, which production React, the one that users run, does not answer
 * to. Import this before any component.
 */
vi.mock('react/jsx-dev-runtime', async () => {
  const { Fragment, jsx } = await vi.importActual<typeof import('react/jsx-runtime')>('react/jsx-runtime');
  return { Fragment, jsxDEV: (type: never, props: never, key: never) => jsx(type, props, key) };
});
