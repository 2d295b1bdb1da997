import { describe, expect, it } from '@jest/globals';
import { jsonArray, nestedArray, plainArray, textArray } from './arrays.js';

/** What PostgreSQL reads from a one-dimensional array literal: quoted elements, backslash takes the next character. */
function readArray(literal: string): (string | null)[] {
  const elements = literal.slice(1, -1).match(/"(?:[^"\\]|\\.)*"|[^,"]+/gsu) ?? [];
  return elements.map((element) => {
    if (element === 'NULL') return null;
    return element.startsWith('"') ? element.slice(1, -1).replace(/\\(.)/gsu, '$1') : element;
  });
}

describe('array parameters', () => {
  it('keep any text apart from U+0000, which becomes U+FFFD', () => {
    const texts = ['', 'NULL', 'a"b', 'a\\b', '{x,y}', ' ', 'a\nb', '\u{1F375}', '\\"', 'é'];

    expect(readArray(textArray(texts))).toEqual(texts);
    expect(readArray(textArray(['a\u0000b', null]))).toEqual(['a\uFFFDb', null]);
  });

  it('keep any JSON value', () => {
    const values = [{ a: '"\\\n\u0000\ud800' }, [1, [true]], 'text', 0, false, [null]];

    expect(readArray(jsonArray(values)).map((text) => JSON.parse(text ?? '') as unknown)).toEqual(values);
    expect(jsonArray([null, {}])).toBe('{NULL,"{}"}');
  });

  it('hold arrays of different lengths, one text each', () => {
    const [first, second, third] = readArray(nestedArray([['a"', 'b,'], [], ['c']]));

    expect(readArray(first ?? '')).toEqual(['a"', 'b,']);
    expect([second, third]).toEqual(['{}', '{"c"}']);
  });

  it('are sent empty when they hold nothing but NULL, for unnest to fill up', () => {
    expect([plainArray([null, null]), textArray([null]), jsonArray([null, null])]).toEqual([
      '{}',
      '{}',
      '{}',
    ]);
    expect(textArray(['NULL'])).toBe('{"NULL"}');
  });

  it('hold numbers, booleans and nulls as they are', () => {
    expect(plainArray([1, -0.5, null, true, 'COMMIT'])).toBe('{1,-0.5,NULL,true,COMMIT}');
    expect(plainArray([])).toBe('{}');
  });
});
