// A project's `testTimeout` is ignored by jest-circus, which knows only the global one: each project says its patience here.
import { jest } from '@jest/globals';

jest.setTimeout(globalThis.CONCORDAT_TEST_TIMEOUT_MS);
