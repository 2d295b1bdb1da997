import { describe, expect, it } from '@jest/globals';
import {
  Bench,
  commit,
  gtxOf,
  prepare,
  sagaOperation,
  tccOperation,
  xaOperation,
} from './fixtures/participant.fixture.js';

describe.each([
  ['xa', 'charge', [xaOperation]],
  ['tcc', 'reserve', [tccOperation]],
  ['xa and tcc', 'charge', [xaOperation, tccOperation]],
  ['saga', 'ship', [sagaOperation]],
])('COMMIT for a branch of which nothing is left (%s)', (_style, operation, operations) => {
  it('is ACK(LOST), never "committed", and refuses a late PREPARE', async () => {
    const bench = new Bench({ operations });

    const acks = [...(await bench.send(commit())), ...(await bench.send(commit()))];
    const late = await bench.send(prepare(operation));

    expect(acks).toMatchObject([{ state: 'LOST' }, { state: 'LOST' }]);
    expect(late).toMatchObject([{ vote: 'NO', noCode: 'FENCED' }]);
    expect(bench.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });
});

describe('COMMIT', () => {
  it('that meets a tombstone is alarmed and told the truth', async () => {
    const bench = new Bench();
    await bench.send(prepare('reserve', { payload: { amount: -1 } }));

    expect(await bench.send(commit())).toMatchObject([{ type: 'ACK', state: 'ABORTED' }]);
    expect(bench.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });

  it('finds by its row what another process or a watchdog committed', async () => {
    const bench = new Bench();
    await bench.send(prepare('charge'));
    const [gid] = await bench.gids();
    await bench.store.commitPrepared(gid!);

    expect(await bench.send(commit())).toMatchObject([{ state: 'COMMITTED' }]);
  });

  it('runs confirm once, however often it comes', async () => {
    const bench = new Bench();
    await bench.send(prepare('reserve', { gtx: gtxOf(2) }));

    await bench.send(commit({ gtx: gtxOf(2) }));
    await bench.send(commit({ gtx: gtxOf(2) }));

    expect(bench.count('confirmed', { gtx: gtxOf(2) })).toBe(1);
  });
});
