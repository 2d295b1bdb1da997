import { describe, expect, it } from '@jest/globals';
import { toLedgerError } from './errors.js';

const fromServer = (code: string): Error =>
  Object.assign(new Error('said the server'), { code, severity: 'ERROR' });
const fromNetwork = (code: string): Error =>
  Object.assign(new Error('said the network'), { code, syscall: 'read' });

/** protocol.md §4: an ambiguous error at the decision write is neither commit nor abort. */
describe('what a fault of the database means to the ledger', () => {
  it.each([
    ['40001', 'CONFLICT', false],
    ['40P01', 'CONFLICT', false],
    ['55P03', 'CONFLICT', false],
    ['57P01', 'UNAVAILABLE', true],
    ['08006', 'UNAVAILABLE', true],
    ['53300', 'UNAVAILABLE', false],
    ['57014', 'UNAVAILABLE', false],
    ['25006', 'UNAVAILABLE', false],
    ['53100', 'UNAVAILABLE', false],
    ['CC001', 'REFUSED', false],
    ['23514', 'REFUSED', false],
    ['42P01', 'REFUSED', false],
  ])('SQLSTATE %s is %s, ambiguous: %s', (code, ledgerCode, ambiguous) => {
    const error = toLedgerError(fromServer(code), 'ledger_begin');

    expect(error).toMatchObject({ name: 'LedgerError', code: ledgerCode, ambiguous });
    expect(error.message).toBe(`ledger_begin: said the server (${code})`);
  });

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])(
    '%s while a statement is under way leaves it in doubt',
    (code) => {
      expect(toLedgerError(fromNetwork(code), 'x')).toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
    },
  );

  it('an answer that did not come leaves the statement in doubt', () => {
    const error = toLedgerError(new Error('Query read timeout'), 'x');

    expect(error).toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
  });

  it('a LedgerError is told as it is', () => {
    const error = toLedgerError(fromServer('40001'), 'x');

    expect(toLedgerError(error, 'y')).toBe(error);
  });
});
