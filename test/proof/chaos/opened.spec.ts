/** What an installation consists of is closed whatever happens: a failed start must leave no process behind. */
import { describe, expect, it } from '@jest/globals';

import { allOpened, kept, opened } from '../../support/opened.js';

const later = async <T>(work: () => T): Promise<T> => {
  await new Promise(setImmediate);
  return work();
};
const fails = (text: string) => (): never => {
  throw new Error(text);
};

describe('what consists of many parts', () => {
  const closed: string[] = [];
  const part = (parts: AsyncDisposableStack, name: string): Promise<string> =>
    kept(
      parts,
      later(() => name),
      async (it) => closed.push(it),
    );

  it('is closed from the last part to the first', async () => {
    closed.length = 0;
    const whole = await opened(async (parts) => ({
      first: await part(parts, 'first'),
      second: await part(parts, 'second'),
    }));
    expect([whole.first, closed]).toEqual(['first', []]);

    await whole.close();

    expect(closed).toEqual(['second', 'first']);
  });

  it('of which one does not open: the cause is told, and what opens after it is closed, too', async () => {
    closed.length = 0;
    const opening = opened(async (parts) => {
      const slow = later(() => undefined).then(() => part(parts, 'slow'));
      return { all: await allOpened([later(fails('no broker')), slow]) };
    });

    await expect(opening).rejects.toThrow('no broker');
    expect(closed).toEqual(['slow']);
  });

  it('and of which another does not close then: both are told', async () => {
    const opening = opened(async (parts) => {
      await kept(
        parts,
        later(() => 'disk'),
        () => later(fails('not unmounted')),
      );
      return later(fails('no broker'));
    });

    await expect(opening).rejects.toMatchObject({
      message: 'Error: no broker',
      errors: [{ message: 'no broker' }, { message: 'not unmounted' }],
    });
  });
});
